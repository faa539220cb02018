/// An estimate with a standard error whose errors follow Student's t: a mean over seeds, a difference of means, a
/// jackknife.
public struct StudentEstimate: Codable, Hashable, Sendable {
  /// The estimate.
  public var value: Double
  /// Its standard error; nil where there is one unit only. 0 says that the units agree to the last digit.
  public var standardError: Double?
  /// Degrees of freedom of that error.
  public var degrees: Double
  /// Units, such as seeds.
  public var n: Int

  /// An estimate as it stands.
  public init(value: Double, standardError: Double?, degrees: Double, n: Int) {
    (self.value, self.standardError, self.degrees, self.n) = (value, standardError, degrees, n)
  }

  /// A mean over seeds, n - 1 degrees of freedom.
  public init(_ mean: SeedMean) {
    self.init(
      value: mean.mean, standardError: mean.standardError.map { $0 > abs(mean.mean) * 1e-14 ? $0 : 0 },
      degrees: Double(mean.n - 1), n: mean.n)
  }

  /// A difference over shared seeds, n - 1 degrees of freedom.
  public init(_ difference: PairedDifference) {
    let agrees = difference.n > 1 && (difference.p == nil || (difference.p == 1 && abs(difference.mean) < 1e-14))
    self.init(
      value: difference.mean, standardError: agrees ? 0 : difference.standardError,
      degrees: Double(difference.n - 1), n: difference.n)
  }

  /// A difference without shared seeds, with Welch's degrees of freedom; n is that of the smaller sample.
  public init(_ difference: WelchDifference) {
    self.init(
      value: difference.mean, standardError: difference.standardError, degrees: difference.degrees,
      n: min(difference.firstCount, difference.secondCount))
  }

  /// value +- t standardError; nil without a standard error.
  public func interval(level: Double = 0.95) -> ConfidenceInterval? {
    guard value.isFinite, let standardError, standardError.isFinite, degrees > 0, level > 0, level < 1 else {
      return nil
    }
    let reach =
      standardError > 0 ? standardError * SpecialFunctions.studentQuantile(level: level, degrees: degrees) : 0
    return ConfidenceInterval(low: value - reach, high: value + reach, level: level)
  }

  /// Two-sided p of the hypothesis that the truth is `other`: P(|T| >= |value - other| / standardError). Nil without a
  /// standard error; 0 or 1 where that is 0.
  public func p(against other: Double) -> Double? {
    guard value.isFinite, other.isFinite, let standardError, standardError.isFinite, degrees > 0 else { return nil }
    guard standardError > 0 else { return value == other ? 1 : 0 }
    return SpecialFunctions.studentTwoSided((value - other) / standardError, degrees: degrees)
  }
}
