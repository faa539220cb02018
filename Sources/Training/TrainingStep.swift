import Networks
import Objectives
import Torch

/// One step of training: features, loss, gradients, update. The loop and `bench train` take the same.
struct TrainingStep {
  let model: Model
  let objective: Combination
  let optimizer: Optimizer
  let precision: ElementType

  init(_ model: Model, _ objective: Combination, _ optimizer: Optimizer, _ precision: Precision) {
    self.model = model
    self.objective = objective
    self.optimizer = optimizer
    self.precision = precision == .bf16 ? .bf16 : .f32
  }

  /// The mean loss of the batch before the update, and how many answers were right. No weight is changed where the loss
  /// is not finite.
  func callAsFunction(
    _ batch: Batch, seed: UInt64, epoch: Int, rate: Double, step: Int
  ) throws(TorchError) -> (loss: Double, right: Int) {
    var (sum, right) = (0.0, 0)
    let count = batch.indices.count
    for part in Self.parts(of: count, into: optimizer.options.accumulate ?? 1) {
      let piece = part.count == count ? batch : try batch.part(part)
      let (loss, outputs) = try loss(of: piece, seed: seed, epoch: epoch)
      let share = Double(part.count) / Double(count)
      sum += try loss.item() * share
      guard sum.isFinite else { return (sum, 0) }
      try (part.count == count ? loss : loss * share).backward()
      right += Int(try outputs.detach().argmax(1).equals(piece.labels).to(.f32).sum().item())
    }
    try optimizer.step(rate: rate, step: step)
    return (sum, right)
  }

  /// The loss of a batch, the auxiliary branch's share included, and the head's outputs.
  func loss(of batch: Batch, seed: UInt64, epoch: Int) throws(TorchError) -> (loss: Tensor, outputs: Tensor) {
    let mode = Mode.training(
      SampleRandomness(seed: seed, epoch: epoch, samples: batch.indices, remote: batch.remote?.samples))
    let pass = Pass(mode, precision: precision)
    let (raw, auxiliary) = try model.network.allFeatures(batch.images.to(precision), pass)
    var (loss, outputs) = try judge(model.projected(raw, pass), batch, model.head, mode)
    if let auxiliary, let head = model.auxiliaryHead {
      loss = try loss + judge(auxiliary, batch, head, mode).loss * Self.auxiliaryShare
    }
    return (loss, outputs)
  }

  /// The weight of the loss on an auxiliary branch (Szegedy et al. 2016).
  static let auxiliaryShare = 0.4

  /// The loss and the outputs of features under a head.
  private func judge(
    _ features: Tensor, _ batch: Batch, _ head: Linear, _ mode: Mode
  ) throws(TorchError) -> (loss: Tensor, outputs: Tensor) {
    let features = try objective.transform(features, mode: mode)
    let outputs = try objective.outputs(of: features, head: head)
    return (try objective.loss(of: outputs, features: features, batch, head: head), outputs)
  }

  /// Nearly equal parts of 0..<count, each of two at least.
  static func parts(of count: Int, into parts: Int) -> [Range<Int>] {
    let parts = max(1, min(parts, count / 2))
    return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
  }
}
