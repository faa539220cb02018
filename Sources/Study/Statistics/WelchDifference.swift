/// The difference of two means without shared seeds, variances not taken for equal (Welch 1947).
public struct WelchDifference: Codable, Hashable, Sendable {
  /// Values of either sample.
  public var firstCount, secondCount: Int
  /// Mean of the first less that of the second.
  public var mean: Double
  /// sqrt(s1^2 / n1 + s2^2 / n2).
  public var standardError: Double
  /// Welch and Satterthwaite's degrees of freedom: se^4 / (se1^4 / (n1 - 1) + se2^4 / (n2 - 1)).
  public var degrees: Double
  /// Half the width of the 95 % interval.
  public var halfWidth: Double
  /// Two-sided p of Welch's t-test; nil where neither sample varies.
  public var p: Double?

  enum CodingKeys: String, CodingKey {
    case mean, degrees, p
    case firstCount = "first_n"
    case secondCount = "second_n"
    case standardError = "standard_error"
    case halfWidth = "half_width"
  }

  /// Of two samples of at least two finite values each; else nil.
  public init?(_ first: [Double], _ second: [Double], level: Double = 0.95) {
    guard first.count > 1, second.count > 1, let a = SeedMean(first), let b = SeedMean(second),
      let errorA = a.standardError, let errorB = b.standardError
    else { return nil }
    (firstCount, secondCount) = (a.n, b.n)
    mean = a.mean - b.mean
    let squares = (errorA * errorA, errorB * errorB)
    let square = squares.0 + squares.1
    let scale = max(abs(a.mean), abs(b.mean))
    // Rounding alone is no spread.
    guard square.squareRoot() > scale * 1e-14 else {
      (standardError, halfWidth, degrees) = (0, 0, Double(a.n + b.n - 2))
      return
    }
    standardError = square.squareRoot()
    degrees = square * square / (squares.0 * squares.0 / Double(a.n - 1) + squares.1 * squares.1 / Double(b.n - 1))
    halfWidth = standardError * SpecialFunctions.studentQuantile(level: level, degrees: degrees)
    p = SpecialFunctions.studentTwoSided(mean / standardError, degrees: degrees)
  }
}
