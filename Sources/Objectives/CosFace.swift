import Foundation
import Networks
import Torch

/// Softmax cross-entropy of scaled cosines, with a margin that the correct class must gain.
///
///     outputs = s cos(W_k, x),   loss = xent(outputs - s m t, t),   s = scale, m = margin
///
/// Source: Wang et al., "CosFace: Large Margin Cosine Loss for Deep Face Recognition", CVPR 2018, arXiv 1801.09414
/// (s = 64, m = 0.35 for faces). The margin is in the loss alone: outputs are what evaluation sees, where no label is
/// known. Mixed targets are refused, as the margin goes to one class. Departures: for classes fewer than faces the scale
/// follows the paper's lower bound (see `scale(classes:)`). The head's bias has no part, and a gradient of zero.
public struct CosFace: Objective {
  /// Its name in plans.
  public static let name = "cosface"
  /// What it is, in one line.
  public static let summary = "softmax cross-entropy of cosines with an additive margin"
  /// A whole loss.
  public static let role = Role.base
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("scale", "s, which multiplies the cosines", .positive),
    ObjectiveParameter("margin", "m, taken from the correct class's cosine", .nonNegative),
  ]
  /// The margin belongs to one label.
  public static let isLinearInTarget = false

  /// s, greater than 0.
  public var scale = CosFace.scale(classes: 10)
  /// m, at least 0. The published setting for every K.
  public var margin = 0.35

  /// The plain defaults.
  public init() {}

  /// The published setting, for some ten thousand faces.
  public static func paper() -> Self {
    var objective = Self()
    objective.scale = 64
    return objective
  }

  /// The setting suggested for K classes.
  public static func preset(classes: Int) -> Self {
    var objective = Self()
    objective.scale = scale(classes: classes)
    return objective
  }

  /// The least whole scale at which K classes whose weights lie as far apart as can be (K <= M + 1) may reach probability
  /// P = 0.9999 of the correct one: (K - 1) / K log((K - 1) P / (1 - P)), the paper's lower bound. P is chosen here.
  static func scale(classes: Int) -> Double {
    let others = Double(max(classes, 2) - 1)
    return (others / (others + 1) * log(others * 9999)).rounded(.up)
  }

  /// s cos(W_k, x), `[B, K]`.
  public func outputs(of features: Tensor, head: Linear) throws(TorchError) -> Tensor {
    try scaledCosines(of: features, head: head, scale: scale)
  }

  /// The cosines, from outputs `[B, K]`.
  public func logits(from outputs: Tensor) throws(TorchError) -> Tensor { try outputs * (1 / scale) }

  /// Cross-entropy of outputs `[B, K]` less s m at the label.
  public func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
    try crossEntropy(of: outputs - targets(of: labels, like: outputs) * (scale * margin), labels: labels)
  }
}

/// s cos(W_k, x) `[B, K]` of features `[B, M]`, without the bias. Vectors shorter than 1e-6 count as zero.
func scaledCosines(of features: Tensor, head: Linear, scale: Double) throws(TorchError) -> Tensor {
  let cosines = try features.unitRows().matmul(head.weight.unitRows().t())
  // Optimizers want a gradient for every parameter; the bias gets one of zero.
  return try cosines * scale + head.bias * 0
}
