import Foundation

/// Functions behind tests and intervals.
enum SpecialFunctions {
  /// The regularized incomplete beta function I_x(a, b), for a, b > 0 and x in [0, 1].
  ///
  /// By its continued fraction (Lentz's method; Press et al., "Numerical Recipes", 6.4), on the side where that
  /// converges fast: about 1e-14 relative for the arguments that tests need.
  static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2) { return front * fraction(x, a, b) / a }
    return 1 - front * fraction(1 - x, b, a) / b
  }

  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func kept(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / kept(1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...500 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / kept(1 + even * d)
      c = kept(1 + even / c)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / kept(1 + odd * d)
      c = kept(1 + odd / c)
      result *= d * c
      if abs(d * c - 1) < 1e-16 { break }
    }
    return result
  }

  /// P(|T| >= |t|) for Student's t with `degrees` of freedom.
  static func studentTwoSided(_ t: Double, degrees: Double) -> Double {
    guard t.isFinite else { return t.isNaN ? .nan : 0 }
    return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
  }

  /// The t that |T| stays below with probability `level`.
  static func studentQuantile(level: Double, degrees: Double) -> Double {
    var low = 0.0
    var high = 1.0
    while studentTwoSided(high, degrees: degrees) > 1 - level, high < 1e10 { high *= 2 }
    // Bisection down to neighbouring numbers.
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if middle == low || middle == high { break }
      if studentTwoSided(middle, degrees: degrees) > 1 - level { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// The z that a standard normal stays below with probability `p`, by bisection on `erfc`.
  static func normalQuantile(_ p: Double) -> Double {
    var low = -40.0
    var high = 40.0
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if middle == low || middle == high { break }
      if erfc(-middle / 2.0.squareRoot()) / 2 < p { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
