import Networks
import Torch

/// Features of one class drawn together and others apart, over all pairs of the batch; the head learns beside it.
///
///     loss = mean_i -1/|P(i)| sum_{p in P(i)} log( exp(u_i . u_p / tau) / sum_{a != i} exp(u_i . u_a / tau) )
///            + xent(z, t),   u = x / ||x||,   z = W x + b with x held fixed,   tau = temperature
///
/// P(i) are the others of i's class in the batch; the mean is over the examples that have any, and is 0 if none has.
///
/// Source: Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020, arXiv 2004.11362, equation 2 (L_out; tau = 0.1).
/// Departures: one view of each image and no projection network; the paper then trains a linear classifier on the finished
/// features, here the head is trained in the same run on features without gradient, so that outputs, accuracy and
/// calibration exist and the network sees the contrastive loss alone. The released code multiplies by tau / 0.07. With two
/// views every example has a positive; here those without are not counted.
///
/// Pairs make the loss depend on the batch as a whole: it is no mean over examples, changes with the batch's size, and
/// mixed targets are refused.
public struct SupervisedContrastive: Objective {
  /// Its name in plans.
  public static let name = "supervised-contrastive"
  /// What it is, in one line.
  public static let summary = "contrastive loss of the features by class, with a head trained beside it"
  /// A whole loss.
  public static let role = Role.base
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("temperature", "tau, which divides cosines between features", .positive)
  ]
  /// A pair is of one class or not.
  public static let isLinearInTarget = false
  /// It compares the examples of a batch.
  public static let isMeanOverExamples = false

  /// tau, greater than 0. The published setting for every K.
  public var temperature = 0.1

  /// The plain defaults.
  public init() {}

  /// The head's logits of features that pass no gradient back.
  public func outputs(of features: Tensor, head: Linear) throws(TorchError) -> Tensor {
    try head(features.detach())
  }

  /// The contrastive loss of features `[B, M]`.
  public func featureLoss(of features: Tensor, labels: Tensor) throws(TorchError) -> Tensor? {
    let directions = try features.unitRows()
    let similarities = try directions.matmul(directions.t()) * (1 / temperature)  // [B, B]
    let same = try labels.unsqueeze(1).equals(labels.unsqueeze(0)).to(similarities.elementType)
    let itself = try same.diagonal().diagonalMatrix()
    let positives = try same - itself
    // Far enough below to vanish from the sum, and finite, so that a batch of one has no NaN.
    let others = try similarities - itself * (1e9 / min(temperature, 1))
    let logs = try similarities - others.logSumExp(1, keep: true)
    let counts = try positives.sum([1])
    let each = try (positives * logs).sum([1]) / counts.clamp(1, .infinity)  // [B]
    return try -(each.sum() / counts.clamp(0, 1).sum().clamp(1, .infinity))
  }
}

extension Tensor {
  /// The matrix `[n, n]` with this vector `[n]` as its diagonal and zeros elsewhere.
  func diagonalMatrix() throws(TorchError) -> Tensor {
    guard let result = try Tensor.call("aten::diag_embed", [.tensor(self)]).first else {
      throw TorchError(operation: "diagonalMatrix", message: "the operator returned nothing")
    }
    return result
  }
}
