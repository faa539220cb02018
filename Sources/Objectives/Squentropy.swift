import Networks
import Torch

/// Softmax cross-entropy plus the mean square of the wrong classes' logits.
///
///     loss = xent(z, t) + 1 / (K - 1) sum_k (1 - t_k) z_k^2
///
/// Source: Hui, Belkin and Wright, "Cut your Losses with Squentropy", ICML 2023, arXiv 2302.03952. It has no parameters.
/// Departures: none.
public struct Squentropy: Objective {
  /// Its name in plans.
  public static let name = "squentropy"
  /// What it is, in one line.
  public static let summary = "softmax cross-entropy plus the mean square of the wrong classes' logits"
  /// A whole loss.
  public static let role = Role.base

  /// Squentropy has no parameters.
  public init() {}

  /// Cross-entropy plus squares of outputs `[B, K]`, a mean over examples.
  public func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
    let wrong = try 1 - targets(of: labels, like: outputs)  // [B, K]
    let others = Double(max((outputs.shape.last ?? 0) - 1, 1))
    let squares = try (outputs.square() * wrong).sum([1]).mean() * (1 / others)
    return try crossEntropy(of: outputs, labels: labels) + squares
  }
}
