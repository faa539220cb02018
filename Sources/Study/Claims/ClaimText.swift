import Foundation

/// How claims write numbers.
enum ClaimText {
  /// `+0.42 points`, `87.5 %`, `-0.83`.
  static func text(_ value: Double, _ unit: ClaimResult.Unit) -> String {
    switch unit {
    case .points: number(100 * value, "%+.2f") + " points"
    case .percent: number(100 * value, "%.1f") + " %"
    case .number: number(value, "%+.3f")
    }
  }

  /// `+0.42 points (+0.10 to +0.74)`.
  static func text(_ part: ClaimResult.Part) -> String {
    guard let value = part.value else { return "not defined" }
    let own = text(value, part.unit)
    guard let interval = part.interval else { return own }
    return own + " (\(text(interval, part.unit)))"
  }

  /// `+0.10 to +0.74`.
  static func text(_ interval: ConfidenceInterval, _ unit: ClaimResult.Unit) -> String {
    "\(bare(interval.low, unit)) to \(bare(interval.high, unit))"
  }

  /// `above 0`, `below 1.5 points`.
  static func text(_ bound: ClaimBound, _ unit: ClaimResult.Unit) -> String {
    func limit(_ value: Double) -> String {
      switch unit {
      case .points: plain(100 * value) + " points"
      case .percent: plain(100 * value) + " %"
      case .number: plain(value)
      }
    }
    switch bound {
    case .above(let value): return "above \(limit(value))"
    case .below(let value): return "below \(limit(value))"
    case .within(let value): return "within \u{00B1}\(limit(value))"
    }
  }

  /// `1 seed`, `3 seeds`.
  static func count(_ n: Int, _ what: String) -> String {
    "\(n) \(n == 1 && what.hasSuffix("s") ? String(what.dropLast()) : what)"
  }

  /// "a, b and c".
  static func list(_ items: [String]) -> String {
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    return items.dropLast().joined(separator: ", ") + " and " + last
  }

  private static func bare(_ value: Double, _ unit: ClaimResult.Unit) -> String {
    switch unit {
    case .points: number(100 * value, "%+.2f")
    case .percent: number(100 * value, "%.1f")
    case .number: number(value, "%+.3f")
    }
  }

  private static func plain(_ value: Double) -> String { number(value, "%.6g") }

  private static func number(_ value: Double, _ format: String) -> String {
    String(format: format, value).replacingOccurrences(of: "-", with: "\u{2212}")
  }
}
