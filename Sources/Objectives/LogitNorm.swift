import Networks
import Torch

/// Softmax cross-entropy of normalized logits, judged by the logits as they are.
///
///     loss = xent(z / (tau ||z||), t),   outputs = z,   tau = temperature
///
/// Source: Wei et al., "Mitigating Neural Network Overconfidence with Logit Normalization", ICML 2022, arXiv 2205.09310
/// (tau = 0.04 for CIFAR-10). The loss is that of `logit-normalization`, and training gives the same weights. The outputs
/// differ: here they keep their length, as in the authors' evaluation, since it is the length that tells familiar images
/// from others. Calibration, agreement and every other measure see it. Departures: the paper divides by ||z|| + 1e-7;
/// here logits shorter than 1e-6 count as zero and get no gradient (see `Tensor.unitRows`).
public struct LogitNorm: Objective {
  /// Its name in plans.
  public static let name = "logitnorm"
  /// What it is, in one line.
  public static let summary = "cross-entropy of normalized logits in training, raw logits in evaluation"
  /// A whole loss.
  public static let role = Role.base
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("temperature", "tau; the loss sees logits of length 1 / tau", .positive)
  ]

  /// tau, greater than 0. The published setting for every K.
  public var temperature = 0.04

  /// The plain defaults.
  public init() {}

  /// Refuses penalties that shrink the logits.
  public static func conflict(with other: any Objective.Type) -> String? {
    other == LogitPenalty.self || other == MaxSuppression.self || other == ConfidencePenalty.self
      ? "the loss does not depend on the logits' length, so the penalty would shrink them to nothing" : nil
  }

  /// Cross-entropy of outputs `[B, K]` brought to length 1 / tau.
  public func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
    try crossEntropy(of: outputs.unitRows() * (1 / temperature), labels: labels)
  }
}
