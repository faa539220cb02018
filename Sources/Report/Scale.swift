import Foundation

/// An axis of a drawing: which numbers it spans, where they lie, which are written.
struct Scale: Sendable {
  var low: Double
  var high: Double
  /// Where the ends are drawn.
  var from: Double
  var to: Double

  /// Spans the values with a margin; one value, or none, gets a span of its own.
  init(_ values: [Double], from: Double, to: Double, margin: Double = 0.06) {
    let known = values.filter(\.isFinite)
    let (least, most) = (known.min() ?? 0, known.max() ?? 1)
    let span = most - least > 0 ? most - least : max(abs(most) * 0.1, 0.1)
    (low, high) = (least - margin * span, most + margin * span)
    (self.from, self.to) = (from, to)
  }

  /// Where a value is drawn.
  func place(_ value: Double) -> Double { from + (value - low) / (high - low) * (to - from) }

  /// Round numbers within, some `count` of them, with their text.
  func ticks(_ count: Int = 6) -> [(value: Double, text: String)] {
    let raw = (high - low) / Double(max(1, count))
    guard raw.isFinite, raw > 0 else { return [] }
    let power = pow(10, floor(log10(raw)))
    let step = [1, 2, 5, 10].map { $0 * power }.min { abs(log($0 / raw)) < abs(log($1 / raw)) } ?? power
    let decimals = min(12, max(0, Int(ceil(-log10(step) - 1e-9))))
    let first = (low / step).rounded(.up)
    guard first.isFinite, abs(first) < 1e12 else { return [] }
    var found: [(Double, String)] = []
    var place = first
    while place * step <= high, found.count < 50 {
      found.append((place * step, Format.number(place * step, decimals: decimals)))
      place += 1
    }
    return found
  }
}
