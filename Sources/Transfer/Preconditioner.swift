import Torch

/// What conjugate gradients divide by: an approximation M of the Hessian, one block a class. Where classes are alternatives,
/// gradients and solutions sum to 0 over them: for a residual r it then gives z_k = M_k^-1 (r_k - c) with c such that the
/// z_k do, too; else M_k^-1 r_k, and there are no sums.
enum Preconditioner {
  /// M_k is the Hessian's diagonal: 1 / M [L, K, e] and its sum over classes [L, 1, e]. Exact at zero weights, where
  /// every example has the same probabilities, in the basis that the features were rotated to.
  case diagonal(inverse: Tensor, sum: Tensor?)
  /// M_k is class k's own Hessian block: its inverse [L, K, e, e], and the inverse of their sum [L, 1, e, e]. Good where
  /// classes have examples of their own that still matter, which the diagonal does not see.
  case blocks(inverse: Tensor, share: Tensor?)
  /// The inverse of the whole Hessian of one lambda [K e, K e]: exact where it was made, and close for the lambdas and
  /// weights next to it. The inverse, since solving with a factor would take ten times as long for one right side.
  case dense(inverse: Tensor)

  /// Blocks cost as much as about e/2 products with the Hessian and memory for L K e^2 numbers; up to this e.
  static let largestBlock = 320

  /// The diagonal for probabilities whose `curvature` p (1 - p) is [L, K, n].
  static func diagonal(_ problem: LogisticProblem, curvature: Tensor, penalty: Tensor) throws -> Preconditioner {
    let diagonal = try problem.transposedSquares(curvature) + penalty
    let inverse = try diagonal.clamp(1e-100, .infinity).reciprocal()
    return .diagonal(inverse: inverse, sum: problem.examples.isCoupled ? try inverse.sum([1], keep: true) : nil)
  }

  /// The blocks; nil where they cannot be factored, as when all probabilities are 0 or 1 to the last digit.
  static func blocks(_ problem: LogisticProblem, curvature: Tensor, penalty: Tensor) throws -> Preconditioner? {
    let scale = try (problem.transposedSquares(curvature) + penalty).clamp(1e-100, .infinity).rsqrt()  // [L, K, e]
    let matrix = try problem.features.to(.f32)  // [e, n]
    let transposed = try matrix.t()
    let size = problem.size
    let ridge = try Tensor.eye(size, type: .f64) * 1e-7  // above the rounding of f32, after scaling to a unit diagonal
    var inverses: [Tensor] = []
    var shares: [Tensor] = []
    for index in 0..<curvature.shape[0] {
      let weights = try curvature.select(0, index).to(.f32).unsqueeze(1)  // [K, 1, n]
      let product = try (weights * matrix.unsqueeze(0)).matmul(transposed).to(.f64)  // [K, e, e]
      let penalties = try penalty.select(0, index).unsqueeze(2) * Tensor.eye(size, type: .f64)  // [1, e, e]
      let roots = try scale.select(0, index)
      let scaling = try roots.unsqueeze(1) * roots.unsqueeze(2)
      let scaled = try (product + penalties) * scaling + ridge
      guard let factor = try? scaled.cholesky() else { return nil }
      let identity = try Tensor.eye(size, type: .f64).unsqueeze(0).expand(scaled.shape)
      let inverse = try identity.choleskySolve(factor) * scaling
      guard try inverse.isAllFinite() else { return nil }
      inverses.append(inverse)
      guard problem.examples.isCoupled else { continue }
      let sum = try inverse.sum([0], keep: true)
      let diagonal = try sum.diagonal(1, 2)
      let unit = try diagonal.unsqueeze(1).rsqrt() * diagonal.unsqueeze(2).rsqrt()
      guard let sumFactor = try? (sum * unit + ridge.unsqueeze(0)).cholesky() else { return nil }
      let one = try Tensor.eye(size, type: .f64).unsqueeze(0)
      shares.append(try one.choleskySolve(sumFactor) * unit)
    }
    return .blocks(inverse: try .stack(inverses), share: shares.isEmpty ? nil : try .stack(shares))
  }

  /// Whether a problem is small enough for `dense`: its memory, and a second or two of work.
  static func allowsDense(_ problem: LogisticProblem) -> Bool {
    allowsDense(problem.examples, unknowns: problem.classes * problem.size, count: problem.count)
  }

  /// The same of `count` examples and so many unknowns.
  static func allowsDense(_ examples: Likelihood.Examples, unknowns: Int, count: Int) -> Bool {
    examples.isCoupled && unknowns <= 6200 && count * unknowns * unknowns <= 120_000_000_000
  }

