import Datasets
import Foundation

/// How two measurements go together over objectives, with an interval.
public struct Correlation: Codable, Hashable, Sendable {
  /// Pearson's r, Spearman's rho or Kendall's tau.
  public var value: Double
  /// Pairs.
  public var n: Int
  /// The 95 % interval; nil where there are too few pairs for one.
  public var low: Double?
  /// Its upper end.
  public var high: Double?
  /// Two-sided p from t = r sqrt((n - 2)/(1 - r^2)); nil below three pairs.
  public var p: Double?

  /// Pearson's r with Fisher's interval tanh(atanh r +- z / sqrt(n - 3)), from 4 pairs on.
  /// - Returns: nil below two pairs, or where one side does not vary.
  public static func pearson(_ x: [Double], _ y: [Double], level: Double = 0.95) -> Correlation? {
    guard x.count == y.count, let r = coefficient(x, y) else { return nil }
    var result = Correlation(value: r, n: x.count)
    result.p = p(r, x.count)
    let pairs = Double(x.count)
    if x.count > 3, abs(r) < 1 {
      let reach = SpecialFunctions.normalQuantile(0.5 + level / 2) / (pairs - 3).squareRoot()
      result.low = tanh(atanh(r) - reach)
      result.high = tanh(atanh(r) + reach)
    }
    return result
  }

  /// Spearman's rho: Pearson's r of the ranks, ties sharing their mean rank. The interval is the percentile bootstrap
  /// over pairs, from 4 pairs on; resamples in which one side does not vary are drawn again.
  /// - Parameters:
  ///   - resamples: of the bootstrap.
  ///   - seed: of the bootstrap, so that the interval is the same each time.
  public static func spearman(
    _ x: [Double], _ y: [Double], level: Double = 0.95, resamples: Int = 2000, seed: UInt64 = 0
  ) -> Correlation? {
    guard var result = bootstrapped(x, y, level, resamples, seed, { coefficient(ranks($0), ranks($1)) }) else {
      return nil
    }
    result.p = p(result.value, result.n)
    return result
  }

  /// Kendall's tau-b: concordant less discordant pairs, over what ties leave of all. Interval as Spearman's; no p.
  public static func kendall(
    _ x: [Double], _ y: [Double], level: Double = 0.95, resamples: Int = 2000, seed: UInt64 = 0
  ) -> Correlation? {
    bootstrapped(x, y, level, resamples, seed) { tau($0, $1) { _, _ in 1 } }
  }

  /// Kendall's tau with more weight on what is near the top (Vigna 2015): a pair weighs 1/(r + 1) + 1/(s + 1), r and s being
  /// its ranks from 0 at the largest; the mean of that by the ranks of `x` and by those of `y`, as scipy's `weightedtau`.
  /// Interval as Spearman's; no p.
  public static func weightedKendall(
    _ x: [Double], _ y: [Double], level: Double = 0.95, resamples: Int = 2000, seed: UInt64 = 0
  ) -> Correlation? {
    bootstrapped(x, y, level, resamples, seed) { x, y in
      let values = [(x, y), (y, x)].compactMap { first, second in
        let order = x.indices.sorted {
          first[$0] != first[$1] ? first[$0] > first[$1] : second[$0] != second[$1] ? second[$0] > second[$1] : $0 > $1
        }
        var ranks = [Double](repeating: 0, count: x.count)
        for (rank, place) in order.enumerated() { ranks[place] = Double(rank) }
        return tau(x, y) { 1 / (ranks[$0] + 1) + 1 / (ranks[$1] + 1) }
      }
      return values.count == 2 ? (values[0] + values[1]) / 2 : nil
    }
  }

  /// Kendall's tau-b of weighted pairs; nil where one side does not vary.
  private static func tau(_ x: [Double], _ y: [Double], weight: (Int, Int) -> Double) -> Double? {
    var (both, ofX, ofY) = (0.0, 0.0, 0.0)
    for i in x.indices {
      for j in 0..<i {
        let w = weight(i, j)
        let (a, b) = ((x[i] - x[j]).sign(), (y[i] - y[j]).sign())
        both += w * a * b
        ofX += w * abs(a)
        ofY += w * abs(b)
      }
    }
    guard ofX > 0, ofY > 0 else { return nil }
    return both / (ofX.squareRoot() * ofY.squareRoot())
  }

  /// A statistic of pairs with its percentile bootstrap interval.
  private static func bootstrapped(
    _ x: [Double], _ y: [Double], _ level: Double, _ resamples: Int, _ seed: UInt64,
    _ statistic: ([Double], [Double]) -> Double?
  ) -> Correlation? {
    guard x.count == y.count, x.count > 1, (x + y).allSatisfy(\.isFinite), let value = statistic(x, y) else {
      return nil
    }
    var result = Correlation(value: value, n: x.count)
    guard x.count > 3 else { return result }
    var generator = CounterGenerator(seed: seed, purpose: .bootstrap)
    var found: [Double] = []
    for _ in 0..<(10 * resamples) where found.count < resamples {
      let picked = x.indices.map { _ in generator.below(x.count) }
      if let value = statistic(picked.map { x[$0] }, picked.map { y[$0] }) { found.append(value) }
    }
    guard found.count == resamples else { return result }
    found.sort()
    result.low = found.quantile((1 - level) / 2)
    result.high = found.quantile((1 + level) / 2)
    return result
  }

  private init(value: Double, n: Int) {
    self.value = value
    self.n = n
  }

  private static func coefficient(_ x: [Double], _ y: [Double]) -> Double? {
    guard x.count > 1, x.allSatisfy(\.isFinite), y.allSatisfy(\.isFinite) else { return nil }
    let n = Double(x.count)
    let meanX = x.reduce(0, +) / n
    let meanY = y.reduce(0, +) / n
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      xx += (a - meanX) * (a - meanX)
      yy += (b - meanY) * (b - meanY)
      xy += (a - meanX) * (b - meanY)
    }
    guard xx > 0, yy > 0 else { return nil }
    return min(1, max(-1, xy / (xx.squareRoot() * yy.squareRoot())))
  }

  private static func p(_ r: Double, _ n: Int) -> Double? {
    guard n > 2 else { return nil }
    guard abs(r) < 1 else { return 0 }
    let degrees = Double(n - 2)
    return SpecialFunctions.studentTwoSided(
      r * (degrees / ((1 - r) * (1 + r))).squareRoot(), degrees: degrees)
  }

  /// Ranks from 1; equal values share the mean of theirs.
  static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
      for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
      start = end + 1
    }
    return ranks
  }
}

extension Double {
  /// -1, 0 or 1.
  fileprivate func sign() -> Double { self > 0 ? 1 : self < 0 ? -1 : 0 }
}
