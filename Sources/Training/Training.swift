import Datasets
import Foundation
import Networks
import Objectives
import Torch
import Yams

/// What a run tells while it goes on.
public enum TrainingEvent: Sendable {
  /// About to begin: steps in all, steps an epoch, samples an epoch, trained numbers.
  case started(steps: Int, stepsPerEpoch: Int, samples: Int, parameters: Int)
  /// Goes on from a checkpoint.
  case resumed(step: Int)
  /// Something to know that stops nothing.
  case warning(String)
  /// After a step: steps done, epoch from 0, mean loss and accuracy of the epoch so far, speed.
  case step(done: Int, epoch: Int, loss: Double, accuracy: Double, imagesPerSecond: Double)
  /// An epoch's end.
  case epoch(EpochRecord)
  /// A checkpoint lies on disk.
  case checkpoint(step: Int)
}

/// When checkpoints are written.
public enum CheckpointInterval: Sendable, Equatable {
  case seconds(Double)
  case steps(Int)

  /// Reads "30", "30s" or "500steps".
  public init?(parsing text: String) {
    if text.hasSuffix("steps"), let n = Int(text.dropLast(5)), n > 0 {
      self = .steps(n)
    } else if let s = Double(text.hasSuffix("s") ? String(text.dropLast()) : text), s >= 0, s.isFinite {
      self = .seconds(s)
    } else {
      return nil
    }
  }
}

/// How a call of `TrainingRun.run` ended.
public enum TrainingOutcome: Sendable {
  /// The weights are written. `resumedFinished`: they already were.
  case finished(steps: Int, wasFinished: Bool)
  /// Asked to stop; a checkpoint holds the state.
  case interrupted(step: Int)
}

/// One run: a plan becomes a folder with weights. Stopped in any way, the same call goes on where it was.
public struct TrainingRun {
  /// The plan.
  public let plan: Plan
  /// The run folder.
  public let folder: URL
  /// Where names are looked up.
  public let catalog: Catalog

  /// A run of `plan` in `folder`.
  public init(plan: Plan, folder: URL, catalog: Catalog = .standard) {
    self.plan = plan
    self.folder = folder
    self.catalog = catalog
  }

  /// The plan in a folder's `plan.yaml`.
  public static func plan(in folder: URL) throws(TrainingError) -> Plan {
    let url = folder.appendingPathComponent("plan.yaml")
    guard let text = try? String(contentsOf: url, encoding: .utf8) else {
      throw .noRun(path: folder.path, missing: "plan.yaml")
    }
    return try plan(yaml: text, path: url.path)
  }

  /// Reads a plan from YAML text; `path` is for messages.
  public static func plan(yaml text: String, path: String) throws(TrainingError) -> Plan {
    do {
      return try YAMLDecoder().decode(Plan.self, from: text)
    } catch let error as DecodingError {
      // Yams wraps what is thrown while it decodes.
      if case .dataCorrupted(let context) = error, let cause = context.underlyingError as? TrainingError { throw cause }
      throw .badPlan(field: path, value: words(error), expected: "a plan (see `separatrix train --help`)")
    } catch {
      throw .badPlan(field: path, value: "\(error)", expected: "a plan in YAML")
    }
  }

  /// The epochs that a run's log tells of.
  public static func epochs(in folder: URL) -> [EpochRecord] {
    RunLog.epochs(folder.appendingPathComponent("log.jsonl"))
  }

  /// The samples that a plan trains on and those it holds out.
  public static func samples(_ plan: Plan) throws(TrainingError) -> (train: Samples, holdout: Samples?) {
    let all: Samples = try wrapping { try plan.data.load(.train) }
    return split(all, plan)
  }

  /// Cuts the holdout of `plan` from its training split.
  public static func split(_ all: Samples, _ plan: Plan) -> (train: Samples, holdout: Samples?) {
    guard plan.holdout > 0 else { return (all, nil) }
    let (kept, held) = Holdout.split(
      labels: all.labels, groups: all.groups, fraction: plan.holdout, seed: plan.holdoutSeed)
    return held.isEmpty ? (all, nil) : (all.selecting(kept), all.selecting(held))
  }

