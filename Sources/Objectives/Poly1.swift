import Networks
import Torch

/// Cross-entropy with more (or less) weight on the first term of its expansion in 1 - p.
///
///     loss = -log p + epsilon (1 - p),   p = softmax(z)_label,   epsilon = first
///
/// Source: Leng et al., "PolyLoss", ICLR 2022, arXiv 2204.12511 (Poly-1; epsilon = 2 for ImageNet). -log p is
/// sum_j (1 - p)^j / j; epsilon is added to the first coefficient, and at -1 takes it away. With p = sum_k t_k p_k it is
/// linear in the target. Departures: none.
public struct Poly1: Objective {
  /// Its name in plans.
  public static let name = "poly-1"
  /// What it is, in one line.
  public static let summary = "softmax cross-entropy plus a multiple of 1 - p"
  /// A whole loss.
  public static let role = Role.base
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("first", "epsilon in epsilon (1 - p); 0 is softmax", .atLeast(-1))
  ]

  /// epsilon, at least -1. The published setting for every K.
  public var first = 2.0

  /// The plain defaults.
  public init() {}

  /// The mean of -log p + epsilon (1 - p) of outputs `[B, K]`.
  public func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
    let logs = try outputs.logSoftmax(1).gather(1, labels.unsqueeze(1))  // [B, 1]
    return try -((logs + logs.expm1() * first).mean())
  }
}
