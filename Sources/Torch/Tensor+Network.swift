import CTorch

/// Operations of networks: convolutions, pooling, normalization, search.
extension Tensor {
  /// x W' + b for x [n, d], W [k, d], b [k]: [n, k].
  public func linear(weight: Tensor, bias: Tensor) throws(TorchError) -> Tensor {
    try Tensor { ct_linear(raw, weight.raw, bias.raw, &$0) }
  }
  /// Convolution: x [n, c, h, w], weight [o, c, k, l], bias [o] or none, the same padding on all sides.
  public func conv2d(
    weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0
  ) throws(TorchError) -> Tensor {
    try conv2d(weight: weight, bias: bias, stride: stride, padding: (padding, padding))
  }
  /// The same with a padding of its own above and below, and left and right.
  public func conv2d(
    weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: (height: Int, width: Int)
  ) throws(TorchError) -> Tensor {
    try Tensor {
      ct_conv2d(raw, weight.raw, bias?.raw ?? Tensor.absent, stride, padding.height, padding.width, &$0)
    }
  }
  /// The largest in each window.
  public func maxPool2d(size: Int, stride: Int, padding: Int = 0) throws(TorchError) -> Tensor {
    try Tensor { ct_max_pool2d(raw, size, stride, padding, &$0) }
  }
  /// The mean of each window; what is padded counts as zeros.
  public func averagePool2d(size: Int, stride: Int, padding: Int = 0) throws(TorchError) -> Tensor {
    try Tensor { ct_average_pool2d(raw, size, stride, padding, &$0) }
  }
  /// Mean over height and width: [n, c, h, w] to [n, c], in f32 (f64 stays f64).
  public func globalAveragePool() throws(TorchError) -> Tensor { try Tensor { ct_global_average_pool(raw, &$0) } }

  /// What batch norm needs besides its input. Vectors [c].
  public struct BatchNormState {
    /// gamma and beta.
    public let weight, bias: Tensor
    /// Averages over training, moved in place by training.
    public let runningMean, runningVariance: Tensor
    /// The share of the new value in the running statistics (LibTorch's convention: 1 - the paper's momentum).
    public var momentum: Double
    /// Added to the variance.
    public let epsilon: Double

    /// Collects them.
    public init(
      weight: Tensor, bias: Tensor, runningMean: Tensor, runningVariance: Tensor, momentum: Double, epsilon: Double
    ) {
      self.weight = weight
      self.bias = bias
      self.runningMean = runningMean
      self.runningVariance = runningVariance
      self.momentum = momentum
      self.epsilon = epsilon
    }
  }

  /// Batch norm over [n, c, h, w], then + residual, then ReLU: one pass over memory each way where the fused kernels
  /// apply (CPU, channels-last, f32 or bf16, c a multiple of 16), else LibTorch's own operators, with equal results
  /// up to rounding. `training` uses batch statistics and moves the running ones.
  ///
  /// With a `group` the statistics are those of all its ranks' images together, as are the sums in the gradient of x;
  /// every rank must take part, forward and backward, with at least one image. The gradients of weight and bias are the
  /// rank's own share of them.
  public func batchNorm(
    _ state: BatchNormState, residual: Tensor? = nil, relu: Bool, training: Bool, fused: Bool = true,
    group: ProcessGroup? = nil
  ) throws(TorchError) -> Tensor {
    defer { withExtendedLifetime(group) {} }
    return try Tensor { out in
      ct_batch_norm(
        raw, residual?.raw ?? Tensor.absent, state.weight.raw, state.bias.raw, state.runningMean.raw,
        state.runningVariance.raw, training, state.momentum, state.epsilon, relu, !fused, group?.raw, &out)
    }
  }

  /// Convolution without bias by `kernel` [o, c, k, l] (f32, rounded to this tensor's type), then batch norm, + residual,
  /// ReLU, as `batchNorm` does them. Where our own kernels apply (AVX2 or AVX-512, channels-last, f32 or bf16, 3x3 at
  /// stride 1 and padding 1, channels multiples of 16) all at once, with equal results up to rounding.
  public func convolutionBatchNorm(
    kernel: Tensor, stride: Int = 1, padding: (height: Int, width: Int), _ state: BatchNormState,
    residual: Tensor? = nil, relu: Bool, training: Bool, fused: Bool = true, group: ProcessGroup? = nil
  ) throws(TorchError) -> Tensor {
    defer { withExtendedLifetime(group) {} }
    return try Tensor { out in
      ct_conv_batch_norm(
        raw, kernel.raw, stride, padding.height, padding.width, residual?.raw ?? Tensor.absent, state.weight.raw,
        state.bias.raw, state.runningMean.raw, state.runningVariance.raw, training, state.momentum, state.epsilon,
        relu, !fused, group?.raw, &out)
    }
  }