  /// Trains, or goes on, or finds all done. `events` hears of progress; `shouldStop` is asked after each step.
  /// A digest of the data in the plan is checked against `all`, the training split.
  public func run(
    all: Samples, checkpointEvery: CheckpointInterval = .seconds(30),
    events: @escaping (TrainingEvent) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws(TrainingError) -> TrainingOutcome {
    let (train, holdout) = try prepare(all)
    try wrapping { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
    let lock = try take()
    defer { withExtendedLifetime(lock) {} }
    AtomicFile.removePartials(in: folder.path)
    AtomicFile.removePartials(in: folder.appendingPathComponent("checkpoints").path)
    let digest = try settle()
    let weights = folder.appendingPathComponent("weights.safetensors")
    let logFile = folder.appendingPathComponent("log.jsonl")
    let log = try RunLog(logFile)
    let loop = Loop(self, digest, train, holdout, log, events)
    if hasWhole(weights, events) {
      Checkpoints(folder: loop.checkpointFolder, planDigest: digest).removeAll()
      // Killed between the weights and the log's last line.
      if !RunLog.tells("finished", logFile) { try log.write("finished", ["step": loop.steps]) }
      return .finished(steps: loop.steps, wasFinished: true)
    }
    return try loop.run(checkpointEvery, weights, shouldStop)
  }

  /// Whether final weights lie in the folder that can be read.
  private func hasWhole(_ weights: URL, _ events: (TrainingEvent) -> Void) -> Bool {
    guard FileManager.default.fileExists(atPath: weights.path) else { return false }
    do {
      _ = try TrainedModel(weights, catalog: catalog)
      return true
    } catch {
      events(.warning("\(error); training it again"))
      return false
    }
  }

  /// Cuts the holdout. Refuses what cannot be trained before anything is written, so that the folder stays free for a
  /// better plan.
  private func prepare(_ all: Samples) throws(TrainingError) -> (train: Samples, holdout: Samples?) {
    try plan.training.validate()
    if !(0..<0.95).contains(plan.holdout) {
      throw .badPlan(field: "holdout", value: "\(plan.holdout)", expected: "0 up to 0.95")
    }
    if !(1...1024).contains(plan.threads) {
      throw .badPlan(field: "threads", value: "\(plan.threads)", expected: "1 to 1024")
    }
    if let expected = plan.dataDigest, expected != all.digest {
      throw .badPlan(
        field: "data_digest", value: "the data's is \(all.digest)", expected: "\(expected); the data set has changed")
    }
    let (train, holdout) = Self.split(all, plan)
    guard train.count >= plan.training.batch else {
      throw .tooFewSamples(found: train.count, needed: plan.training.batch)
    }
    try wrapping {
      _ = try plan.objective.objective(from: catalog.objectives)
      _ = try model(for: train, .seed(plan.seed))
    }
    return (train, holdout)
  }

  /// The plan's network for samples such as these.
  fileprivate func model(for samples: Samples, _ source: ParameterSource) throws -> Model {
    try Model(
      plan.network, channels: samples.shape.channels, size: min(samples.shape.height, samples.shape.width),
      classes: samples.classNames.count, source: source, networks: catalog.networks)
  }

  /// Takes the folder's lock or says who has it.
  private func take() throws(TrainingError) -> FileLock {
    do {
      return try FileLock(folder.appendingPathComponent("lock"))
    } catch {
      switch error {
      case .held(let holder): throw .folderInUse(path: folder.path, holder: holder)
      case .file(let path, let operation, let code):
        throw .file(path: path, operation: operation, reason: String(cString: strerror(code)))
      }
    }
  }

  /// Writes plan.yaml, or refuses a folder that holds another plan. Returns the digest.
  private func settle() throws(TrainingError) -> String {
    try wrapping {
      let digest = try plan.digest()
      let url = folder.appendingPathComponent("plan.yaml")
      if FileManager.default.fileExists(atPath: url.path) {
        let other = try Self.plan(in: folder)
        guard try other.digest() == digest else {
          throw TrainingError.otherPlan(path: folder.path, difference: try difference(other))
        }
      } else {
        let text = try plan.yaml()
        try AtomicFile.write(to: url) { (sink: inout AtomicFile.Sink) throws(ArrayFileError) in
          try sink.write(Array(text.utf8))
        }
      }
      return digest
    }
  }

  /// The first settings in which another plan differs.
  private func difference(_ other: Plan) throws -> String {
    func flat(_ plan: Plan) throws -> [String: String] {
      var result: [String: String] = [:]
      func walk(_ value: Any, _ path: String) {
        if let object = value as? [String: Any] {
          for (key, value) in object { walk(value, path.isEmpty ? key : "\(path).\(key)") }
        } else if let list = value as? [Any] {
          for (index, value) in list.enumerated() { walk(value, "\(path).\(index)") }
        } else {
          result[path] = "\(value)"
        }
      }
      walk(try JSONSerialization.jsonObject(with: plan.canonicalJSON()), "")
      return result
    }
    let (a, b) = (try flat(other), try flat(plan))
    let keys = Set(a.keys).union(b.keys).filter { a[$0] != b[$0] }.sorted()
    return keys.prefix(3).map { "\($0): there \(a[$0] ?? "absent"), here \(b[$0] ?? "absent")" }.joined(separator: "; ")
  }

  private static func words(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "the key '\(key.stringValue)' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' has a wrong type"
    case .dataCorrupted(let context):
      "'\(context.codingPath.map(\.stringValue).joined(separator: "."))': \(context.debugDescription)"
    @unknown default: "\(error)"
    }
  }
}

/// The loop itself, from top to bottom.
private struct Loop {
  let job: TrainingRun
  let digest: String
  let train: Samples
  let holdout: Samples?
  let log: RunLog
  let events: (TrainingEvent) -> Void
  let normalization: Normalization
  let stepsPerEpoch: Int
  let steps: Int
  var plan: Plan { job.plan }
  var folder: URL { job.folder }
  var catalog: Catalog { job.catalog }
  var checkpointFolder: URL { folder.appendingPathComponent("checkpoints") }

