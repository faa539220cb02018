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
  /// Where it is trained; of the plan's kind. Nil: the first of that kind.
  public let device: Device?
  /// Takes the steps of other devices also on the processor, so that they can be tested without one.
  var stepsAsElsewhere = false

  /// A run of `plan` in `folder`.
  public init(plan: Plan, folder: URL, catalog: Catalog = .standard, device: Device? = nil) {
    self.plan = plan
    self.folder = folder
    self.catalog = catalog
    self.device = device
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
  ///
  /// With a `group`, every rank of it calls this with the same plan and data; rank 0 alone touches the folder. All stop
  /// when one is asked to. The number of ranks is no part of the plan: a run goes on with any.
  public func run(
    all: Samples, group: ProcessGroup? = nil, checkpointEvery: CheckpointInterval = .seconds(30),
    events: @escaping (TrainingEvent) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws(TrainingError) -> TrainingOutcome {
    let team = group.flatMap { group in
      group.worldSize > 1 ? Team(group: group, synchronizesNorm: plan.training.syncBatchNorm ?? true) : nil
    }
    if team != nil, let device = plan.device, device != "cuda" {
      throw .badPlan(
        field: "device", value: "\(device) over several processes", expected: "the processor, cuda, or one process")
    }
    var (train, holdout) = try prepare(all, team)
    if let held = holdout { holdout = held.converted(to: testShape(of: held)) }
    if plan.training.patience != nil, holdout == nil {
      throw .badPlan(
        field: "training.patience", value: "given", expected: "a holdout to look at: set `holdout` above 0")
    }
    let digest = try wrapping { try plan.digest() }
    try team?.requireOnePlan(digest: digest)
    let steps = plan.training.steps ?? train.count / plan.training.batch * plan.training.epochs
    var (log, isFinished) = (RunLog(), false)
    var lock: FileLock?
    defer { withExtendedLifetime(lock) {} }
    if team?.leads ?? true {
      try wrapping { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
      lock = try Self.lock(folder)
      (log, isFinished) = try open(digest, steps, events)
    }
    isFinished = try team?.ofLeader(isFinished) ?? isFinished
    if isFinished { return .finished(steps: steps, wasFinished: true) }
    train = try resident(train, log, events)
    if let held = holdout { holdout = try resident(held, log, events) }
    let loop = try TrainingLoop(self, digest, train, holdout, log, team, events)
    return try loop.run(checkpointEvery, weights, shouldStop)
  }

  private var weights: URL { folder.appendingPathComponent("weights.safetensors") }

  /// Tidies the folder and opens its log. Says whether the run is finished.
  private func open(
    _ digest: String, _ steps: Int, _ events: (TrainingEvent) -> Void
  ) throws(TrainingError) -> (log: RunLog, isFinished: Bool) {
    let checkpoints = folder.appendingPathComponent("checkpoints")
    AtomicFile.removePartials(in: folder.path)
    AtomicFile.removePartials(in: checkpoints.path)
    try settle(digest)
    let logFile = folder.appendingPathComponent("log.jsonl")
    let log = try RunLog(logFile)
    guard hasWhole(weights, events) else { return (log, false) }
    Checkpoints(folder: checkpoints, planDigest: digest).removeAll()
    // Killed between the weights and the log's last line.
    if !RunLog.tells("finished", logFile) { try log.write("finished", ["step": steps]) }
    return (log, true)
  }

  /// Pictures decoded once and kept in memory, where every epoch takes them alike and there is room; otherwise as they are.
  private func resident(
    _ samples: Samples, _ log: RunLog, _ events: (TrainingEvent) -> Void
  ) throws(TrainingError) -> Samples {
    guard samples.encoded != nil else { return samples }
    let crops = plan.training.augment.contains { $0.stage == .crop }
    guard !crops, samples.decodedSize <= Self.residentLimit else {
      if samples.onBadImage == .list { try wrapping { try samples.listBad() } }
      return samples
    }
    let decoded = try wrapping { try samples.decoded() }
    for image in decoded.skipped {
      try log.write("skipped_image", image)
      events(.warning("left out: \(image)"))
    }
    guard decoded.samples.count >= plan.training.batch || samples.count < plan.training.batch else {
      throw .tooFewSamples(found: decoded.samples.count, needed: plan.training.batch)
    }
    return decoded.samples
  }

  /// Decoded pictures may take this many bytes of memory: 2 GiB.
  static let residentLimit = 2 << 30

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
  private func prepare(_ all: Samples, _ team: Team?) throws(TrainingError) -> (train: Samples, holdout: Samples?) {
    try plan.training.validate()
    if !(0..<0.95).contains(plan.holdout) {
      throw .badPlan(field: "holdout", value: "\(plan.holdout)", expected: "0 up to 0.95")
    }
    if !(1...1024).contains(plan.threads) {
      throw .badPlan(field: "threads", value: "\(plan.threads)", expected: "1 to 1024")
    }
    _ = try place()
    if let expected = plan.dataDigest, expected != all.digest {
      throw .badPlan(
        field: "data_digest", value: "the data's is \(all.digest)", expected: "\(expected); the data set has changed")
    }
    let (train, holdout) = Self.split(all, plan)
    guard train.count >= plan.training.batch else {
      throw .tooFewSamples(found: train.count, needed: plan.training.batch)
    }
    try wrapping {
      let objective = try plan.objective.objective(from: catalog.objectives)
      for spec in plan.training.augment where spec.stage == .batch {
        try objective.checkMixedTargets(of: spec.description)
      }
      if let parts = plan.training.accumulate, parts > 1, !objective.isMeanOverExamples {
        throw TrainingError.badPlan(
          field: "training.accumulate", value: "\(parts)",
          expected: "nothing: \(plan.objective) compares the examples of a batch with each other")
      }
      try team?.check(
        plan.training, isMeanOverExamples: objective.isMeanOverExamples, objective: plan.objective.description)
      _ = try model(for: train, .seed(plan.seed))
    }
    return (train, holdout)
  }

  /// The plan's network for samples such as these.
  func model(for samples: Samples, _ source: ParameterSource, on device: Device = .cpu) throws -> Model {
    try Model(
      plan.network, channels: samples.shape.channels, size: min(samples.shape.height, samples.shape.width),
      classes: samples.classNames.count, source: source, networks: catalog.networks, device: device)
  }

  /// What to say of a network that has an auxiliary branch, but not for images as small as these.
  func auxiliaryNote(_ model: Model) -> String? {
    guard model.auxiliaryHead == nil,
      let least = catalog.networks.first(where: { $0.name == plan.network.name })?.leastAuxiliarySize
    else { return nil }
    return "\(plan.network.name) is trained without its auxiliary branch, which needs images of \(least) pixels a side"
  }

  /// The shape of images in evaluation.
  func testShape(of samples: Samples) -> ImageShape {
    guard let side = plan.training.testSize else { return samples.shape }
    return ImageShape(channels: samples.shape.channels, height: side, width: side)
  }

  /// Takes the lock of a folder that a run, or several, are kept in, or says who has it.
  public static func lock(_ folder: URL) throws(TrainingError) -> FileLock {
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

  /// Writes plan.yaml, or refuses a folder that holds a run of another plan that got anywhere.
  private func settle(_ digest: String) throws(TrainingError) {
    try wrapping {
      let url = folder.appendingPathComponent("plan.yaml")
      if FileManager.default.fileExists(atPath: url.path), let other = try heldPlan() {
        guard try other.digest() == digest else {
          throw TrainingError.otherPlan(path: folder.path, difference: try difference(other))
        }
      } else {
        let text = try plan.yaml()
        try AtomicFile.write(to: url) { (sink: inout AtomicFile.Sink) throws(ArrayFileError) in
          try sink.write(Array(text.utf8))
        }
      }
    }
  }

  /// The plan in the folder; nil where a run of it left nothing: no checkpoint, no weights, no whole epoch. So may one
  /// that stopped at a bad picture be started again with other settings.
  private func heldPlan() throws -> Plan? {
    let plan = try Self.plan(in: folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let hasOnlyBegun = Set(names).isSubset(of: ["lock", "log.jsonl", "plan.yaml"])
    return hasOnlyBegun && !RunLog.tells("epoch", folder.appendingPathComponent("log.jsonl")) ? nil : plan
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
