import Foundation
import Torch

/// How many nats it takes to code the features less what it takes when the classes are known, at distortion 1e-4 (Huang and others 2022,
/// "Frustratingly easy transferability estimation"): R(Z) - sum_k n_k/n R(Z_k), R(Z) = 1/2 log det(I + Z'Z / (n 1e-4)), Z less its mean.
///
/// It depends on the size of the features. Classes weigh by their examples, as in the paper; the authors' code weighs them alike, which is
/// the same for classes of one size. Bias: high where examples of a class are fewer than dimensions.
enum TransRate {
  static func score(_ data: ScoredRows) throws -> Double {
    let distortion = 1e-4
    let all = data.variances.reduce(0) { $0 + log1p($1 / distortion) / 2 }
    let centred = try data.features - data.mean
    var places = [[Int]](repeating: [], count: data.classes.count)
    for (row, k) in data.classes.indices.enumerated() { places[k].append(row) }
    let known = try places.reduce(0.0) { sum, rows in
      let z = try centred.indexSelect(0, Tensor(rows))
      let product = try rows.count < data.dimensions ? z.matmul(z.t()) : z.t().matmul(z)
      let matrix = try product / (Double(rows.count) * distortion) + .eye(product.shape[0], type: .f64)
      // 1/2 log det by the triangular factor.
      let rate = try matrix.cholesky().diagonal().log().sum().item()
      return sum + Double(rows.count) / Double(data.count) * rate
    }
    return all - known
  }
}
