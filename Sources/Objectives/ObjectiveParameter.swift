/// One number or switch that an objective takes, as it declares it: for range checks, `--help` and docs.
public struct ObjectiveParameter: Hashable, Sendable {
  /// The key in a plan, equal to the coding key of the stored property.
  public let name: String
  /// What it does, in a few words.
  public let meaning: String
  /// The values it may take.
  public let bounds: Bounds

  /// Declares a parameter.
  public init(_ name: String, _ meaning: String, _ bounds: Bounds) {
    self.name = name
    self.meaning = meaning
    self.bounds = bounds
  }

  /// The values a parameter may take. Numbers are always finite.
  public enum Bounds: Hashable, Sendable, CustomStringConvertible {
    /// Greater than zero.
    case positive
    /// Zero or greater.
    case nonNegative
    /// Not below a number.
    case atLeast(Double)
    /// `0 <= value < 1`.
    case unitOpenAbove
    /// `0 < value <= 1`.
    case unitOpenBelow
    /// From the first to the second, both included.
    case between(Double, Double)
    /// Any finite number.
    case any
    /// True or false, in plans also 1 or 0.
    case flag

    /// Whether a finite value belongs to the range.
    public func contains(_ value: Double) -> Bool {
      guard value.isFinite else { return false }
      return switch self {
      case .positive: value > 0
      case .nonNegative: value >= 0
      case .atLeast(let low): value >= low
      case .unitOpenAbove: value >= 0 && value < 1
      case .unitOpenBelow: value > 0 && value <= 1
      case .between(let low, let high): value >= low && value <= high
      case .any: true
      case .flag: value == 0 || value == 1
      }
    }

    /// The range in words, fit to follow "expected".
    public var description: String {
      switch self {
      case .positive: "a finite number greater than 0"
      case .nonNegative: "a finite number of at least 0"
      case .atLeast(let low): "a finite number of at least \(plain(low))"
      case .unitOpenAbove: "a number of at least 0 and less than 1"
      case .unitOpenBelow: "a number greater than 0 and at most 1"
      case .between(let low, let high): "a number from \(plain(low)) to \(plain(high))"
      case .any: "a finite number"
      case .flag: "true or false (or 1 or 0)"
      }
    }
  }
}
