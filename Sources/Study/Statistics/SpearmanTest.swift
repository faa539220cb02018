/// Spearman's test by enumeration.
public enum SpearmanTest {
  /// The share of all orders of `y` whose rank correlation with `x` is at least as far from zero as the given one,
  /// two-sided: exact, ties included. Nil above nine pairs, where the approximation by Student's t serves, below two,
  /// and where a value is not finite.
  ///
  /// With five pairs or more it can fall below 0.05; with four even a perfect order has p = 1/12.
  public static func exactP(_ x: [Double], _ y: [Double]) -> Double? {
    guard x.count == y.count, (2...9).contains(x.count), (x + y).allSatisfy(\.isFinite) else { return nil }
    let center = Double(x.count + 1) / 2
    let a = Correlation.ranks(x).map { $0 - center }
    var b = Correlation.ranks(y).map { $0 - center }
    func covariance() -> Double {
      var sum = 0.0
      for place in a.indices { sum += a[place] * b[place] }
      return abs(sum)
    }
    let bound = covariance() - 1e-9
    // Heap's algorithm visits every order once.
    var counters = [Int](repeating: 0, count: b.count)
    var (total, extreme, place) = (1, 1, 0)
    while place < b.count {
      if counters[place] < place {
        b.swapAt(place % 2 == 0 ? 0 : counters[place], place)
        total += 1
        if covariance() >= bound { extreme += 1 }
        counters[place] += 1
        place = 0
      } else {
        counters[place] = 0
        place += 1
      }
    }
    return Double(extreme) / Double(total)
  }
}
