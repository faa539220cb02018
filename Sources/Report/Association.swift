import Foundation
import Study

/// How two quantities go together: Pearson's and Spearman's correlation with 95 % intervals (`Correlation`), and
/// an exact p of the latter where that is affordable.
///
/// Intervals treat the pairs as independent, so they are given for the means of objectives, not for single runs,
/// of which those of one objective are alike.
struct Association: Sendable {
  var n: Int
  var pearson: Correlation
  var spearman: Correlation

  /// Nil below three pairs or where one quantity does not vary.
  /// - Parameter withIntervals: whether intervals and p are wanted; they cost 2000 resamples, and mean nothing for
  ///   pairs that are not independent.
  init?(_ pairs: [(Double, Double)], withIntervals: Bool = true) {
    let x = pairs.map(\.0)
    let y = pairs.map(\.1)
    guard pairs.count >= 3, var pearson = Correlation.pearson(x, y),
      var spearman = Correlation.spearman(x, y, resamples: withIntervals ? 2000 : 10)
    else { return nil }
    if withIntervals {
      spearman.p = SpearmanTest.exactP(x, y) ?? spearman.p
    } else {
      (pearson.low, pearson.high, pearson.p) = (nil, nil, nil)
      (spearman.low, spearman.high, spearman.p) = (nil, nil, nil)
    }
    n = pairs.count
    self.pearson = pearson
    self.spearman = spearman
  }
}

extension Correlation {
  /// "−0.83 (95 % interval −0.96 to −0.37)".
  var text: String {
    guard let low, let high else { return Self.text(value) }
    return "\(Self.text(value)) (95 % interval \(Self.text(low)) to \(Self.text(high)))"
  }

  /// "p = 0.008", "p < 0.001".
  var significance: String? {
    p.map { $0 < 0.001 ? "p < 0.001" : "p = " + Format.number($0, decimals: 3) }
  }

  /// Two decimals, or three where two would round to a perfect correlation that it is not.
  static func text(_ value: Double) -> String {
    Format.number(value, decimals: (0.995..<1 - 1e-9).contains(abs(value)) ? 3 : 2)
  }
}

extension [Double] {
  /// The arithmetic mean; 0 for an empty array.
  var mean: Double { SeedMean(self)?.mean ?? 0 }

  /// Sample standard deviation over sqrt(n); nil below two values.
  var standardError: Double? { SeedMean(self)?.standardError }
}
