import Foundation

/// Two-sided p of Student's t-test that the mean of the differences is zero; nil below two of them. Equal
/// pairs throughout give 1, a constant difference other than zero gives 0.
func pairedTTest(_ differences: [Double]) -> Double? {
  guard differences.count > 1, let error = differences.standardError else { return nil }
  if error == 0 { return differences.mean == 0 ? 1 : 0 }
  let t = differences.mean / error
  let freedom = Double(differences.count - 1)
  return regularizedBeta(freedom / (freedom + t * t), freedom / 2, 0.5)
}

/// Holm's step-down correction, in the order given.
func holm(_ p: [Double]) -> [Double] {
  var out = p
  var floor = 0.0
  for (rank, index) in p.indices.sorted(by: { p[$0] < p[$1] }).enumerated() {
    floor = max(floor, min(1, p[index] * Double(p.count - rank)))
    out[index] = floor
  }
  return out
}

/// I_x(a, b) by Lentz's continued fraction.
private func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  if x <= 0 { return 0 }
  if x >= 1 { return 1 }
  if x > (a + 1) / (a + b + 2) { return 1 - regularizedBeta(1 - x, b, a) }
  let normalizer: Double = lgamma(a + b) - lgamma(a) - lgamma(b)
  let front: Double = exp(normalizer + a * log(x) + b * log(1 - x)) / a
  var c = 1.0
  var d = 1 / (1 - (a + b) * x / (a + 1))
  var result = d
  for m in 1...300 {
    let m = Double(m)
    let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / (1 + even * d)
    c = 1 + even / c
    result *= d * c
    let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + odd * d)
    c = 1 + odd / c
    let step = d * c
    result *= step
    if abs(step - 1) < 1e-15 { break }
  }
  return front * result
}
