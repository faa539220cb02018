/// Whether several objectives differ over several targets (or seeds), by ranks (Friedman 1937).
public struct FriedmanTest: Codable, Hashable, Sendable {
  /// Objectives, k.
  public var treatments: Int
  /// Targets or seeds on which all of them were measured, N.
  public var blocks: Int
  /// The mean rank of each objective; 1 is the best, ties share their mean rank.
  public var averageRanks: [Double]
  /// Friedman's chi-square, corrected for ties, with k - 1 degrees of freedom.
  public var statistic: Double
  /// Its p; too high for few blocks.
  public var p: Double
  /// Iman and Davenport's F = (N - 1) chi^2 / (N (k - 1) - chi^2), less timid (1980), and its p. F is nil where all
  /// blocks agree on one order without ties, which makes it infinite.
  public var fStatistic: Double?
  /// p of F.
  public var fP: Double

  enum CodingKeys: String, CodingKey {
    case treatments, blocks, statistic, p
    case averageRanks = "average_ranks"
    case fStatistic = "f"
    case fP = "f_p"
  }

  /// Of one row a block, one value an objective.
  /// - Returns: nil below two objectives or two blocks, of rows of different length or with values that are not finite,
  ///   and where every block is one tie.
  public init?(_ values: [[Double]], higherIsBetter: Bool = true) {
    guard values.count > 1, let k = values.first?.count, k > 1,
      values.allSatisfy({ $0.count == k && $0.allSatisfy(\.isFinite) })
    else { return nil }
    let ranks = values.map { row in Correlation.ranks(higherIsBetter ? row.map { -$0 } : row) }
    let (n, count) = (Double(values.count), Double(k))
    averageRanks = (0..<k).map { place in ranks.reduce(0) { $0 + $1[place] } / n }
    let center = (count + 1) / 2
    let between = averageRanks.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    // Without ties the second sum is N k (k^2 - 1) / 12, which gives the usual formula.
    let within = ranks.reduce(0) { $0 + $1.reduce(0) { $0 + ($1 - center) * ($1 - center) } }
    guard within > 0 else { return nil }
    let largest = n * (count - 1)
    statistic = min(largest, (count - 1) * n * n * between / within)
    p = SpecialFunctions.chiSquareAbove(statistic, degrees: count - 1)
    (treatments, blocks) = (k, values.count)
    if largest - statistic > largest * 1e-12 {
      let f = (n - 1) * statistic / (largest - statistic)
      fStatistic = f
      fP = SpecialFunctions.fisherAbove(f, count - 1, (count - 1) * (n - 1))
    } else {
      fP = 0
    }
  }
}
