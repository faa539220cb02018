import CTorch

/// Elementwise functions, reductions and linear algebra. Binary operators broadcast.
extension Tensor {
  /// The negative.
  public func neg() throws(TorchError) -> Tensor { try Tensor { ct_neg(raw, &$0) } }
  /// e^x.
  public func exp() throws(TorchError) -> Tensor { try Tensor { ct_exp(raw, &$0) } }
  /// The natural logarithm.
  public func log() throws(TorchError) -> Tensor { try Tensor { ct_log(raw, &$0) } }
  /// log(1 + x), exact near 0.
  public func log1p() throws(TorchError) -> Tensor { try Tensor { ct_log1p(raw, &$0) } }
  /// The square root.
  public func sqrt() throws(TorchError) -> Tensor { try Tensor { ct_sqrt(raw, &$0) } }
  /// 1 / sqrt(x).
  public func rsqrt() throws(TorchError) -> Tensor { try Tensor { ct_rsqrt(raw, &$0) } }
  /// 1 / x.
  public func reciprocal() throws(TorchError) -> Tensor { try Tensor { ct_reciprocal(raw, &$0) } }
  /// The absolute value.
  public func abs() throws(TorchError) -> Tensor { try Tensor { ct_abs(raw, &$0) } }
  /// x^2.
  public func square() throws(TorchError) -> Tensor { try Tensor { ct_square(raw, &$0) } }
  /// max(x, 0).
  public func relu() throws(TorchError) -> Tensor { try Tensor { ct_relu(raw, &$0) } }
  /// 1 / (1 + e^-x).
  public func sigmoid() throws(TorchError) -> Tensor { try Tensor { ct_sigmoid(raw, &$0) } }
  /// log(1 + e^x), without overflow.
  public func softplus() throws(TorchError) -> Tensor { try Tensor { ct_softplus(raw, &$0) } }
  /// The angle in [0, pi] whose cosine is x.
  public func acos() throws(TorchError) -> Tensor { try Tensor { ct_acos(raw, &$0) } }
  /// The cosine of x radians.
  public func cos() throws(TorchError) -> Tensor { try Tensor { ct_cos(raw, &$0) } }
  /// The sine of x radians.
  public func sin() throws(TorchError) -> Tensor { try Tensor { ct_sin(raw, &$0) } }
  /// The largest whole number not above x.
  public func floor() throws(TorchError) -> Tensor { try Tensor { ct_floor(raw, &$0) } }
  /// Whether x is neither NaN nor infinite (bool).
  public func isFinite() throws(TorchError) -> Tensor { try Tensor { ct_isfinite(raw, &$0) } }
  /// Whether x is false or zero (bool).
  public func logicalNot() throws(TorchError) -> Tensor { try Tensor { ct_logical_not(raw, &$0) } }
  /// x limited to low...high.
  public func clamp(_ low: Double, _ high: Double) throws(TorchError) -> Tensor {
    try Tensor { ct_clamp(raw, low, high, &$0) }
  }
  /// x^exponent.
  public func pow(_ exponent: Double) throws(TorchError) -> Tensor { try Tensor { ct_pow_scalar(raw, exponent, &$0) } }

  /// The sum.
  public static func + (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try Tensor { ct_add(a.raw, b.raw, &$0) }
  }
  /// The difference.
  public static func - (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try Tensor { ct_sub(a.raw, b.raw, &$0) }
  }
  /// The elementwise product.
  public static func * (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try Tensor { ct_mul(a.raw, b.raw, &$0) }
  }
  /// The quotient.
  public static func / (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try Tensor { ct_div(a.raw, b.raw, &$0) }
  }
  /// The sum with a number.
  public static func + (a: Tensor, b: Double) throws(TorchError) -> Tensor {
    try Tensor { ct_add_scalar(a.raw, b, &$0) }
  }
  /// The sum with a number.
  public static func + (a: Double, b: Tensor) throws(TorchError) -> Tensor { try b + a }
  /// The difference with a number.
  public static func - (a: Tensor, b: Double) throws(TorchError) -> Tensor { try a + (-b) }
  /// A number less a tensor.
  public static func - (a: Double, b: Tensor) throws(TorchError) -> Tensor { try b.neg() + a }
  /// The product with a number.
  public static func * (a: Tensor, b: Double) throws(TorchError) -> Tensor {
    try Tensor { ct_mul_scalar(a.raw, b, &$0) }
  }
  /// The product with a number.
  public static func * (a: Double, b: Tensor) throws(TorchError) -> Tensor { try b * a }
  /// The quotient by a number.
  public static func / (a: Tensor, b: Double) throws(TorchError) -> Tensor {
    try a / Tensor.full([], b, type: a.elementType)
  }
  /// The negative.
  public static prefix func - (a: Tensor) throws(TorchError) -> Tensor { try a.neg() }

