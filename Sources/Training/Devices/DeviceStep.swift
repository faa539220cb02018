import Networks
import Torch

/// `TrainingStep` on another device than the processor: nothing in it waits for the device, and on CUDA, after some steps to warm
/// up, it is recorded and from then on launched as a whole.
///
/// One thing differs: where a loss is not finite the weights are changed before that is known. The run ends all the same, and
/// its last checkpoint is from before.
final class DeviceStep {
  private enum Capture {
    case off
    /// Steps until it is recorded.
    case after(Int)
    /// The work, the batch that it reads, and the loss and right answers [2] that it leaves.
    case on(StepGraph, Batch, Tensor)
  }

  private let step: TrainingStep
  private let seed: UInt64
  private let batch: Int
  private let tell: (String) -> Void
  /// f32 [] on the device: learning rate, share of the new value in the averages, number of the step from 1.
  private let rate, share, number: Tensor
  /// f32 [64, 2]: loss and right answers of the steps whose results were not read yet.
  private let history: Tensor
  /// Steps after which results must be read. Few where processes share the batch, since they then agree on what follows.
  private let limit: Int
  private var counts: [Int] = []
  private var capture: Capture

  init(
    _ step: TrainingStep, on device: Device, seed: UInt64, batch: Int, captures: Bool, tell: @escaping (String) -> Void
  ) throws(TorchError) {
    self.step = step
    self.seed = seed
    self.batch = batch
    self.tell = tell
    let zero = try Tensor.zeros([]).to(device)
    (rate, share, number) = (try zero.clone(), try zero.clone(), try zero.clone())
    history = try Tensor.zeros([64, 2]).to(device)
    // What goes between processes is not recorded.
    capture = captures && step.team == nil ? .after(3) : .off
    limit = step.team == nil ? 64 : 16
  }

  /// Whether results must be read before another step.
  var isFull: Bool { counts.count == limit }

  /// Launches one step.
  func callAsFunction(_ batch: Batch, epoch: Int, rate: Double, step number: Int) throws(TorchError) {
    try self.rate.fill(rate)
    try share.fill(1 - Schedule.averageDecay(step.optimizer.options.ema, step: number))
    try self.number.fill(Double(number + 1))
    try history.select(0, counts.count).assign(outcome(of: batch, epoch))
    counts.append(batch.indices.count)
  }

  /// What became of the steps since the last call, once they are done. With a team, which calls this after the same steps:
  /// of whole batches, and the team's wishes joined.
  func results(stops: Bool = false, saves: Bool = false) throws(TorchError) -> [StepResult] {
    guard !counts.isEmpty else { return [] }
    defer { counts = [] }
    try step.team?.group.settle()
    let values = try history.doubles()
    var reports = counts.enumerated().map { place, count in
      let right = values[2 * place + 1]
      return Team.Report(
        loss: values[2 * place], right: right.isFinite ? Int(right) : 0, count: count, stops: stops, saves: saves)
    }
    if let team = step.team { reports = try team.joined(reports) }
    return reports.map {
      StepResult(loss: $0.loss, right: $0.right, count: $0.count, stops: $0.stops, saves: $0.saves)
    }
  }

  private func outcome(of batch: Batch, _ epoch: Int) throws(TorchError) -> Tensor {
    switch capture {
    case .on(let graph, let inputs, let outcome) where try inputs.take(batch):
      try graph.launch()
      return outcome
    case .after(0) where batch.indices.count == self.batch: return try record(batch, epoch)
    case .after(let steps) where steps > 0:
      capture = .after(steps - 1)
      return try work(batch, epoch)
    default: return try work(batch, epoch)
    }
  }

  /// Records a step and takes it; where it cannot be recorded, this step and those that follow go one operation at a time.
  private func record(_ batch: Batch, _ epoch: Int) throws(TorchError) -> Tensor {
    do throws(TorchError) {
      let (graph, inputs) = (try StepGraph(), try batch.copied())
      let outcome = try graph.record { () throws(TorchError) in try work(inputs, epoch) }
      try graph.launch()
      capture = .on(graph, inputs, outcome)
      return outcome
    } catch {
      capture = .off
      tell("steps are launched one operation at a time: \(error)")
      for entry in step.model.parameters.trained { try entry.tensor.clearGradient() }
      return try work(batch, epoch)
    }
  }

  /// Features, loss, gradients, update. Returns the loss and the right answers, [2]; with a team, this process's part of them.
  private func work(_ batch: Batch, _ epoch: Int) throws(TorchError) -> Tensor {
    let (parts, total) = try step.parts(of: batch)
    var outcomes: [Tensor] = []
    for (place, part) in parts.enumerated() {
      let piece = part.count == batch.indices.count ? batch : try batch.part(part)
      let (loss, outputs) = try step.loss(of: piece, seed: seed, epoch: epoch)
      let weighted = try loss * (Double(part.count) / Double(total))
      if place == parts.count - 1 { try step.buckets?.arm() }
      try weighted.backward()
      let right = try outputs.detach().argmax(1).equals(piece.labels).to(.f32).sum()
      outcomes.append(try Tensor.stack([weighted.detach().to(.f32), right]))
    }
    try step.buckets?.finish()
    try step.optimizer.step(rate: rate, share: share, number: number)
    return try Tensor.stack(outcomes).sum([0])
  }
}

extension Batch {
  /// The same with memory of its own.
  fileprivate func copied() throws(TorchError) -> Batch {
    Batch(
      images: try images.clone(), labels: try labels.clone(), indices: indices, mixing: mixing,
      partners: try partners?.clone(), skipped: [],
      remote: try remote.map { (remote) throws(TorchError) in
        Remote(
          samples: RemoteSamples(
            epoch: try remote.samples.epoch.clone(), samples: try remote.samples.samples.clone()),
          weight: try remote.weight?.clone())
      }, epoch: epoch)
  }

  /// Takes the values of another batch into its own memory; false where that has another size or kind.
  fileprivate func take(_ other: Batch) throws(TorchError) -> Bool {
    guard other.indices.count == indices.count, (other.partners == nil) == (partners == nil), let remote,
      let theirs = other.remote
    else { return false }
    try images.assign(other.images)
    try labels.assign(other.labels)
    if let partners, let others = other.partners { try partners.assign(others) }
    try remote.samples.epoch.assign(theirs.samples.epoch)
    try remote.samples.samples.assign(theirs.samples.samples)
    if let weight = remote.weight, let other = theirs.weight { try weight.assign(other) }
    return true
  }
}
