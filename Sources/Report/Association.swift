import Foundation

/// How two quantities go together: Pearson's and Spearman's correlation, each with a 95 % interval.
///
/// Intervals are Fisher's: tanh(artanh(r) ± 1.96 s), s = 1/sqrt(n - 3) for Pearson and
/// sqrt((1 + r^2/2)/(n - 3)) for Spearman (Bonett and Wright 2000). They need n > 3 and treat the pairs as
/// independent, so they are given for the means of objectives, not for the seeds of one.
struct Association: Sendable, Equatable {
  /// A correlation; the interval is nil where it does not exist.
  struct Correlation: Sendable, Equatable {
    var value: Double
    var low: Double?
    var high: Double?
  }

  var n: Int
  var pearson: Correlation
  var spearman: Correlation

  /// Nil below three pairs or where one quantity does not vary.
  init?(_ pairs: [(Double, Double)]) {
    guard pairs.count >= 3, let linear = pairs.pearsonCorrelation else { return nil }
    let ranked = Array(zip(pairs.map(\.0).ranks, pairs.map(\.1).ranks))
    guard let monotone = ranked.pearsonCorrelation else { return nil }
    n = pairs.count
    pearson = Self.interval(linear, n: n, widening: 1)
    spearman = Self.interval(monotone, n: n, widening: 1 + monotone * monotone / 2)
  }

  private static func interval(_ r: Double, n: Int, widening: Double) -> Correlation {
    guard n > 3, abs(r) < 1 else { return Correlation(value: r, low: nil, high: nil) }
    let half = 1.959963984540054 * (widening / Double(n - 3)).squareRoot()
    return Correlation(value: r, low: tanh(atanh(r) - half), high: tanh(atanh(r) + half))
  }
}

extension Association.Correlation {
  /// "−0.83 (95 % interval −0.96 to −0.37)".
  var text: String {
    guard let low, let high else { return Self.text(value) }
    return "\(Self.text(value)) (95 % interval \(Self.text(low)) to \(Self.text(high)))"
  }

  /// Two decimals, or three where two would round to a perfect correlation that it is not.
  static func text(_ value: Double) -> String {
    Format.number(value, decimals: abs(value) < 1 && abs(value) >= 0.995 ? 3 : 2)
  }
}

extension Array where Element == (Double, Double) {
  /// Nil where a coordinate does not vary.
  fileprivate var pearsonCorrelation: Double? {
    let meanX = map(\.0).mean
    let meanY = map(\.1).mean
    var xx = 0.0
    var yy = 0.0
    var xy = 0.0
    for (x, y) in self {
      xx += (x - meanX) * (x - meanX)
      yy += (y - meanY) * (y - meanY)
      xy += (x - meanX) * (y - meanY)
    }
    guard xx > 0, yy > 0 else { return nil }
    return Swift.min(1, Swift.max(-1, xy / (xx * yy).squareRoot()))
  }
}

extension [Double] {
  /// The arithmetic mean; 0 for an empty array.
  var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }

  /// Sample standard deviation over sqrt(n); nil below two values.
  var standardError: Double? {
    guard count > 1 else { return nil }
    let center = mean
    let squares = reduce(0) { $0 + ($1 - center) * ($1 - center) }
    return (squares / Double(count - 1) / Double(count)).squareRoot()
  }

  /// Ranks from 1, ties sharing their mean rank.
  var ranks: [Double] {
    let order = indices.sorted { self[$0] < self[$1] }
    var out = [Double](repeating: 0, count: count)
    var start = 0
    while start < count {
      var end = start
      while end + 1 < count, self[order[end + 1]] == self[order[start]] { end += 1 }
      for place in start...end { out[order[place]] = Double(start + end) / 2 + 1 }
      start = end + 1
    }
    return out
  }
}