  /// Merges scores [q, n] (f32) of candidates offset..<offset + n into the running best `values` [q, k] (f32) and `indices`
  /// [q, k] (i64, -1 where empty), in place: descending afterwards, equal scores the lower index first, or sooner in
  /// any order. NaN is never taken.
  public func mergeTopK(offset: Int, ordered: Bool = true, values: Tensor, indices: Tensor) throws(TorchError) {
    try check(ct_merge_topk(raw, offset, ordered, values.raw, indices.raw), "mergeTopK")
  }

  /// Merges, as `mergeTopK` does in any order, the products of these queries with `count` rows, both in `panels`, plus `bias` [count] (f32); a
  /// product sums 256 numbers at a time in f32, and their sums.
  public func mergePanels(
    _ rows: Tensor, count: Int, bias: Tensor?, offset: Int, values: Tensor, indices: Tensor
  ) throws(TorchError) {
    try check(
      ct_merge_panels(raw, rows.raw, count, bias?.raw ?? Tensor.absent, offset, values.raw, indices.raw), "mergePanels")
  }

  /// These rows [n, d] (f32, d a multiple of 16) in bf16, packed for `mergeRough`, and the distances [n] (f64) by which they were
  /// moved. An error where `Machine.multipliesPairs` is false.
  public func packedRough() throws(TorchError) -> (packed: Tensor, errors: Tensor) {
    let (packed, errors) = try Tensor.pair("packedRough") { ct_pack_rough(raw, &$0, &$1) }
    return (packed, errors)
  }

  /// Merges, as `mergeTopK` does in any order, the products of these queries [q, d] (bf16) with `count` rows that are `packed`, plus
  /// `bias` [count] (f32). Products of bf16 are exact and summed in f32.
  public func mergeRough(
    _ packed: Tensor, count: Int, bias: Tensor?, offset: Int, values: Tensor, indices: Tensor
  ) throws(TorchError) {
    try check(
      ct_merge_rough(raw, packed.raw, count, bias?.raw ?? Tensor.absent, offset, values.raw, indices.raw), "mergeRough")
  }

  /// Makes those of `indices` [q, m] -1 whose values, these [q, m] (f32), lie more than `slack` [q] (f64) below their row's `k`-th best.
  public func dropCandidates(_ indices: Tensor, beyond slack: Tensor, of k: Int) throws(TorchError) {
    try check(ct_drop_candidates(raw, slack.raw, k, indices.raw), "dropCandidates")
  }

  /// Lengths of rows [n, d] (f32 or f64), in double: [n].
  public func rowNorms() throws(TorchError) -> Tensor { try Tensor("rowNorms") { ct_row_norms(raw, &$0) } }

  /// Writes into `scores` [q, m] (f64), at their places, the exact scores of those of each query's `candidates` [q, m] (i64)
  /// that are rows offset..<offset + n, which these [n, d] are: cosines, or minus Euclidean distances, in double. `norms` are
  /// `rowNorms` of these and of `queries` [q, d], which are of the same type.
  public func scoreCandidates(
    _ candidates: Tensor, offset: Int = 0, norms: Tensor, queries: Tensor, queryNorms: Tensor, euclidean: Bool,
    into scores: Tensor
  ) throws(TorchError) {
    try check(
      ct_candidate_scores(
        raw, offset, norms.raw, queries.raw, queryNorms.raw, candidates.raw, euclidean, scores.raw), "scoreCandidates")
  }

  /// By these scores [q, m] (f64) the `k` best of `candidates` [q, m] (i64), best first, equal ones by index: [q, k] both.
  public func bestCandidates(_ candidates: Tensor, k: Int) throws(TorchError) -> (scores: Tensor, indices: Tensor) {
    let (scores, indices) = try Tensor.pair("bestCandidates") { ct_best_candidates(raw, candidates.raw, k, &$0, &$1) }
    return (scores, indices)
  }
}
