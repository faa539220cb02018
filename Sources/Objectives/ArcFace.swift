import Foundation
import Networks
import Torch

/// Softmax cross-entropy of scaled cosines, with a margin on the angle to the correct class.
///
///     outputs = s cos(theta_k),   theta_k the angle between W_k and x,   s = scale, m = margin in radians
///     loss = xent of the outputs with s cos(theta + m) at the label
///
/// Source: Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019, arXiv 1801.07698
/// (s = 64, m = 0.5 for faces). Where theta + m passes pi its cosine would rise again; as in the released code, the label
/// then has cos(theta) - m sin(m), which keeps falling. With `easyMargin` only angles below pi / 2 get the margin. The
/// margin is in the loss alone, and mixed targets are refused, as for `CosFace`. Departures: the scale of fewer classes
/// (see `CosFace.scale(classes:)`); 1 - cos^2 below 1e-12 passes no gradient, so that cos = +-1 is safe. The head's bias
/// has no part, and a gradient of zero.
public struct ArcFace: Objective {
  /// Its name in plans.
  public static let name = "arcface"
  /// What it is, in one line.
  public static let summary = "softmax cross-entropy of cosines with an additive margin on the angle"
  /// A whole loss.
  public static let role = Role.base
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("scale", "s, which multiplies the cosines", .positive),
    ObjectiveParameter("margin", "m in radians, added to the correct class's angle", .between(0, .pi / 2)),
    ObjectiveParameter("easyMargin", "only angles below pi / 2 get the margin", .flag),
  ]
  /// The margin belongs to one label.
  public static let isLinearInTarget = false

  /// s, greater than 0.
  public var scale = CosFace.scale(classes: 10)
  /// m in radians, from 0 to pi / 2. The published setting for every K.
  public var margin = 0.5
  /// Whether only angles below pi / 2 get the margin.
  public var easyMargin = false

  /// The plain defaults.
  public init() {}

  /// The published setting, for some hundred thousand faces.
  public static func paper() -> Self {
    var objective = Self()
    objective.scale = 64
    return objective
  }

  /// The setting suggested for K classes.
  public static func preset(classes: Int) -> Self {
    var objective = Self()
    objective.scale = CosFace.scale(classes: classes)
    return objective
  }

  /// s cos(theta_k), `[B, K]`.
  public func outputs(of features: Tensor, head: Linear) throws(TorchError) -> Tensor {
    try scaledCosines(of: features, head: head, scale: scale)
  }

  /// The cosines, from outputs `[B, K]`.
  public func logits(from outputs: Tensor) throws(TorchError) -> Tensor { try outputs * (1 / scale) }

  /// Cross-entropy of outputs `[B, K]` with the margin at the label.
  public func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
    let places = try labels.unsqueeze(1)
    let cosine = try outputs.gather(1, places) * (1 / scale)  // [B, 1]
    let sine = try (1 - cosine.square()).clamp(1e-12, .infinity).sqrt()
    let turned = try cosine * cos(margin) - sine * sin(margin)  // cos(theta + m)
    let least = try Tensor.full([], easyMargin ? 0 : -cos(margin), type: cosine.elementType)
    let beyond = easyMargin ? cosine : try cosine - margin * sin(margin)
    let label = try Tensor.where(least.isLess(cosine), turned, beyond)
    return try crossEntropy(of: outputs.scatter(1, places, label * scale), labels: labels)
  }
}