  init(
    _ run: TrainingRun, _ digest: String, _ train: Samples, _ holdout: Samples?, _ log: RunLog,
    _ events: @escaping (TrainingEvent) -> Void
  ) {
    job = run
    self.digest = digest
    self.train = train
    self.holdout = holdout
    self.log = log
    self.events = events
    normalization = Normalization(of: train)
    stepsPerEpoch = train.count / run.plan.training.batch
    steps = stepsPerEpoch * run.plan.training.epochs
  }

  func run(
    _ interval: CheckpointInterval, _ weights: URL, _ shouldStop: () -> Bool
  ) throws(TrainingError) -> TrainingOutcome {
    let options = plan.training
    try wrapping { try Machine.setThreads(plan.threads) }
    let checkpoints = Checkpoints(folder: checkpointFolder, planDigest: digest)
    let saved = try checkpoints.newest { events(.warning($0)) }
    let model = try makeModel(saved.map { .tensors($0.tensors) } ?? .seed(plan.seed))
    let objective: Combination = try wrapping { try plan.objective.objective(from: catalog.objectives) }
    let optimizer = try wrapping { try Optimizer(model, options: options, saved: saved?.tensors) }
    let batches = Batches(train, normalization: normalization, augment: options.augment, seed: plan.seed)
    let schedule = Schedule(options, stepsPerEpoch: stepsPerEpoch)
    let precision: ElementType = options.precision == .bf16 ? .bf16 : .f32
    var position = saved?.position ?? Position()
    events(
      .started(
        steps: steps, stepsPerEpoch: stepsPerEpoch, samples: train.count, parameters: model.parameters.trainedCount))
    if saved != nil {
      try log.write("resumed", ["step": position.step])
      events(.resumed(step: position.step))
    } else {
      try log.write("started", ["steps": steps, "steps_per_epoch": stepsPerEpoch, "samples": train.count])
    }

    var lastCheckpoint = (time: DispatchTime.now().uptimeNanoseconds, step: position.step)
    var clock = Stopwatch()
    while position.step < steps {
      let (epoch, first) = position.step.quotientAndRemainder(dividingBy: stepsPerEpoch)
      let order = batches.order(epoch: epoch)
      for index in first..<stepsPerEpoch {
        // One step: batch, features, loss, gradients, update.
        let chosen = order[index * options.batch..<(index + 1) * options.batch]
        let mode = Mode.training(SampleRandomness(seed: plan.seed, epoch: epoch, samples: Array(chosen)))
        let rate = schedule.rate(step: position.step)
        let (loss, right) = try wrapping {
          let (images, labels) = try batches.batch(chosen, epoch: epoch)
          let features = try model.network.features(images.to(precision), Pass(mode, precision: precision))
          let (loss, outputs) = try objective(features, labels: labels, head: model.head, mode: mode)
          let value = try loss.item()
          guard value.isFinite else { return (value, 0) }
          try loss.backward()
          try optimizer.step(rate: rate, step: position.step)
          return (value, Int(try outputs.detach().argmax(1).equals(labels).to(.f32).sum().item()))
        }
        guard loss.isFinite else { throw try stopped(position, epoch, rate, "\(loss)") }
        position.recent = position.recent.suffix(4) + [loss]
        position.step += 1
        position.lossSum += loss
        position.correct += right
        position.seen += options.batch
        clock.images += options.batch
        events(
          .step(
            done: position.step, epoch: epoch, loss: position.lossSum * Double(options.batch) / Double(position.seen),
            accuracy: Double(position.correct) / Double(position.seen), imagesPerSecond: clock.rate))

        if index + 1 == stepsPerEpoch {
          try finishEpoch(&position, epoch, rate, optimizer, objective, clock.rate)
          clock = Stopwatch()
        }
        let stopping = shouldStop()
        let now = DispatchTime.now().uptimeNanoseconds
        let due =
          switch interval {
          case .seconds(let seconds): Double(now - lastCheckpoint.time) * 1e-9 >= seconds
          case .steps(let count): position.step - lastCheckpoint.step >= count
          }
        if (due || stopping) && position.step < steps {
          try checkpoints.write(optimizer, position)
          lastCheckpoint = (now, position.step)
          events(.checkpoint(step: position.step))
        }
        if stopping && position.step < steps {
          try log.write("interrupted", ["step": position.step])
          return .interrupted(step: position.step)
        }
      }
    }

    let description = TrainedModel.Description(
      network: plan.network, shape: train.shape, classNames: train.classNames, normalization: normalization,
      objective: plan.objective, seed: plan.seed, data: plan.data.description, planDigest: digest)
    let final = try wrapping { try optimizer.finalTensors() }
    for (name, tensor) in final where try wrapping({ try !tensor.isAllFinite() }) {
      // The last update has no loss after it that would tell.
      let last = steps - 1
      let (epoch, rate) = (last / stepsPerEpoch, schedule.rate(step: last))
      throw try stopped(position, epoch, rate, "not finite in '\(name)'")
    }
    try wrapping { try TrainedModel.write(final, description, to: weights) }
    try log.write("finished", ["step": steps])
    checkpoints.removeAll()
    return .finished(steps: steps, wasFinished: false)
  }

