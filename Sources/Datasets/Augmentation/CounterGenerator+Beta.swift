import Foundation

extension CounterGenerator {
  /// A number from Beta(a, b), both above 0: X/(X + Y) for X ~ Gamma(a), Y ~ Gamma(b).
  ///
  /// The ratio is taken of logarithms, so that small parameters, whose gamma numbers vanish in double precision, give
  /// values near 0 and 1 as they should.
  public mutating func beta(_ a: Double, _ b: Double) -> Double {
    let x = logGamma(a)
    let y = logGamma(b)
    return 1 / (1 + exp(y - x))
  }

  /// The logarithm of a number from the gamma distribution of that shape and scale 1.
  ///
  /// Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000); below a shape of 1
  /// their relation Gamma(a) = Gamma(a + 1) U^(1/a).
  private mutating func logGamma(_ shape: Double) -> Double {
    guard shape >= 1 else { return logGamma(shape + 1) + log(1 - uniform()) / shape }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      if log(1 - uniform()) < x * x / 2 + d * (1 - v + log(v)) { return log(d) + log(v) }
    }
  }
}
