/// The error of a statistic that is no plain mean over seeds, such as one over pairs of runs.
///
/// Each seed is left out once, with everything that it has a part in (Quenouille 1949, Tukey 1958): with t_(i) the
/// statistic without seed i, the squared standard error is (n - 1)/n sum_i (t_(i) - mean t_(.))^2, and Student's t with
/// n - 1 degrees of freedom gives the interval. Of a mean it is the usual standard error. Of statistics that jump
/// (medians) it is wrong.
public enum Jackknife {
  /// The statistic over n units and its error.
  /// - Parameters:
  ///   - count: n, the number of units.
  ///   - statistic: of all units (nil) or of all but one.
  /// - Returns: nil where the statistic of all is not defined; without a standard error where one of the others is not,
  ///   or below two units.
  public static func estimate(count: Int, _ statistic: (_ leftOut: Int?) -> Double?) -> StudentEstimate? {
    guard count > 0, let value = statistic(nil), value.isFinite else { return nil }
    let degrees = Double(count - 1)
    var estimate = StudentEstimate(value: value, standardError: nil, degrees: degrees, n: count)
    guard count > 1 else { return estimate }
    let without = (0..<count).compactMap { statistic($0) }.filter(\.isFinite)
    guard without.count == count else { return estimate }
    let mean = without.reduce(0, +) / Double(count)
    let squares = without.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let error = (degrees / Double(count) * squares).squareRoot()
    // Rounding alone is no spread.
    estimate.standardError = error > abs(value) * 1e-13 ? error : 0
    return estimate
  }
}
