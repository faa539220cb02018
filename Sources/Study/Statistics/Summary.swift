import Foundation

/// A mean over seeds with what is known of its error.
public struct Summary: Codable, Hashable, Sendable {
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
    guard first.count == second.count, let summary = Summary(zip(first, second).map { $0 - $1 }) else {
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

/// Corrections where many hypotheses are tested.
public enum Holm {
  /// Adjusted p values of Holm's step-down method (1979), in the order given: they may be compared with the level as if
  /// each were alone. Missing ones stay missing and do not count.
  public static func adjust(_ values: [Double?]) -> [Double?] {
    let given = values.indices.filter { values[$0] != nil }.sorted {
      (values[$0] ?? 1, $0) < (values[$1] ?? 1, $1)
    }
    var adjusted = [Double?](repeating: nil, count: values.count)
    var largest = 0.0
    for (rank, index) in given.enumerated() {
      largest = max(largest, min(1, (values[index] ?? 1) * Double(given.count - rank)))
      adjusted[index] = largest
    }
    return adjusted
  }
}

/// Accuracies on several targets as one number.
public enum LogOdds {
  /// Mean over targets of log(p / (1 - p)), p clipped to [1/(2n), 1 - 1/(2n)] with n the target's test images
  /// (Kornblith, Shlens and Le 2019). Nil without targets.
  public static func average(_ accuracies: [(accuracy: Double, testCount: Int)]) -> Double? {
    guard !accuracies.isEmpty else { return nil }
    return accuracies.reduce(0) { $0 + logOdds($1.accuracy, testCount: $1.testCount) }
      / Double(accuracies.count)
  }

  /// log(p / (1 - p)) of one accuracy, clipped.
  public static func logOdds(_ accuracy: Double, testCount: Int) -> Double {
    let margin = 1 / (2 * Double(max(1, testCount)))
    let p = min(1 - margin, max(margin, accuracy))
    return log(p / (1 - p))
  }
}
