/// The suggested settings for a number of classes K: one row each near K = 10, 100 and 1000, and the
/// published one; `docs/objectives.md` says how they were chosen.
struct Presets: Hashable, Sendable {
  /// Label smoothing: share of the target spread over all classes.
  var smoothing: Double
  /// Dropout: probability of keeping a feature.
  var keep: Double
  /// Final-layer L2: lambda.
  var finalLayerL2: Double
  /// Logit penalty: beta.
  var logitPenalty: Double
  /// Logit normalization: tau.
  var logitTemperature: Double
  /// Cosine softmax: tau.
  var cosineTemperature: Double
  /// Squared error: weight of the correct class, its target value, and the loss scale.
  var kappa, target, lossScale: Double

  /// K near 10.
  static let ten = Presets(
    smoothing: 0.05, keep: 0.9, finalLayerL2: 1e-3, logitPenalty: 2e-3, logitTemperature: 0.2,
    cosineTemperature: 0.1, kappa: 1, target: 10, lossScale: 4)

  /// K near 100.
  static let hundred = Presets(
    smoothing: 0.3, keep: 0.7, finalLayerL2: 8e-3, logitPenalty: 2e-2, logitTemperature: 0.2,
    cosineTemperature: 0.16, kappa: 4, target: 5, lossScale: 4)

  /// K near 1000.
  static let thousand = published

  /// The setting of Kornblith et al. for ImageNet and ResNet-50, K = 1000. Not to be tuned.
  static let published = Presets(
    smoothing: 0.1, keep: 0.7, finalLayerL2: 8e-4, logitPenalty: 6e-4, logitTemperature: 0.04,
    cosineTemperature: 0.05, kappa: 9, target: 60, lossScale: 10)

  /// The row whose K is nearest in ratio: up to 31, up to 316, above.
  static func near(_ classes: Int) -> Presets {
    classes < 32 ? ten : classes < 317 ? hundred : thousand
  }
}