  private func makeModel(_ source: ParameterSource) throws(TrainingError) -> Model {
    try wrapping { try job.model(for: train, source) }
  }

  /// Writes the epoch's record, with the averaged weights' accuracy on the holdout, and clears its sums.
  private func finishEpoch(
    _ position: inout Position, _ epoch: Int, _ rate: Double, _ optimizer: Optimizer, _ objective: Combination,
    _ imagesPerSecond: Double
  ) throws(TrainingError) {
    var accuracy: Double?
    if let holdout {
      let tensors = try wrapping { try optimizer.finalTensors() }
      let averaged = try makeModel(.tensors(Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first }))
      accuracy = try Predictions(
        averaged, objective, Batches(holdout, normalization: normalization), layers: [], batch: 250, progress: { _ in }
      ).accuracy()
    }
    let record = EpochRecord(
      epoch: epoch + 1, step: position.step,
      loss: position.lossSum * Double(plan.training.batch) / Double(position.seen),
      trainAccuracy: Double(position.correct) / Double(position.seen), holdoutAccuracy: accuracy, learningRate: rate,
      imagesPerSecond: imagesPerSecond)
    try log.write("epoch", record)
    events(.epoch(record))
    position = Position(step: position.step, recent: position.recent)
  }

  private func stopped(
    _ position: Position, _ epoch: Int, _ rate: Double, _ loss: String
  ) throws(TrainingError) -> TrainingError {
    struct Failure: Encodable {
      let step: Int
      let learningRate: Double
      let loss: String
      let lastFiniteLosses: [Double]

      enum CodingKeys: String, CodingKey {
        case step, loss
        case learningRate = "learning_rate"
        case lastFiniteLosses = "last_finite_losses"
      }
    }
    try log.write(
      "not_finite", Failure(step: position.step, learningRate: rate, loss: loss, lastFiniteLosses: position.recent))
    return .notFinite(step: position.step, epoch: epoch, learningRate: rate, loss: loss, lastFinite: position.recent)
  }
}

/// Images a second since it was made.
private struct Stopwatch {
  let start = DispatchTime.now().uptimeNanoseconds
  var images = 0
  var rate: Double { Double(images) / max(1e-9, Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9) }
}
