import Datasets

/// The permutation test of paired values: without a difference either of a pair could be the first, so every choice of
/// signs of the differences is as likely as the one found (Fisher 1935).
public struct PairedPermutation: Codable, Hashable, Sendable {
  /// Pairs.
  public var n: Int
  /// Mean of first less second.
  public var mean: Double
  /// Two-sided p: the share of sign choices whose mean is at least as far from 0. With n pairs it is at least 2^(1 -
  /// n); of drawn choices (count + 1) / (drawn + 1).
  public var p: Double
  /// Sign choices looked at.
  public var permutations: Int
  /// Whether these were all 2^n.
  public var isExact: Bool

  enum CodingKeys: String, CodingKey {
    case n, mean, p, permutations
    case isExact = "exact"
  }

  /// Of pairs of finite values; nil without any. Up to 16 pairs every choice is looked at, of more some are drawn.
  /// - Parameters:
  ///   - draws: choices drawn where there are more than 16 pairs.
  ///   - seed: of the drawing.
  public init?(_ first: [Double], _ second: [Double], draws: Int = 10_000, seed: UInt64 = 0) {
    guard first.count == second.count, !first.isEmpty, (first + second).allSatisfy(\.isFinite) else { return nil }
    let differences = zip(first, second).map { $0 - $1 }
    n = differences.count
    let sum = differences.reduce(0, +)
    mean = sum / Double(n)
    // Sums in another order differ by rounding.
    let bound = abs(sum) - differences.reduce(0) { $0 + abs($1) } * 1e-12
    isExact = n <= 16
    var extreme = 0
    if n <= 16 {
      permutations = 1 << n
      for choice in 0..<permutations {
        var total = 0.0
        for (place, difference) in differences.enumerated() {
          total += choice >> place & 1 == 0 ? difference : -difference
        }
        if abs(total) >= bound { extreme += 1 }
      }
      p = Double(extreme) / Double(permutations)
    } else {
      permutations = max(draws, 1)
      var generator = CounterGenerator(seed: seed, purpose: .bootstrap)
      for _ in 0..<permutations {
        var total = 0.0
        for difference in differences { total += generator.next() >> 63 == 0 ? difference : -difference }
        if abs(total) >= bound { extreme += 1 }
      }
      p = Double(extreme + 1) / Double(permutations + 1)
    }
  }
}
