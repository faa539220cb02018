import Networks
import Torch

/// Softmax cross-entropy of cosines between features and class weights.
///
///     outputs = z / tau,   z_k = cos(W_k, x) + b_k,   loss = xent(outputs, t),   tau = temperature
///
/// Source: Kornblith et al., arXiv 2010.16402 (Cosine softmax, tau = 0.05). Departures: the released
/// graph normalizes W only, z_k = W_k . x / ||W_k|| + b_k; `normalizesFeatures: false` reproduces it.
/// Vectors shorter than 1e-6 count as zero and get no gradient (see `Tensor.unitRows`).
public struct CosineSoftmax: Objective {
  /// Its name in plans.
  public static let name = "cosine-softmax"
  /// What it is, in one line.
  public static let summary = "softmax cross-entropy of cosines divided by a temperature"
  /// A whole loss.
  public static let role = Role.base
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("temperature", "tau, which divides cosine + bias", .positive),
    ObjectiveParameter("normalizesFeatures", "false: only the weights are normalized, as released", .flag),
  ]

  /// tau, greater than 0.
  public var temperature: Double
  /// Whether features are normalized as well as weights.
  public var normalizesFeatures = true

  /// The plain defaults.
  public init() { self.init(.ten) }

  init(_ row: Presets) {
    temperature = row.cosineTemperature
  }

  /// The published setting.
  public static func paper() -> Self { Self(.published) }

  /// The setting suggested for K classes.
  public static func preset(classes: Int) -> Self { Self(.near(classes)) }

  /// (cos(W_k, x) + b_k) / tau, `[B, K]`.
  public func outputs(of features: Tensor, head: Linear) throws(TorchError) -> Tensor {
    let directions = try head.weight.unitRows()  // [K, M]
    let features = normalizesFeatures ? try features.unitRows() : features  // [B, M]
    return try (features.matmul(directions.t()) + head.bias) * (1 / temperature)  // [B, K]
  }

  /// z, from outputs `[B, K]`.
  public func logits(from outputs: Tensor) throws(TorchError) -> Tensor { try outputs * temperature }
}
