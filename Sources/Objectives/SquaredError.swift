import Networks
import Torch

/// Squared error against a target value for the correct class and zero for the others.
///
///     loss = s mean_k( kappa t_k (z_k - M)^2 + (1 - t_k) z_k^2 ),   M = target, s = scale
///
/// Source: Hui and Belkin, arXiv 2006.07322; Kornblith et al., arXiv 2010.16402 (Squared error,
/// kappa = 9, M = 60, s = 10). Departures: the release sums over classes where the text takes the mean; only
/// the mean works with the usual learning rates (at z = 0 and K = 1000 the loss is 324, else 324,000).
/// `sumsClasses` reproduces the release. kappa, M and s suit K = 1000; the presets scale them.
public struct SquaredError: Objective {
  /// Its name in plans.
  public static let name = "squared-error"
  /// What it is, in one line.
  public static let summary = "weighted squared error of the logits"
  /// A whole loss.
  public static let role = Role.base
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("kappa", "weight of the correct class", .positive),
    ObjectiveParameter("target", "M, the value the correct class should have", .positive),
    ObjectiveParameter("scale", "s, which multiplies the loss", .positive),
    ObjectiveParameter("sumsClasses", "sums over classes instead of averaging, as released", .flag),
  ]

  /// Weight of the correct class, greater than 0.
  public var kappa: Double
  /// M: the value the correct class should have, greater than 0.
  public var target: Double
  /// s: multiplies the loss, greater than 0.
  public var scale: Double
  /// Whether classes are summed rather than averaged.
  public var sumsClasses = false

  /// The plain defaults.
  public init() { self.init(.ten) }

  init(_ row: Presets) {
    kappa = row.kappa
    target = row.target
    scale = row.lossScale
  }

  /// The published setting.
  public static func paper() -> Self { Self(.published) }

  /// The setting suggested for K classes.
  public static func preset(classes: Int) -> Self { Self(.near(classes)) }

  /// The squared error of outputs `[B, K]`, a mean over examples.
  public func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
    let correct = try targets(of: labels, like: outputs)
    let weights = try correct * (kappa - 1) + 1  // [B, K]
    let errors = try (outputs - correct * target).square() * weights
    return try (sumsClasses ? errors.sum([1]).mean() : errors.mean()) * scale
  }
}
