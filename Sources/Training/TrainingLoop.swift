import Datasets
import Foundation
import Networks
import Objectives
import Torch

/// The loop itself, from top to bottom.
struct TrainingLoop {
  /// What is carried from step to step beside the position.
  private struct Course {
    /// Pictures told of.
    var skipped: Set<String> = []
    /// The weights of the best epoch, where one is looked for.
    var best: [(name: String, tensor: Tensor)] = []
  }

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
  ) throws(TrainingError) {
    job = run
    self.digest = digest
    self.train = train
    self.holdout = holdout
    self.log = log
    self.events = events
    normalization = try wrapping { try Normalization(of: train) }
    stepsPerEpoch = train.count / run.plan.training.batch
    steps = stepsPerEpoch * run.plan.training.epochs
  }

  func run(
    _ interval: CheckpointInterval, _ weights: URL, _ shouldStop: () -> Bool
  ) throws(TrainingError) -> TrainingOutcome {
    let options = plan.training
    let device = try begin()
    let checkpoints = Checkpoints(folder: checkpointFolder, planDigest: digest)
    let saved = try checkpoints.newest { events(.warning($0)) }
    let model = try makeModel(saved.map { .tensors($0.tensors) } ?? .seed(plan.seed), on: device)
    if saved == nil, let initial = plan.initial, try initial.load(into: model) {
      events(.warning("the head starts anew: \(initial.path) has none of this size"))
    }
    let objective: Combination = try wrapping { try plan.objective.objective(from: catalog.objectives) }
    let optimizer = try wrapping { try Optimizer(model, options: options, saved: saved?.tensors) }
    let batches = try wrapping {
      try Batches(train, normalization: normalization, augment: options.augment, seed: plan.seed)
    }
    let schedule = Schedule(options, stepsPerEpoch: stepsPerEpoch)
    let step = try wrapping {
      try StepRunner(
        TrainingStep(model, objective, optimizer, options.precision), on: device, seed: plan.seed, batch: options.batch,
        forced: job.stepsAsElsewhere
      ) { reason in
        try? log.write("not_recorded", ["reason": reason])
        events(.warning(reason))
      }
    }
    var position = saved?.position ?? Position()
    var course = Course()
    course.best = model.parameters.entries.compactMap { entry in
      saved?.tensors["best." + entry.name].map { (entry.name, $0) }
    }
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
    let source = try source(batches, on: device, from: position.step)
    while position.step < steps && !isExhausted(position) {
      let (epoch, first) = position.step.quotientAndRemainder(dividingBy: stepsPerEpoch)
      for index in first..<stepsPerEpoch {
        guard let batch = try source.next() else { break }
        try report(batch.skipped, &course.skipped)
        guard batch.indices.count > 1 else {
          throw .tooFewSamples(found: batch.indices.count, needed: 2)
        }
        let number = epoch * stepsPerEpoch + index
        let rate = schedule.rate(step: number)
        clock.images += batch.indices.count
        let known = try wrapping { try step(batch, epoch: epoch, rate: rate, step: number) }
        try take(known, &position, epoch, schedule, clock)
        if index + 1 == stepsPerEpoch {
          try take(wrapping { try step.rest() }, &position, epoch, schedule, clock)
          try finishEpoch(&position, epoch, rate, optimizer, objective, clock.rate, &course)
          clock = Stopwatch()
        }
        let stopping = shouldStop()
        let now = DispatchTime.now().uptimeNanoseconds
        let due =
          switch interval {
          case .seconds(let seconds): Double(now - lastCheckpoint.time) * 1e-9 >= seconds
          case .steps(let count): number + 1 - lastCheckpoint.step >= count
          }
        if (due || stopping) && number + 1 < steps {
          try take(wrapping { try step.rest() }, &position, epoch, schedule, clock)
          try checkpoints.write(state(optimizer, course), position)
          lastCheckpoint = (now, position.step)
          events(.checkpoint(step: position.step))
        }
        if stopping && position.step < steps {
          try log.write("interrupted", ["step": position.step])
          return .interrupted(step: position.step)
        }
      }
    }

    let shape = job.testShape(of: train)
    let description = TrainedModel.Description(
      network: plan.network, shape: shape, trainingShape: shape == train.shape ? nil : train.shape,
      classNames: train.classNames, normalization: normalization,
      objective: plan.objective, seed: plan.seed, data: plan.data.description, planDigest: digest)
    let final = try course.best.isEmpty ? wrapping { try optimizer.finalTensors() } : course.best
    for (name, tensor) in final where try wrapping({ try !tensor.isAllFinite() }) {
      // The last update has no loss after it that would tell.
      let last = position.step - 1
      let (epoch, rate) = (last / stepsPerEpoch, schedule.rate(step: last))
      throw try stopped(position, epoch, rate, "not finite in '\(name)'")
    }
    try wrapping { try TrainedModel.write(final, description, to: weights) }
    if position.step < steps, let best = position.best {
      try log.write("stopped_early", ["step": position.step, "best_epoch": best.epoch])
      events(.warning("no better epoch than \(best.epoch) for \(plan.training.patience ?? 0): its weights are kept"))
    }
    try log.write("finished", ["step": position.step])
    checkpoints.removeAll()
    return .finished(steps: position.step, wasFinished: false)
  }

  /// Sets the machine up for the plan. The device that it trains on.
  private func begin() throws(TrainingError) -> Device {
    let device = try job.place()
    try wrapping {
      try Machine.setThreads(plan.threads)
      if device.kind == "cuda" { try Machine.setNumerics(deterministic: plan.deterministic ?? true) }
      try device.use()
    }
    return device
  }

  /// Adds what became of steps to the sums, and tells of it.
  private func take(
    _ results: [StepResult], _ position: inout Position, _ epoch: Int, _ schedule: Schedule, _ clock: Stopwatch
  ) throws(TrainingError) {
    for result in results {
      guard result.loss.isFinite else {
        throw try stopped(position, epoch, schedule.rate(step: position.step), "\(result.loss)")
      }
      position.recent = position.recent.suffix(4) + [result.loss]
      position.step += 1
      position.lossSum += result.loss
      position.correct += result.right
      position.seen += result.count
    }
    guard !results.isEmpty else { return }
    events(
      .step(
        done: position.step, epoch: epoch,
        loss: position.lossSum * Double(plan.training.batch) / Double(position.seen),
        accuracy: Double(position.correct) / Double(position.seen), imagesPerSecond: clock.rate))
  }

  /// Batches from a step on, epoch after epoch.
  private func source(_ batches: Batches, on device: Device, from start: Int) throws(TrainingError) -> BatchSource {
    let (size, perEpoch, end) = (plan.training.batch, stepsPerEpoch, steps)
    var known: (epoch: Int, order: [Int])?
    let source = try BatchSource(batches, on: device) { number in
      let step = start + number
      guard step < end else { return nil }
      let (epoch, index) = step.quotientAndRemainder(dividingBy: perEpoch)
      if known?.epoch != epoch { known = (epoch, batches.order(epoch: epoch)) }
      let order = known?.order ?? []
      return BatchRequest(indices: Array(order[index * size..<(index + 1) * size]), epoch: epoch, step: step)
    }
    if device != .cpu {
      try log.write("device", ["device": "\(device)", "images": source.isResident ? "resident" : "streamed"])
    }
    return source
  }

  /// Whether the holdout has seen no better epoch for as long as the plan waits.
  private func isExhausted(_ position: Position) -> Bool {
    guard let patience = plan.training.patience, let best = position.best else { return false }
    return position.step / stepsPerEpoch - best.epoch >= patience
  }

  /// All tensors of a checkpoint.
  private func state(_ optimizer: Optimizer, _ course: Course) throws(TrainingError) -> [(name: String, tensor: Tensor)]
  {
    try wrapping { try optimizer.state() } + course.best.map { ("best." + $0.name, $0.tensor) }
  }

  private func makeModel(_ source: ParameterSource, on device: Device) throws(TrainingError) -> Model {
    try wrapping { try job.model(for: train, source, on: device) }
  }

  /// Tells of pictures that were left out, each once.
  private func report(_ images: [BadImage], _ known: inout Set<String>) throws(TrainingError) {
    for image in images where known.insert(image.file).inserted {
      try log.write("skipped_image", image)
      events(.warning("left out: \(image)"))
    }
  }

  /// Writes the epoch's record, with the averaged weights' accuracy on the holdout, and clears its sums.
  private func finishEpoch(
    _ position: inout Position, _ epoch: Int, _ rate: Double, _ optimizer: Optimizer, _ objective: Combination,
    _ imagesPerSecond: Double, _ course: inout Course
  ) throws(TrainingError) {
    var accuracy: Double?
    if let holdout {
      let tensors = try wrapping { try optimizer.finalTensors() }
      let averaged = try makeModel(
        .tensors(Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first }), on: optimizer.model.device)
      let batches = try wrapping { try Batches(holdout, normalization: normalization) }
      let predictions = try Predictions(averaged, objective, batches, layers: [], batch: 250, progress: { _ in })
      try report(predictions.skipped, &course.skipped)
      let share = try predictions.accuracy()
      accuracy = share
      if plan.training.patience != nil, share > position.best?.accuracy ?? -1 {
        position.best = Position.Best(epoch: epoch + 1, accuracy: share)
        course.best = try wrapping { try tensors.map { ($0.name, try $0.tensor.clone()) } }
      }
    }
    let record = EpochRecord(
      epoch: epoch + 1, step: position.step,
      loss: position.lossSum * Double(plan.training.batch) / Double(position.seen),
      trainAccuracy: Double(position.correct) / Double(position.seen), holdoutAccuracy: accuracy, learningRate: rate,
      imagesPerSecond: imagesPerSecond)
    try log.write("epoch", record)
    events(.epoch(record))
    position = Position(step: position.step, recent: position.recent, best: position.best)
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
