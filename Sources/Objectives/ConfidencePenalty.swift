import Networks
import Torch

/// A reward for predictions of high entropy.
///
///     penalty = -beta H(p) = beta mean over examples of sum_k p_k log p_k,   p = softmax(outputs), beta = strength
///
/// Source: Pereyra et al., "Regularizing Neural Networks by Penalizing Confident Output Distributions", ICLR 2017
/// workshop, arXiv 1701.06548, equation 2 (beta = 0.1 for CIFAR-10). Label smoothing draws p towards the uniform
/// distribution by the other direction of the divergence. Departures: none.
public struct ConfidencePenalty: Objective {
  /// Its name in plans.
  public static let name = "confidence-penalty"
  /// What it is, in one line.
  public static let summary = "penalty on predictions of low entropy"
  /// Added to a base.
  public static let role = Role.regularizer
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("strength", "beta in -beta H(p)", .nonNegative)
  ]

  /// beta, at least 0. The published setting for every K.
  public var strength = 0.1

  /// The plain defaults.
  public init() {}

  /// Refuses squared error.
  public static func conflict(with other: any Objective.Type) -> String? {
    other == SquaredError.self ? "the outputs of squared error are no log-probabilities and have no entropy" : nil
  }

  /// The mean over examples of beta sum_k p_k log p_k of outputs `[B, K]`.
  public func penalty(onOutputs outputs: Tensor) throws(TorchError) -> Tensor? {
    let logs = try outputs.logSoftmax(1)
    return try (logs.exp() * logs).sum([1]).mean() * strength
  }
}
