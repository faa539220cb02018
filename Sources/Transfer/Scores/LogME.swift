import Foundation
import Torch

/// The log evidence of the labels, each class as 0 or 1, under Bayesian linear regression from the features (without a bias), a mean over
/// examples and classes, at the strengths of prior and noise that make it largest (You and others 2021, "LogME").
///
/// The strengths come from the fixed-point iteration of the authors' release with its constants: from 1, at most 11 steps, until their ratio
/// moves by 1e-3, 1e-5 beside the sums that they are divided by. Where the rank is below d the evidence is exact, while the release
/// counts directions without features in one of its terms only. Bias: none named; it prefers more dimensions less than accuracy does.
enum LogME {
  static func score(_ data: ScoredRows) throws -> Double {
    let (n, d) = (data.count, data.dimensions)
    let oneHot = try Tensor(data.classes.indices).oneHot(data.classes.count).to(.f64)
    // u' y for the left singular vectors u, from the smaller of the two products of the features with themselves.
    let (squares, along): ([Double], Tensor)
    if d <= n {
      let (values, vectors) = try data.features.t().matmul(data.features).eigh()
      squares = try values.doubles()
      along = try vectors.t().matmul(data.features.t().matmul(oneHot))
    } else {
      let (values, vectors) = try data.features.matmul(data.features.t()).eigh()
      squares = try values.doubles()
      along = try vectors.t().matmul(oneHot)
    }
    let limit = Double(max(n, d)) * 0x1p-52 * (squares.last ?? 0)
    let kept = squares.indices.filter { squares[$0] > limit }
    let sigma = kept.map { squares[$0] }
    let rows = try along.square().doubles()
    let count = data.classes.count
    let evidences = (0..<count).map { k in
      let x = kept.map { rows[$0 * count + k] / (d <= n ? squares[$0] : 1) }
      return evidence(sigma, x, rest: max(0, Double(data.classes.sizes[k]) - x.reduce(0, +)), Double(n))
    }
    return evidences.reduce(0, +) / Double(count)
  }

  /// sigma: squared singular values; x: (u' y)^2; rest: what of |y|^2 no direction holds.
  private static func evidence(_ sigma: [Double], _ x: [Double], rest: Double, _ n: Double) -> Double {
    var (alpha, beta, result) = (1.0, 1.0, 0.0)
    for _ in 0..<11 {
      let ratio = alpha / beta
      var (gamma, weight, residual) = (0.0, 0.0, rest)
      for (s, x) in zip(sigma, x) {
        gamma += s / (s + ratio)
        weight += s * x / ((s + ratio) * (s + ratio))
        residual += x * ratio * ratio / ((s + ratio) * (s + ratio))
      }
      alpha = gamma / (weight + 1e-5)
      beta = (n - gamma) / (residual + 1e-5)
      let volume = sigma.reduce(0) { $0 + log(1 + beta / alpha * $1) }
      result = (n * log(beta) - volume - beta * residual - alpha * weight - n * log(2 * Double.pi)) / 2 / n
      if abs(alpha / beta - ratio) <= 1e-3 * ratio { break }
    }
    return result
  }
}
