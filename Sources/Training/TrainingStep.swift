import Networks
import Objectives
import Torch

/// One step of training: features, loss, gradients, update. The loop and `bench train` take the same.
struct TrainingStep {
  let model: Model
  let objective: Combination
  let optimizer: Optimizer
  let precision: ElementType
  /// Where several processes share the batch: they, and the gradients on their way between them.
  let team: Team?
  let buckets: GradientBuckets?

  init(
    _ model: Model, _ objective: Combination, _ optimizer: Optimizer, _ precision: Precision, _ team: Team? = nil
  ) throws(TorchError) {
    self.model = model
    self.objective = objective
    self.optimizer = optimizer
    self.precision = precision == .bf16 ? .bf16 : .f32
    self.team = team
    buckets = try team.map { (team) throws(TorchError) in
      try GradientBuckets(model.parameters.trained.map(\.tensor), in: team.group, reduction: .sum)
    }
  }

  /// The mean loss of the batch before the update, how many answers were right, and of how many. No weight is changed
  /// where the loss is not finite. With a team: of the whole batch, and the team's wishes joined.
  func callAsFunction(
    _ batch: Batch, seed: UInt64, epoch: Int, rate: Double, step: Int, stops: Bool = false, saves: Bool = false
  ) throws(TorchError) -> Team.Report {
    let count = batch.indices.count
    var report = Team.Report(count: count, stops: stops, saves: saves)
    let (parts, total) = try parts(of: batch)
    var pending: PendingTensor?
    for (place, part) in parts.enumerated() {
      let piece = part.count == count ? batch : try batch.part(part)
      let (loss, outputs) = try loss(of: piece, seed: seed, epoch: epoch)
      let share = Double(part.count) / Double(total)
      report.loss += try loss.item() * share
      if team == nil, !report.loss.isFinite { return report }
      report.right += Int(try outputs.detach().argmax(1).equals(piece.labels).to(.f32).sum().item())
      if place == parts.count - 1 {
        pending = try team?.send(report)
        try buckets?.arm()
      }
      try (part.count == total ? loss : loss * share).backward()
    }
    if let pending {
      try buckets?.finish()
      report = try Team.receive(pending)
      guard report.loss.isFinite else { return report }
    }
    try optimizer.step(rate: rate, step: step)
    return report
  }

  /// The loss of a batch, the auxiliary branch's share included, and the head's outputs.
  func loss(of batch: Batch, seed: UInt64, epoch: Int) throws(TorchError) -> (loss: Tensor, outputs: Tensor) {
    let mode = Mode.training(
      SampleRandomness(seed: seed, epoch: epoch, samples: batch.indices, remote: batch.remote?.samples))
    let pass = Pass(
      mode, precision: precision, group: team?.synchronizesNorm == true ? team?.group : nil,
      normShare: optimizer.options.normMomentum.map { 1 - $0 } ?? 0.1)
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

  /// The parts of a batch, or of this process's share, and the samples of the whole batch.
  func parts(of batch: Batch) throws(TorchError) -> (parts: [Range<Int>], total: Int) {
    let count = batch.indices.count
    let parts = batch.share?.parts ?? Self.parts(of: count, into: optimizer.options.accumulate ?? 1)
    if let known = batch.share?.total { return (parts, known) }
    guard let team else { return (parts, count) }
    return (parts, try team.total(of: parts.map(\.count)))
  }

  /// Nearly equal parts of 0..<count, each of two at least.
  static func parts(of count: Int, into parts: Int) -> [Range<Int>] {
    let parts = max(1, min(parts, count / 2))
    return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
  }
}
