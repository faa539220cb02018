import Foundation

/// Distributions behind tests of ranks and of power.
extension SpecialFunctions {
  /// The share of a standard normal below z.
  static func normalBelow(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }

  /// P(X >= x) for chi-square with `degrees` of freedom: the regularized incomplete gamma function Q(degrees/2, x/2),
  /// by its series or its continued fraction (Press et al., "Numerical Recipes", 6.2).
  static func chiSquareAbove(_ x: Double, degrees: Double) -> Double {
    guard !x.isNaN, degrees > 0 else { return .nan }
    guard x > 0 else { return 1 }
    guard x.isFinite else { return 0 }
    let (a, y) = (degrees / 2, x / 2)
    let front = exp(a * log(y) - y - lgamma(a))
    if y < a + 1 {
      var term = 1 / a
      var sum = term
      for step in 1...10_000 {
        term *= y / (a + Double(step))
        sum += term
        if term < sum * 1e-17 { break }
      }
      return max(0, 1 - front * sum)
    }
    let tiny = 1e-300
    var b = y + 1 - a
    var c = 1 / tiny
    var d = 1 / b
    var result = d
    for step in 1...10_000 {
      let factor = -Double(step) * (Double(step) - a)
      b += 2
      d = factor * d + b
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = b + factor / c
      if abs(c) < tiny { c = tiny }
      result *= d * c
      if abs(d * c - 1) < 1e-16 { break }
    }
    return front * result
  }

  /// P(F >= f) for Fisher's F.
  static func fisherAbove(_ f: Double, _ first: Double, _ second: Double) -> Double {
    guard !f.isNaN, first > 0, second > 0 else { return .nan }
    guard f > 0 else { return 1 }
    guard f.isFinite else { return 0 }
    return incompleteBeta(second / (second + first * f), second / 2, first / 2)
  }

  /// P(range >= q) of `groups` standard normals, the studentized range with known variance: 1 - k integral of phi(z)
  /// (Phi(z) - Phi(z - q))^(k-1), by the trapezoidal rule, which is exact to rounding for so smooth a function. To
  /// 1e-13 absolute.
  static func rangeAbove(_ q: Double, groups: Int) -> Double {
    guard !q.isNaN, groups > 1 else { return .nan }
    guard q > 0 else { return 1 }
    let step = 1.0 / 64
    var sum = 0.0
    for place in -576...576 {
      let z = Double(place) * step
      let between = normalBelow(z) - normalBelow(z - q)
      sum += exp(-z * z / 2) * pow(between, Double(groups - 1))
    }
    return min(1, max(0, 1 - Double(groups) * sum * step / (2 * Double.pi).squareRoot()))
  }

  /// The q that the range of `groups` standard normals stays below with probability `level`.
  static func rangeQuantile(level: Double, groups: Int) -> Double {
    guard groups > 1, level > 0, level < 1 else { return .nan }
    var (low, high) = (0.0, 20.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if rangeAbove(middle, groups: groups) > 1 - level { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// P(T > t) for noncentral t: the mean of Phi(noncentrality - t u) over u = sqrt(chi-square / degrees), by Simpson's
  /// rule. To 1e-9 absolute.
  static func noncentralStudentAbove(_ t: Double, degrees: Double, noncentrality: Double) -> Double {
    guard t.isFinite, noncentrality.isFinite, degrees >= 1 else { return .nan }
    let reach = 9 / (2 * degrees).squareRoot()
    let start = max(0, 1 - reach)
    let panels = 600
    let step = (1 + reach - start) / Double(panels)
    let constant = log(2) + degrees / 2 * log(degrees / 2) - lgamma(degrees / 2)
    var sum = 0.0
    for place in 0...panels {
      let u = start + Double(place) * step
      let weight = place == 0 || place == panels ? 1.0 : place % 2 == 1 ? 4 : 2
      let power = degrees > 1 ? (degrees - 1) * log(u) : 0
      sum += weight * exp(constant + power - degrees * u * u / 2) * normalBelow(noncentrality - t * u)
    }
    return min(1, max(0, sum * step / 3))
  }
}
