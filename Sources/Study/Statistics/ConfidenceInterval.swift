/// Two ends between which a quantity lies with a stated confidence.
public struct ConfidenceInterval: Codable, Hashable, Sendable {
  /// The lower end.
  public var low: Double
  /// The upper end.
  public var high: Double
  /// The confidence, such as 0.95.
  public var level: Double

  /// An interval by its ends.
  public init(low: Double, high: Double, level: Double = 0.95) {
    (self.low, self.high, self.level) = (low, high, level)
  }

  /// The percentile interval of resampled values: their quantiles (1 - level)/2 and (1 + level)/2, linear between order
  /// statistics. Nil without values, or where one is not finite.
  public init?(of draws: [Double], level: Double = 0.95) {
    guard !draws.isEmpty, draws.allSatisfy(\.isFinite), level > 0, level < 1 else { return nil }
    let sorted = draws.sorted()
    self.init(low: sorted.quantile((1 - level) / 2), high: sorted.quantile((1 + level) / 2), level: level)
  }

  /// Whether the value lies in it, the ends included.
  public func contains(_ value: Double) -> Bool { low <= value && value <= high }
}

extension [Double] {
  /// The quantile of sorted values, linear between order statistics as NumPy's default; NaN without values.
  func quantile(_ share: Double) -> Double {
    guard let first, let last, share.isFinite else { return .nan }
    if share <= 0 { return first }
    if share >= 1 { return last }
    let place = share * Double(count - 1)
    let below = Swift.min(Int(place), count - 1)
    let above = Swift.min(below + 1, count - 1)
    return self[below] + (place - Double(below)) * (self[above] - self[below])
  }
}