  /// How many products with the Hessian take about as long as making and factoring it: n u^2 + u^3 / 3 operations against 4 n u, at
  /// a few times their rate.
  static func denseCost(unknowns: Int, count: Int) -> Int {
    let u = Double(unknowns)
    return max(64, Int((u / 4 + u * u / (12 * Double(max(1, count)))) / 4))
  }

  /// The whole Hessian for the probabilities and `curvature` [1, K, n] of one lambda; nil where it cannot be factored.
  static func dense(
    _ problem: LogisticProblem, probabilities: Tensor, curvature: Tensor, penalty: Tensor
  ) throws -> Preconditioner? {
    let (classes, size) = (problem.classes, problem.size)
    let unknowns = classes * size
    var product = try Tensor.zeros([unknowns, unknowns], type: .f64)
    var blocks = try Tensor.zeros([classes, size, size], type: .f64)
    let width = max(1, 20_000_000 / unknowns)
    for first in stride(from: 0, to: problem.count, by: width) {
      let count = min(width, problem.count - first)
      let features = try problem.features.narrow(1, first, count)  // [e, m]
      let weights = try probabilities.select(0, 0).narrow(1, first, count).unsqueeze(1)  // [K, 1, m]
      var own = features
      if let each = problem.examples.weights { own = try own * each.reshape([1, -1]).narrow(1, first, count).sqrt() }
      let weighted = try (weights * own).reshape([unknowns, count])
      product = try product - weighted.matmul(weighted.t())
      // Not the difference of p and p^2, which cancels where p is nearly 1.
      let spread = try curvature.select(0, 0).narrow(1, first, count).unsqueeze(1)
      blocks = try blocks + (spread * features).matmul(features.t())
    }
    let unit = try Tensor.eye(size, type: .f64)
    let same = try Tensor.eye(classes, type: .f64).reshape([classes, 1, classes, 1])
    let own = try blocks + unit * penalty.select(0, 0)
    // One vector added to every class changes no probability: the Hessian is singular there, and gradients and
    // directions have no share in it, so that anything positive may stand for it.
    let mean = try own.diagonal(1, 2).mean([0])
    let common = try (unit * mean / Double(classes)).reshape([1, size, 1, size])
    let whole = try product.reshape([classes, size, classes, size]) * (1 - same) + same * own.unsqueeze(2) + common
    let matrix = try whole.reshape([unknowns, unknowns])
    let scale = try matrix.diagonal(0, 1).clamp(1e-100, .infinity).rsqrt()
    let scaled = try matrix * scale.unsqueeze(1) * scale + Tensor.eye(unknowns, type: .f64) * 1e-14
    guard let factor = try? scaled.cholesky(), try factor.isAllFinite() else { return nil }
    let inverse = try Tensor.eye(unknowns, type: .f64).choleskySolve(factor) * scale.unsqueeze(1) * scale
    return .dense(inverse: inverse)
  }

  /// z for a residual [L, K, e].
  func callAsFunction(_ residual: Tensor) throws -> Tensor {
    switch self {
    case .diagonal(let inverse, let sum):
      let scaled = try residual * inverse
      guard let sum else { return scaled }
      return try scaled - inverse * (scaled.sum([1], keep: true) / sum)
    case .blocks(let inverse, let share):
      let scaled = try inverse.matmul(residual.unsqueeze(3))  // [L, K, e, 1]
      guard let share else { return try scaled.squeeze(3) }
      let common = try share.matmul(scaled.sum([1], keep: true))  // [L, 1, e, 1]
      // Symmetric: z = B r - B (sum B)^-1 sum B r.
      return try (scaled - inverse.matmul(common.expand(scaled.shape))).squeeze(3)
    case .dense(let inverse):
      let solved = try inverse.matmul(residual.reshape([-1, 1])).reshape(residual.shape)
      return try solved - solved.mean([1], keep: true)
    }
  }

  /// That of some of the lambdas.
  func selecting(_ places: Tensor) throws -> Preconditioner {
    switch self {
    case .diagonal(let inverse, let sum):
      .diagonal(inverse: try inverse.indexSelect(0, places), sum: try sum?.indexSelect(0, places))
    case .blocks(let inverse, let share):
      .blocks(inverse: try inverse.indexSelect(0, places), share: try share?.indexSelect(0, places))
    case .dense: self  // of one lambda
    }
  }
}
