import Networks
import Torch

/// A penalty on the final layer's weights, on top of the global weight decay.
///
///     penalty = (lambda / 2) sum W^2,   lambda = strength; the bias is free
///
/// Source: Kornblith et al., arXiv 2010.16402 (Extra final-layer L2, lambda = 8e-4). The factor 1/2 is
/// the release's. Departures: none.
public struct FinalLayerL2: Objective {
  /// Its name in plans.
  public static let name = "final-layer-l2"
  /// What it is, in one line.
  public static let summary = "L2 penalty on the final layer's weights"
  /// Added to a base.
  public static let role = Role.regularizer
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("strength", "lambda in (lambda / 2) sum W^2", .nonNegative)
  ]

  /// lambda, at least 0.
  public var strength: Double

  /// The plain defaults.
  public init() { self.init(.ten) }

  init(_ row: Presets) {
    strength = row.finalLayerL2
  }

  /// The published setting.
  public static func paper() -> Self { Self(.published) }

  /// The setting suggested for K classes.
  public static func preset(classes: Int) -> Self { Self(.near(classes)) }

  /// (lambda / 2) sum W^2.
  public func penalty(on logits: Tensor, head: Linear) throws(TorchError) -> Tensor? {
    try head.weight.square().sum() * (strength / 2)
  }
}
