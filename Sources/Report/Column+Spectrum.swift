extension Column {
  /// How many directions the penultimate features of training images use.
  static let spectrum = [effectiveRank, participationRatio]

  /// exp of the entropy of the singular values.
  static let effectiveRank = ofSpectrum(
    "effective_rank", "Effective rank",
    "exp of the entropy of the singular values, as shares of their sum, of the centred penultimate features of the "
      + "source's training images: in how many directions they spread.")

  /// (sum of squared singular values)^2 / sum of their fourth powers.
  static let participationRatio = ofSpectrum(
    "participation_ratio", "Participation ratio",
    "The square of the sum of the eigenvalues of the covariance of the same features over the sum of their squares: "
      + "in how many directions most of the variance lies.")

  private static func ofSpectrum(_ name: String, _ title: String, _ definition: String) -> Column {
    Column(
      id: name, group: .spectrum, title: title, unit: .number(decimals: 1), better: .neither, definition: definition
    ) { $0.measurement(name, split: "train") }
  }
}
