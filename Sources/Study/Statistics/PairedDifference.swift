/// The difference between two objectives over the seeds they share.
public struct PairedDifference: Codable, Hashable, Sendable {
  /// Pairs.
  public var n: Int
  /// Mean of first less second.
  public var mean: Double
  /// Standard error of the mean; nil for one pair.
  public var standardError: Double?
  /// Half the width of the 95 % interval; nil for one pair.
  public var halfWidth: Double?
  /// Two-sided p of the paired t-test; nil for one pair, and where all differences are equal and not 0 (t is then
  /// infinite and says only that the seeds agree).
  public var p: Double?

  enum CodingKeys: String, CodingKey {
    case n, mean, p
    case standardError = "standard_error"
    case halfWidth = "half_width"
  }

  /// Of pairs with the same seed; nil without any, or where one is not finite.
  public init?(_ first: [Double], _ second: [Double]) {
    guard first.count == second.count, let summary = SeedMean(zip(first, second).map { $0 - $1 }) else {
      return nil
    }
    n = summary.n
    mean = summary.mean
    standardError = summary.standardError
    halfWidth = summary.halfWidth
    guard let error = standardError else { return }
    // Rounding alone is no spread.
    let scale = zip(first, second).reduce(0) { max($0, abs($1.0), abs($1.1)) }
    if error > scale * 1e-14 {
      p = SpecialFunctions.studentTwoSided(mean / error, degrees: Double(n - 1))
    } else if abs(mean) <= scale * 1e-14 {
      p = 1
    }
  }
}
