import Foundation

/// The smooth calibration error (Blasiok and Nakkiran 2023, "Smooth ECE", definition 4 and theorem 8): the s > 0 with
/// integral over t in 0...1 of |r(t)| = s, where r(t) = 1/n sum_i (a_i - c_i) K_s(t, c_i) and K_s is the Gaussian kernel of width s reflected at 0
/// and 1. The integral falls as s grows, so there is one such s.
///
/// The reflected kernel is 1 + 2 sum_k exp(-(k pi s)^2 / 2) cos(k pi c) cos(k pi t), so the sums over examples are taken once, exactly, for as
/// many k as the width needs; nothing is rounded to a grid of c. Below `least` the error is that at this width.
struct SmoothCalibration {
  /// The least width that is looked at.
  static let least = 1e-3
  /// The error.
  let error: Double

  init(_ confidence: [Double], _ isRight: [Bool]) {
    var residuals = Residuals(confidence, isRight)
    guard residuals.isAnyNotZero else {
      error = 0
      return
    }
    // From the right: the integral is below the width there.
    var high = 1.0
    var low = 0.5
    while low > Self.least, residuals.integral(low) < low {
      high = low
      low /= 2
    }
    guard low > Self.least else {
      let smallest = residuals.integral(Self.least)
      guard smallest > Self.least else {
        error = smallest
        return
      }
      error = Self.crossing(Self.least, high, &residuals)
      return
    }
    error = Self.crossing(low, high, &residuals)
  }

  /// The width between `low` and `high` that equals its integral, by secants kept inside the bracket (Illinois).
  private static func crossing(_ low: Double, _ high: Double, _ residuals: inout Residuals) -> Double {
    var (a, b) = (low, high)
    var (atA, atB) = (residuals.integral(a) - a, residuals.integral(b) - b)
    for _ in 0..<100 where b - a > 1e-11 * b {
      if atA == 0 { return a }
      if atB == 0 { return b }
      let next = (a * atB - b * atA) / (atB - atA)
      let value = residuals.integral(next) - next
      if value == 0 { return next }
      if value > 0 {
        (a, atA) = (next, value)
        atB /= 2
      } else {
        (b, atB) = (next, value)
        atA /= 2
      }
      if abs(value) < 1e-13 { return next }
    }
    return (a + b) / 2
  }
}

/// Residuals a - c as a cosine series in c.
private struct Residuals {
  private typealias Lanes = SIMD8<Double>
  /// Eight examples each: a - c over n, 2 cos(pi c), and cos(k pi c) for the last two k.
  private var weights: [Lanes]
  private let doubled: [Lanes]
  private var before, last: [Lanes]
  /// sum_i (a_i - c_i) cos(k pi c_i) / n from k = 0.
  private var series: [Double]

  init(_ confidence: [Double], _ isRight: [Bool]) {
    let n = confidence.count
    let groups = (n + 7) / 8
    weights = [Lanes](repeating: .zero, count: groups)
    last = [Lanes](repeating: .one, count: groups)
    for (place, c) in confidence.enumerated() {
      weights[place / 8][place % 8] = ((isRight[place] ? 1 : 0) - c) / Double(n)
      last[place / 8][place % 8] = cos(Double.pi * c)
    }
    doubled = last.map { $0 * 2 }
    // cos(-x) = cos(x) and cos(0) = 1: the recurrence starts with k = 0.
    before = last
    last = [Lanes](repeating: .one, count: groups)
    series = [weights.reduce(Lanes.zero, +).sum()]
  }

  var isAnyNotZero: Bool { weights.contains { $0 != .zero } }

  /// Extends the series to `count` terms: cos((k+1) x) = 2 cos(x) cos(k x) - cos((k-1) x).
  private mutating func extend(to count: Int) {
    while series.count < count {
      var sum = Lanes.zero
      for place in weights.indices {
        let next = doubled[place] * last[place] - before[place]
        before[place] = last[place]
        last[place] = next
        sum += weights[place] * next
      }
      series.append(sum.sum())
    }
  }

  /// The integral of |r| at a width.
  mutating func integral(_ width: Double) -> Double {
    // Terms beyond are below exp(-24).
    let terms = max(2, Int((7 / (Double.pi * width)).rounded(.up)))
    extend(to: terms)
    let damped = (1..<terms).map { k in
      let place = Double(k) * Double.pi * width
      return 2 * series[k] * exp(-place * place / 2)
    }
    // r at even steps, by the same recurrence, eight places at once.
    let steps = max(128, 8 * terms)
    var values: [Double] = []
    values.reserveCapacity(steps + 8)
    for first in stride(from: 0, through: steps, by: 8) {
      var angle = Lanes.zero
      for lane in 0..<8 { angle[lane] = cos(Double.pi * Double(first + lane) / Double(steps)) }
      var (old, now) = (Lanes.one, angle)
      let twice = angle * 2
      var sum = Lanes(repeating: series[0])
      for term in damped {
        sum += now * term
        (old, now) = (now, twice * now - old)
      }
      for lane in 0..<8 { values.append(sum[lane]) }
    }
    // Between places where r changes its sign its integral is known; an error in the place counts squared only.
    let mean = series[0]
    func primitive(_ t: Double) -> Double {
      var sum = mean * t
      for (index, term) in damped.enumerated() {
        let frequency = Double(index + 1) * Double.pi
        sum += term * sin(frequency * t) / frequency
      }
      return sum
    }
    var (area, before) = (0.0, primitive(0))
    for place in 0..<steps where values[place] * values[place + 1] < 0 {
      let share = values[place] / (values[place] - values[place + 1])
      let here = primitive((Double(place) + share) / Double(steps))
      area += abs(here - before)
      before = here
    }
    return area + abs(primitive(1) - before)
  }
}

extension SIMD8<Double> {
  fileprivate static var one: Self { Self(repeating: 1) }
}
