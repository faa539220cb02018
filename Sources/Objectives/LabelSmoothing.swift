import Networks
import Torch

/// Softmax cross-entropy against targets mixed with the uniform distribution.
///
///     loss = xent(z, (1 - a) t + a / K),   a = smoothing
///
/// Source: Szegedy et al., arXiv 1512.00567, section 7; Kornblith et al., arXiv 2010.16402 (Label
/// smoothing, a = 0.1). Departures: the released code also multiplies by 1 / (1 - a), which keeps the
/// pull towards the correct class as strong as softmax's; `rescaled` does so. It is off in the plain
/// objective and part of `paper()`.
public struct LabelSmoothing: Objective {
  /// Its name in plans.
  public static let name = "label-smoothing"
  /// What it is, in one line.
  public static let summary = "softmax cross-entropy against smoothed targets"
  /// A whole loss.
  public static let role = Role.base
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("smoothing", "share of the target spread over all classes", .unitOpenAbove),
    ObjectiveParameter("rescaled", "multiplies the loss by 1 / (1 - smoothing), as released", .flag),
  ]

  /// Share of the target spread evenly over all classes, in `[0, 1)`.
  public var smoothing: Double
  /// Whether the loss is multiplied by 1 / (1 - smoothing).
  public var rescaled = false

  /// The plain defaults.
  public init() { self.init(.ten) }

  init(_ row: Presets) {
    smoothing = row.smoothing
  }

  /// The published setting, with the release's factor.
  public static func paper() -> Self {
    var objective = Self(.published)
    objective.rescaled = true
    return objective
  }

  /// The setting suggested for K classes.
  public static func preset(classes: Int) -> Self { Self(.near(classes)) }

  /// Cross-entropy of outputs `[B, K]` against smoothed targets.
  public func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
    let loss = try crossEntropy(of: outputs, labels: labels, smoothing: smoothing)
    return rescaled ? try loss * (1 / (1 - smoothing)) : loss
  }
}
