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
    /// Those of this rank that the leader does not know of yet.
    var untold: [BadImage] = []
    /// The weights of the best epoch, where one is looked for.
    var best: [(name: String, tensor: Tensor)] = []
  }

  let job: TrainingRun
  let digest: String
  let train: Samples
  let holdout: Samples?
  let log: RunLog
  let team: Team?
  let events: (TrainingEvent) -> Void
  let normalization: Normalization
  let stepsPerEpoch: Int
  let steps: Int
  var plan: Plan { job.plan }
  var folder: URL { job.folder }
  var catalog: Catalog { job.catalog }
  var checkpointFolder: URL { folder.appendingPathComponent("checkpoints") }

  init(
    _ run: TrainingRun, _ digest: String, _ train: Samples, _ holdout: Samples?, _ log: RunLog, _ team: Team?,
    _ events: @escaping (TrainingEvent) -> Void
  ) throws(TrainingError) {
    job = run
    self.digest = digest
    self.train = train
    self.holdout = holdout
    self.log = log
    self.team = team
    self.events = events
    normalization = try wrapping { try run.plan.normalization ?? Normalization(of: train) }
    stepsPerEpoch = train.count / run.plan.training.batch
    steps = run.plan.training.steps ?? stepsPerEpoch * run.plan.training.epochs
  }

  func run(
    _ interval: CheckpointInterval, _ weights: URL, _ shouldStop: () -> Bool
  ) throws(TrainingError) -> TrainingOutcome {
    let options = plan.training
    let device = try begin()
    let checkpoints = Checkpoints(folder: checkpointFolder, planDigest: digest)
    let saved = leads ? try checkpoints.newest { events(.warning($0)) } : nil
    let model = try makeModel(saved.map { .tensors($0.tensors) } ?? .seed(plan.seed), on: device)
    if saved == nil, leads, let initial = plan.initial {
      let fresh = try initial.load(into: model).joined(separator: ", ")
      if !fresh.isEmpty { events(.warning("begins anew: \(fresh), which \(initial.path) lacks in this size")) }
    }
    if let note = job.auxiliaryNote(model) { events(.warning(note)) }
    let objective: Combination = try wrapping { try plan.objective.objective(from: catalog.objectives) }
    let optimizer = try wrapping { try Optimizer(model, options: options, saved: saved?.tensors) }
    let batches = try wrapping {
      try Batches(train, normalization: normalization, augment: options.augment, seed: plan.seed)
    }
    let schedule = Schedule(options, stepsPerEpoch: stepsPerEpoch)
    let step = try wrapping {
      try StepRunner(
        TrainingStep(model, objective, optimizer, options.precision, team), on: device, seed: plan.seed,
        batch: options.batch,
        forced: job.stepsAsElsewhere
      ) { reason in
        try? log.write("not_recorded", ["reason": reason])
        events(.warning(reason))
      }
    }
    var position = saved?.position ?? Position()
    if let team {
      position = try team.ofLeader(position)
      try torch { () throws(TorchError) in try team.group.synchronize(optimizer.state().map(\.tensor)) }
    }
    var course = Course()
    course.best = model.parameters.entries.compactMap { entry in
      saved?.tensors["best." + entry.name].map { (entry.name, $0) }
    }
    events(
      .started(
        steps: steps, stepsPerEpoch: stepsPerEpoch, samples: train.count, parameters: model.parameters.trainedCount))
    if saved != nil {
      try log.write("resumed", ["step": position.step].merging(processes) { $1 })
      events(.resumed(step: position.step))
    } else {
      try log.write(
        "started",
        ["steps": steps, "steps_per_epoch": stepsPerEpoch, "samples": train.count].merging(processes) { $1 })
    }

    var lastCheckpoint = (time: DispatchTime.now().uptimeNanoseconds, step: position.step)
    var clock = Stopwatch()
    func isDue(step: Int) -> Bool {
      switch interval {
      case .seconds(let seconds):
        Double(DispatchTime.now().uptimeNanoseconds - lastCheckpoint.time) * 1e-9 >= seconds
      case .steps(let count): step - lastCheckpoint.step >= count
      }
    }
    let source = try source(batches, on: device, from: position.step)
    while position.step < steps && !isExhausted(position) {
      let (epoch, first) = position.step.quotientAndRemainder(dividingBy: stepsPerEpoch)
      for index in first..<stepsPerEpoch {
        guard let batch = try source.next() else { break }
        try report(batch.skipped, &course)
        guard team != nil || batch.indices.count > 1 else {
          throw .tooFewSamples(found: batch.indices.count, needed: 2)
        }
        let number = epoch * stepsPerEpoch + index
        let rate = schedule.rate(step: number)
        // A team agrees on what follows the step while it is in work; alone, one is asked afterwards.
        let wishes = team == nil ? (false, false) : (shouldStop(), isDue(step: number + 1))
        var known = try wrapping {
          try step(batch, epoch: epoch, rate: rate, step: number, stops: wishes.0, saves: wishes.1)
        }
        let isLast = index + 1 == stepsPerEpoch || number + 1 == steps
        if isLast { known += try wrapping { try step.rest() } }
        clock.images += team == nil ? batch.indices.count : known.reduce(0) { $0 + $1.count }
        try take(known, &position, epoch, schedule, clock)
        if isLast {
          try finishEpoch(&position, epoch, rate, optimizer, objective, clock.rate, &course)
          clock = Stopwatch()
        }
        let stopping = team == nil ? shouldStop() : known.contains(where: \.stops)
        let now = DispatchTime.now().uptimeNanoseconds
        let due = team == nil ? isDue(step: number + 1) : known.contains(where: \.saves)
        if (due || stopping) && number + 1 < steps {
          try take(wrapping { try step.rest() }, &position, epoch, schedule, clock)
          try requireSame(optimizer, position)
          if leads { try checkpoints.write(state(optimizer, course), position) }
          lastCheckpoint = (now, position.step)
          events(.checkpoint(step: position.step))
        }
        if stopping && position.step < steps {
          try log.write("interrupted", ["step": position.step])
          try torch { () throws(TorchError) in try team?.group.barrier() }
          return .interrupted(step: position.step)
        }
      }
    }

    let shape = job.testShape(of: train)
    let description = TrainedModel.Description(
      network: plan.network, shape: shape, trainingShape: shape == train.shape ? nil : train.shape,
      classNames: train.classNames, normalization: normalization,
      objective: plan.objective, seed: plan.seed, data: plan.data.description, planDigest: digest)
    var final = course.best
    // Only the leader has the best weights of before a resumption.
    if final.isEmpty, leads || position.best == nil { final = try wrapping { try optimizer.finalTensors() } }
    for (name, tensor) in final where try wrapping({ try !tensor.isAllFinite() }) {
      // The last update has no loss after it that would tell.
      let last = position.step - 1
      let (epoch, rate) = (last / stepsPerEpoch, schedule.rate(step: last))
      throw try stopped(position, epoch, rate, "not finite in '\(name)'")
    }
    try requireSame(optimizer, position)
    if leads { try wrapping { try TrainedModel.write(final, description, to: weights) } }
    if position.step < steps, let best = position.best {
      try log.write("stopped_early", ["step": position.step, "best_epoch": best.epoch])
      events(.warning("no better epoch than \(best.epoch) for \(plan.training.patience ?? 0): its weights are kept"))
    }
    try log.write("finished", ["step": position.step])
    if leads { checkpoints.removeAll() }
    // Nobody says that all is done before it is.
    try torch { () throws(TorchError) in try team?.group.barrier() }
    return .finished(steps: position.step, wasFinished: false)
  }

  /// Sets the machine up for the plan. The device that it trains on.
  private func begin() throws(TrainingError) -> Device {
    let device = try job.place()
    try wrapping {
      try Machine.setThreads(plan.threads)
      if device.kind == "cuda" { try Machine.setNumerics(deterministic: plan.deterministic ?? true) }
      try device.use()
      try team?.group.use(device)
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
    let shares = team.map {
      Team.shares(
        of: size, parts: plan.training.accumulate ?? 1, rank: $0.group.rank, size: $0.group.worldSize)
    }
    var known: (epoch: Int, order: [Int])?
    // A team may have one machine: each of it takes its own threads.
    let threads = team == nil ? ProcessInfo.processInfo.activeProcessorCount : plan.threads
    let source = try BatchSource(batches, on: device, threads: threads, isShared: team != nil) { number in
      let step = start + number
      guard step < end else { return nil }
      let (epoch, index) = step.quotientAndRemainder(dividingBy: perEpoch)
      if known?.epoch != epoch { known = (epoch, batches.order(epoch: epoch)) }
      let order = known?.order ?? []
      let indices = Array(order[index * size..<(index + 1) * size])
      return BatchRequest(indices: indices, epoch: epoch, step: step, shares: shares)
    }
    if device != .cpu {
      try log.write("device", ["device": "\(device)", "images": source.isResident ? "resident" : "streamed"])
    }
    return source
  }

  /// Whether this process writes.
  private var leads: Bool { team?.leads ?? true }

  /// What the log says of a team.
  private var processes: [String: Int] { team.map { ["processes": $0.group.worldSize] } ?? [:] }

  /// Where several processes have the weights, they must have the same.
  private func requireSame(_ optimizer: Optimizer, _ position: Position) throws(TrainingError) {
    guard let team else { return }
    let state = try torch { () throws(TorchError) in try optimizer.state(statistics: team.synchronizesNorm) }
    try team.requireSame(state, step: position.step)
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
  private func report(_ images: [BadImage], _ course: inout Course) throws(TrainingError) {
    for image in images where course.skipped.insert(image.file).inserted {
      guard leads else {
        course.untold.append(image)
        continue
      }
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
    if let holdout = share(of: holdout) {
      let tensors = try wrapping { try optimizer.finalTensors() }
      let averaged = try makeModel(
        .tensors(Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first }), on: optimizer.model.device)
      let batches = try wrapping { try Batches(holdout, normalization: normalization) }
      var counts = [0, 0]
      if holdout.count > 0 {
        let predictions = try Predictions(averaged, objective, batches, layers: [], batch: 250, progress: { _ in })
        try report(predictions.skipped, &course)
        counts = [try predictions.right(), predictions.labels.count]
      }
      counts = try team?.sums(counts) ?? counts
      let share = Double(counts[0]) / Double(counts[1])
      accuracy = share
      if plan.training.patience != nil, share > position.best?.accuracy ?? -1 {
        position.best = Position.Best(epoch: epoch + 1, accuracy: share)
        course.best = try wrapping { try tensors.map { ($0.name, try $0.tensor.clone()) } }
      }
    }
    if let team, plan.data.onBadImage == .skip {
      let all = try team.gather(course.untold)
      if leads { try report(all, &course) }
      course.untold = []
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

  /// The part of the holdout that this process looks at.
  private func share(of holdout: Samples?) -> Samples? {
    guard let holdout, let team else { return holdout }
    let share = Team.share(of: 0..<holdout.count, rank: team.group.rank, size: team.group.worldSize)
    return holdout.selecting(Array(share))
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
