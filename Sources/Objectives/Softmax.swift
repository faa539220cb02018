import Torch

/// Softmax cross-entropy, the objective that all others are compared with.
///
///     loss = mean over examples of logsumexp(z) - z_label,   outputs = z = W x + b
///
/// Source: Kornblith et al., "Why Do Better Loss Functions Lead to Less Transferable Features?", arXiv
/// 2010.16402 (Softmax). Departures: none.
public struct Softmax: Objective {
  /// Its name in plans.
  public static let name = "softmax"
  /// What it is, in one line.
  public static let summary = "softmax cross-entropy"
  /// A whole loss.
  public static let role = Role.base

  /// Softmax has no parameters.
  public init() {}
}
