/// Intervals of several estimates that agree with Holm's step-down test (1979).
///
/// With the p values in rising order, the estimate at rank r of m (from 0) is tested at (1 - level) / (m - r); from the
/// first that is not rejected on, none is. Each estimate gets the interval of the level it was tested at, those after
/// the first acceptance that of the acceptance. So an interval excludes its hypothesis exactly where Holm's test
/// rejects it, and the chance that any true hypothesis is rejected stays at most 1 - level.
public enum HolmIntervals {
  /// The interval of each estimate about its hypothesis `against`; nil for an estimate without a standard error, which
  /// does not count. Empty where the two lists differ in length.
  public static func about(
    _ estimates: [StudentEstimate], against: [Double], level: Double = 0.95
  ) -> [ConfidenceInterval?] {
    guard estimates.count == against.count else { return [] }
    let tests = zip(estimates, against).map { $0.p(against: $1) }
    let given = tests.indices.filter { tests[$0] != nil }.sorted { (tests[$0] ?? 1, $0) < (tests[$1] ?? 1, $1) }
    var intervals = [ConfidenceInterval?](repeating: nil, count: estimates.count)
    var accepted: Double?
    for (rank, place) in given.enumerated() {
      let risk = accepted ?? (1 - level) / Double(given.count - rank)
      if accepted == nil, (tests[place] ?? 1) >= risk { accepted = risk }
      intervals[place] = estimates[place].interval(level: 1 - risk)
    }
    return intervals
  }
}
