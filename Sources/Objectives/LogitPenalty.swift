import Networks
import Torch

/// A penalty on the size of the raw logits.
///
///     penalty = mean over examples of (beta / 2) sum_k z_k^2,   beta = strength
///
/// Source: Dauphin and Cubuk, "Deconstructing the Regularization of BatchNorm", ICLR 2021; Kornblith et al.,
/// arXiv 2010.16402 (Logit penalty, beta = 6e-4). The factor 1/2 is the release's. Departures:
/// combined with a base that shifts or scales its logits, the penalty is on z itself.
public struct LogitPenalty: Objective {
  /// Its name in plans.
  public static let name = "logit-penalty"
  /// What it is, in one line.
  public static let summary = "L2 penalty on the logits"
  /// Added to a base.
  public static let role = Role.regularizer
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("strength", "beta in (beta / 2) sum_k z_k^2", .nonNegative)
  ]

  /// beta, at least 0.
  public var strength: Double

  /// The plain defaults.
  public init() { self.init(.ten) }

  init(_ row: Presets) {
    strength = row.logitPenalty
  }

  /// The published setting.
  public static func paper() -> Self { Self(.published) }

  /// The setting suggested for K classes.
  public static func preset(classes: Int) -> Self { Self(.near(classes)) }

  /// The mean over examples of (beta / 2) sum_k z_k^2.
  public func penalty(on logits: Tensor, head: Linear) throws(TorchError) -> Tensor? {
    try logits.square().sum([1]).mean() * (strength / 2)
  }
}
