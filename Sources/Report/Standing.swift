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
    var others: [(row: Int, p: Double)] = []
    for (index, estimate) in estimates.enumerated() where index != best {
      let shared = Set(estimate.values.keys).intersection(estimates[best].values.keys).sorted()
      let differences = shared.compactMap { seed in
        estimates[best].values[seed].flatMap { a in estimate.values[seed].map { a - $0 } }
      }
      // Two seeds leave one degree of freedom, with which nothing can be told apart.
      if differences.count > 2, let p = pairedTTest(differences) { others.append((index, p)) }
    }
    var standings = rows.map { _ in Standing.unknown }
    standings[best] = .best
    for (other, p) in zip(others, holm(others.map(\.p))) { standings[other.row] = p < 0.05 ? .worse : .alike }
    return standings
  }

  private func best(_ estimates: [Estimate], _ better: Column.Better) -> Int? {
    let known = estimates.indices.compactMap { index in estimates[index].mean.map { (index, $0) } }
    guard known.count > 1 else { return nil }
    return better == .higher ? known.max { $0.1 < $1.1 }?.0 : known.min { $0.1 < $1.1 }?.0
  }
}
