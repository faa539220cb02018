import Networks
import Torch

/// Dropout of penultimate features, in training only.
///
///     x -> x * m / p,   m ~ Bernoulli(p) for each example and feature,   p = keep
///
/// Source: Srivastava et al., JMLR 15, 2014; Kornblith et al., arXiv 2010.16402 (Dropout, p = 0.7).
/// Departures: none. The mask is a function of (seed, epoch, sample, feature), not of the place in the
/// batch, so it does not depend on batch size, order, threads or resumption.
public struct Dropout: Objective {
  /// Its name in plans.
  public static let name = "dropout"
  /// What it is, in one line.
  public static let summary = "drops penultimate features at random while training"
  /// Added to a base.
  public static let role = Role.regularizer
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("keep", "probability of keeping a feature", .unitOpenBelow)
  ]

  /// Probability of keeping a feature, in `(0, 1]`.
  public var keep: Double

  /// Separates these draws from others of the same sample.
  static let stream: UInt64 = 1

  /// The plain defaults.
  public init() { self.init(.ten) }

  init(_ row: Presets) {
    keep = row.keep
  }

  /// The published setting.
  public static func paper() -> Self { Self(.published) }

  /// The setting suggested for K classes.
  public static func preset(classes: Int) -> Self { Self(.near(classes)) }

  /// Features `[B, M]` with the mask of the samples at hand.
  public func transform(_ features: Tensor, mode: Mode) throws(TorchError) -> Tensor {
    switch mode {
    case .evaluation: features
    case .training(let randomness):
      try masked(features, draws: randomness.uniform(width: features.shape.last ?? 0, stream: Self.stream))
    }
  }

  /// Keeps the features `[B, M]` whose uniform draw `[B, M]` in `[0, 1)` is below `keep`, divided by `keep`.
  func masked(_ features: Tensor, draws: Tensor) throws(TorchError) -> Tensor {
    let threshold = try Tensor.full([], keep, type: draws.elementType)
    let mask = try draws.isLess(threshold).to(features.elementType)
    return try features * (mask * (1 / keep))
  }
}
