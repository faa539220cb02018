import Foundation

/// A mean over seeds with what is known of its error.
public struct SeedMean: Codable, Hashable, Sendable {
  /// Values.
  public var n: Int
  /// Their mean.
  public var mean: Double
  /// Standard deviation s / sqrt(n) of the mean, s with n - 1; nil for one value.
  public var standardError: Double?
  /// Half the width of the 95 % interval: t(n - 1) times the standard error; nil for one value.
  public var halfWidth: Double?

  enum CodingKeys: String, CodingKey {
    case n, mean
    case standardError = "standard_error"
    case halfWidth = "half_width"
  }

  /// Of finite values; nil without any.
  /// - Parameter level: coverage of the interval under normal errors.
  public init?(_ values: [Double], level: Double = 0.95) {
    guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return nil }
    n = values.count
    let center = values.reduce(0, +) / Double(n)
    mean = center
    guard n > 1 else { return }
    let squares = values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    let error = (squares / Double(n - 1) / Double(n)).squareRoot()
    standardError = error
    halfWidth = error * SpecialFunctions.studentQuantile(level: level, degrees: Double(n - 1))
  }
}
