/// The data of a critical-difference diagram (Demsar 2006): mean ranks of objectives over targets, and which of them
/// Nemenyi's test does not tell apart.
public struct CriticalDifference: Codable, Hashable, Sendable {
  /// The objectives, in the order given.
  public var names: [String]
  /// Friedman's test, to be looked at first: where it finds no difference, the groups below mean little.
  public var friedman: FriedmanTest
  /// How far two mean ranks must lie apart: q sqrt(k (k + 1) / (6 N)), q being the quantile of the studentized range
  /// over sqrt(2) (Nemenyi 1963).
  public var difference: Double
  /// The confidence of `difference`, over all pairs at once.
  public var level: Double
  /// Places of objectives from the best mean rank to the worst; ties as given.
  public var order: [Int]
  /// The bars of the diagram: the largest sets of neighbours in `order`, at least two, that lie closer than the
  /// difference. Places in `names`.
  public var groups: [[Int]]

  /// Of one row a target, one value an objective; nil where `FriedmanTest` is, or where names and values differ in
  /// number.
  public init?(names: [String], _ values: [[Double]], higherIsBetter: Bool = true, level: Double = 0.95) {
    guard level > 0, level < 1, let test = FriedmanTest(values, higherIsBetter: higherIsBetter),
      test.treatments == names.count
    else { return nil }
    self.names = names
    friedman = test
    self.level = level
    difference =
      SpecialFunctions.rangeQuantile(level: level, groups: names.count) / 2.0.squareRoot() * Self.unit(test)
    let ranks = test.averageRanks
    order = ranks.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
    groups = []
    var reached = 0
    for start in order.indices {
      var end = start
      while end + 1 < order.count, ranks[order[end + 1]] - ranks[order[start]] < difference { end += 1 }
      if end > start, end > reached || groups.isEmpty { groups.append(Array(order[start...end])) }
      reached = max(reached, end)
    }
  }

  /// Nemenyi's p of each pair [k][k], corrected for all pairs: P(range >= |R_i - R_j| sqrt(2) / sqrt(k (k + 1) / (6
  /// N))).
  public var p: [[Double]] {
    friedman.averageRanks.map { a in
      friedman.averageRanks.map { b in
        SpecialFunctions.rangeAbove(abs(a - b) / Self.unit(friedman) * 2.0.squareRoot(), groups: names.count)
      }
    }
  }

  /// sqrt(k (k + 1) / (6 N)).
  private static func unit(_ test: FriedmanTest) -> Double {
    (Double(test.treatments * (test.treatments + 1)) / Double(6 * test.blocks)).squareRoot()
  }
}
