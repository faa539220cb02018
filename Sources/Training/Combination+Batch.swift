import Networks
import Objectives
import Torch

extension Combination {
  /// The loss of a batch; of a mixed one, the same mixture of the losses under both labels.
  ///
  /// Plans with mixed batches take only objectives that are linear in their target, so that this is the loss under the
  /// mixed target.
  func loss(of outputs: Tensor, features: Tensor, _ batch: Batch, head: Linear) throws(TorchError) -> Tensor {
    let own = try loss(of: outputs, features: features, labels: batch.labels, head: head)
    guard let mixing = batch.mixing, let partners = batch.partners else { return own }
    let other = try loss(of: outputs, features: features, labels: partners, head: head)
    if let weight = batch.remote?.weight { return try own * weight + other * (1 - weight) }
    return try own * mixing.weight + other * (1 - mixing.weight)
  }
}
