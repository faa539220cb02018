import Measures
import Study

/// Where an objective stands in a column.
enum Standing: Sendable {
  /// The best mean.
  case best
  /// Not told apart from the best by the test.
  case alike
  /// Significantly worse than the best.
  case worse
  /// No value, no direction, or no test possible.
  case unknown
}

extension Summary {
  /// The standing of every row: the best mean, and a paired t-test of each other row against it over the
  /// seeds that both have (three at least), corrected by Holm's method over the rows, at 5 %.
  func standings(_ column: Column) -> [Standing] {
    let estimates = rows.map { $0.estimate(column) }
    guard column.better != .neither, let best = best(estimates, column.better) else {
      return rows.map { _ in .unknown }
    }
    let tests = rows.indices.map { index -> Double? in
      // Two seeds leave one degree of freedom, with which nothing can be told apart.
      let shared = Set(estimates[index].values.keys).intersection(estimates[best].values.keys).sorted()
      guard index != best, shared.count > 2 else { return nil }
      return PairedDifference(
        shared.compactMap { estimates[best].values[$0] }, shared.compactMap { estimates[index].values[$0] })?
        .p
    }
    var standings = Holm.adjust(tests).map { p in p.map { $0 < 0.05 ? Standing.worse : .alike } ?? .unknown }
    standings[best] = .best
    return standings
  }

  private func best(_ estimates: [Estimate], _ better: Column.Better) -> Int? {
    let known = estimates.indices.compactMap { index in estimates[index].mean.map { (index, $0) } }
    guard known.count > 1 else { return nil }
    return better == .higher ? known.max { $0.1 < $1.1 }?.0 : known.min { $0.1 < $1.1 }?.0
  }
}
