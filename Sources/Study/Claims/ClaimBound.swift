/// Where a claimed value lies.
public enum ClaimBound: Codable, Hashable, Sendable {
  /// Above the number.
  case above(Double)
  /// Below the number.
  case below(Double)
  /// Nearer to 0 than the number.
  case within(Double)

  /// What an interval says: holds if it lies wholly on the claimed side, fails if wholly on the other.
  public func verdict(_ interval: ConfidenceInterval?) -> ClaimResult.Verdict {
    guard let interval else { return .undecided }
    switch self {
    case .above(let limit): return interval.low > limit ? .holds : interval.high < limit ? .fails : .undecided
    case .below(let limit): return interval.high < limit ? .holds : interval.low > limit ? .fails : .undecided
    case .within(let limit):
      if interval.low > -limit && interval.high < limit { return .holds }
      return interval.low > limit || interval.high < -limit ? .fails : .undecided
    }
  }

  /// How far a value lies on the claimed side; negative on the other.
  public func margin(_ value: Double) -> Double {
    switch self {
    case .above(let limit): value - limit
    case .below(let limit): limit - value
    case .within(let limit): limit - abs(value)
    }
  }

  /// The threshold that a value is nearest to.
  func nearest(_ value: Double) -> Double {
    switch self {
    case .above(let limit), .below(let limit): limit
    case .within(let limit): value < 0 ? -limit : limit
    }
  }
}
