import Networks
import Torch

/// Softmax cross-entropy of logits brought to one length.
///
///     outputs = z / (tau ||z||),   loss = xent(outputs, t),   tau = temperature
///
/// Source: Kornblith et al., arXiv 2010.16402 (Logit normalization, tau = 0.04). The largest
/// difference between two outputs is about 1 / tau, so tau falls as log K grows. Departures: logits shorter
/// than 1e-6 give zero outputs and no gradient (see `Tensor.unitRows`).
public struct LogitNormalization: Objective {
  /// Its name in plans.
  public static let name = "logit-normalization"
  /// What it is, in one line.
  public static let summary = "softmax cross-entropy of logits normalized to length 1 / temperature"
  /// A whole loss.
  public static let role = Role.base
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("temperature", "tau; outputs have length 1 / tau", .positive)
  ]

  /// tau, greater than 0.
  public var temperature: Double

  /// The plain defaults.
  public init() { self.init(.ten) }

  init(_ row: Presets) {
    temperature = row.logitTemperature
  }

  /// The published setting.
  public static func paper() -> Self { Self(.published) }

  /// The setting suggested for K classes.
  public static func preset(classes: Int) -> Self { Self(.near(classes)) }

  /// Refuses the logit penalty.
  public static func conflict(with other: any Objective.Type) -> String? {
    other == LogitPenalty.self ? "normalized logits have one length, so the penalty is a constant" : nil
  }

  /// z / (tau ||z||), `[B, K]`.
  public func outputs(of features: Tensor, head: Linear) throws(TorchError) -> Tensor {
    try head(features).unitRows() * (1 / temperature)
  }
}