  /// The larger of each pair.
  public func maximum(_ b: Tensor) throws(TorchError) -> Tensor { try Tensor { ct_maximum(raw, b.raw, &$0) } }
  /// The smaller of each pair.
  public func minimum(_ b: Tensor) throws(TorchError) -> Tensor { try Tensor { ct_minimum(raw, b.raw, &$0) } }
  /// Whether each pair is equal (bool).
  public func equals(_ b: Tensor) throws(TorchError) -> Tensor { try Tensor { ct_eq(raw, b.raw, &$0) } }
  /// Whether each element is below b's (bool).
  public func isLess(_ b: Tensor) throws(TorchError) -> Tensor { try Tensor { ct_lt(raw, b.raw, &$0) } }
  /// Whether each element is at most b's (bool).
  public func isAtMost(_ b: Tensor) throws(TorchError) -> Tensor { try Tensor { ct_le(raw, b.raw, &$0) } }
  /// `a` where the condition (bool) holds, else `b`.
  public static func `where`(_ condition: Tensor, _ a: Tensor, _ b: Tensor) throws(TorchError) -> Tensor {
    try Tensor { ct_where(condition.raw, a.raw, b.raw, &$0) }
  }
}

extension Tensor {
  /// The sum over `dims`, or over all.
  public func sum(_ dims: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
    try Tensor { ct_sum(raw, dims, dims.count, keep, &$0) }
  }
  /// The mean over `dims`, or over all.
  public func mean(_ dims: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
    try Tensor { ct_mean(raw, dims, dims.count, keep, &$0) }
  }
  /// The largest over `dims`, or over all.
  public func max(_ dims: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
    try Tensor { ct_amax(raw, dims, dims.count, keep, &$0) }
  }
  /// The smallest over `dims`, or over all.
  public func min(_ dims: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
    try Tensor { ct_amin(raw, dims, dims.count, keep, &$0) }
  }
  /// log sum exp over a dimension, without overflow.
  public func logSumExp(_ dim: Int, keep: Bool = false) throws(TorchError) -> Tensor {
    try Tensor { ct_logsumexp(raw, dim, keep, &$0) }
  }
  /// The Euclidean norm over a dimension.
  public func norm(_ dim: Int, keep: Bool = false) throws(TorchError) -> Tensor {
    try Tensor { ct_norm(raw, dim, keep, &$0) }
  }
  /// The index (i64) of the largest element over a dimension; the first of equals.
  public func argmax(_ dim: Int) throws(TorchError) -> Tensor { try Tensor { ct_argmax(raw, dim, &$0) } }
  /// exp(x) / sum exp(x) over a dimension.
  public func softmax(_ dim: Int) throws(TorchError) -> Tensor { try Tensor { ct_softmax(raw, dim, &$0) } }
  /// The logarithm of the softmax over a dimension.
  public func logSoftmax(_ dim: Int) throws(TorchError) -> Tensor { try Tensor { ct_log_softmax(raw, dim, &$0) } }
  /// Running sums along a dimension.
  public func cumsum(_ dim: Int) throws(TorchError) -> Tensor { try Tensor { ct_cumsum(raw, dim, &$0) } }
  /// Values in order along a dimension and where they stood (i64). Stable.
  public func sort(_ dim: Int = -1, descending: Bool = false) throws(TorchError) -> (values: Tensor, indices: Tensor) {
    try Tensor.pair("sort") { ct_sort(raw, dim, descending, &$0, &$1) }
  }
  /// The k largest (or smallest) along a dimension in order, and where they stood (i64). Ties in any order.
  public func topk(_ k: Int, _ dim: Int = -1, largest: Bool = true) throws(TorchError) -> (
    values: Tensor, indices: Tensor
  ) {
    try Tensor.pair("topk") { ct_topk(raw, k, dim, largest, &$0, &$1) }
  }
}

extension Tensor {
  /// The matrix product, batched over leading dimensions. Of two f32 matrices by the library that is faster on this
  /// processor (`separatrix bench matmul`); fastest where `b` is the transpose of a matrix in memory order.
  public func matmul(_ b: Tensor) throws(TorchError) -> Tensor { try Tensor { ct_matmul(raw, b.raw, &$0) } }
  /// Eigenvalues, ascending, and eigenvectors (columns) of a symmetric matrix.
  public func eigh() throws(TorchError) -> (values: Tensor, vectors: Tensor) {
    let (values, vectors) = try Tensor.pair("eigh") { ct_eigh(raw, &$0, &$1) }
    return (values, vectors)
  }
  /// The singular values, descending.
  public func singularValues() throws(TorchError) -> Tensor { try Tensor { ct_svdvals(raw, &$0) } }
  /// The lower Cholesky factor. Throws when the matrix is not positive definite.
  public func cholesky() throws(TorchError) -> Tensor { try Tensor { ct_cholesky(raw, &$0) } }
  /// The solution of A x = self, where `factor` is A's lower Cholesky factor.
  public func choleskySolve(_ factor: Tensor) throws(TorchError) -> Tensor {
    try Tensor { ct_cholesky_solve(raw, factor.raw, &$0) }
  }
  /// The solution x of self x = b.
  public func solve(_ b: Tensor) throws(TorchError) -> Tensor { try Tensor { ct_solve(raw, b.raw, &$0) } }

  static func pair(
    _ operation: StaticString, _ body: (inout ct_tensor, inout ct_tensor) -> OpaquePointer?
  ) throws(TorchError) -> (values: Tensor, indices: Tensor) {
    var a = Tensor.noHandle
    var b = Tensor.noHandle
    try check(body(&a, &b), operation)
    return (Tensor(owning: a), Tensor(owning: b))
  }
}
