import CTorch

/// Logistic regression on rows of features in f32, for solvers: losses, gradients and products with the Hessian, each one pass over
/// the rows. Products are f32 within a block of rows, sums over blocks f64.
public struct LogisticRows {
  /// Gives [n, size] f32, size a multiple of 16: the same each time.
  private let source: () throws(TorchError) -> Tensor
  /// The same in bf16, in which products with the Hessian take half of the memory's time; nil where rows are few or classes many.
  private let narrow: Tensor?
  /// Absent ones are empty; `counts` [n] are the weights of examples of one class each.
  private let labels, signs, weights, counts: Tensor

  /// Loss and what follows from it, at some weights.
  public struct State {
    /// Summed over examples.
    public let loss: Double
    /// Its derivatives by the logits [n, K] f32.
    public let residual: Tensor
    /// Probabilities, or curvatures where classes are no alternatives [n, K] f32.
    public let spread: Tensor
  }

  /// Examples of one class each, cross-entropy. `weights` [n]: what they count.
  public init(rows: Tensor, labels: [Int], weights: [Double]? = nil) throws(TorchError) {
    try self.init(
      labels: labels, weights: weights, narrow: Self.narrowed(rows, classes: (labels.max() ?? 0) + 1),
      source: { () throws(TorchError) in rows })
  }

  /// The same of rows that `source` fetches for each pass.
  public init(
    labels: [Int], weights: [Double]?, source: @escaping () throws(TorchError) -> Tensor
  ) throws(TorchError) {
    try self.init(labels: labels, weights: weights, narrow: nil, source: source)
  }

  private init(
    labels: [Int], weights: [Double]?, narrow: Tensor?, source: @escaping () throws(TorchError) -> Tensor
  ) throws(TorchError) {
    (self.source, self.narrow) = (source, narrow)
    self.labels = try Tensor(labels)
    signs = try .zeros([0])
    if let weights { counts = try Tensor(weights).to(.f32) } else { counts = try .zeros([0]) }
    self.weights = counts
  }

  /// Examples of any number of classes, binary cross-entropies: `signs` [n, K] are -1 where the class is there and 1 where it is
  /// not, `weights` [n, K] what each counts.
  public init(rows: Tensor, signs: Tensor, weights: Tensor) throws(TorchError) {
    try self.init(
      signs: signs, weights: weights, narrow: Self.narrowed(rows, classes: signs.shape[1]),
      source: { () throws(TorchError) in rows })
  }

  /// The same of rows that `source` fetches for each pass.
  public init(
    signs: Tensor, weights: Tensor, source: @escaping () throws(TorchError) -> Tensor
  ) throws(TorchError) {
    try self.init(signs: signs, weights: weights, narrow: nil, source: source)
  }

  private init(
    signs: Tensor, weights: Tensor, narrow: Tensor?, source: @escaping () throws(TorchError) -> Tensor
  ) throws(TorchError) {
    (self.source, self.narrow) = (source, narrow)
    labels = try .zeros([0], type: .i64)
    self.signs = try signs.to(.f32).contiguous()
    self.weights = try weights.to(.f32).contiguous()
    counts = try .zeros([0])
  }

  private static func narrowed(_ rows: Tensor, classes: Int) throws(TorchError) -> Tensor? {
    rows.count >= 1 << 22 && classes <= 40 ? try rows.to(.bf16) : nil
  }

  /// Whether products with the Hessian may be had in bf16.
  public var hasNarrow: Bool { narrow != nil }

  /// Examples.
  public var count: Int { labels.count > 0 ? labels.count : signs.shape[0] }

  /// The rows [n, size].
  public func rows() throws(TorchError) -> Tensor { try source() }

  /// p (1 - p) of a state, by the examples' weights [n, K].
  public func curvature(_ state: State) throws(TorchError) -> Tensor {
    guard labels.count > 0 else { return state.spread }
    let plain = try state.spread * (1 - state.spread)
    return counts.count > 0 ? try plain * counts.unsqueeze(1) : plain
  }

  /// Logits [n, K] f32 of weights [K, size].
  public func logits(_ weights: Tensor) throws(TorchError) -> Tensor {
    let (matrix, narrow) = (try source(), try weights.to(.f32).contiguous())
    return try Tensor("logistic") { ct_logistic_logits(matrix.raw, narrow.raw, &$0) }
  }

  /// What follows from logits [n, K] f32.
  public func state(logits: Tensor) throws(TorchError) -> State {
    var loss = 0.0
    let (residual, spread) = try Tensor.pair("logistic") {
      ct_logistic_losses(logits.raw, labels.raw, signs.raw, weights.raw, &loss, &$0, &$1)
    }
    return State(loss: loss, residual: residual, spread: spread)
  }

  /// values' rows of values [n, K] f32, or with `squared` values' rows^2: [K, size] f64.
  public func sums(_ values: Tensor, squared: Bool = false) throws(TorchError) -> Tensor {
    let matrix = try source()
    return try Tensor("logistic") { ct_logistic_sums(matrix.raw, values.raw, squared, &$0) }
  }

  /// The Hessian of the summed loss at a state, times a direction [K, size]: [K, size] f64; and the direction's logits [n, K]
  /// f32. `isRough`: of rows in bf16, where there are; then without logits.
  public func hessian(
    _ state: State, times direction: Tensor, isRough: Bool = false
  ) throws(TorchError) -> (product: Tensor, logits: Tensor?) {
    let along = try direction.to(.f32).contiguous()
    let rough = isRough ? narrow : nil
    let matrix = if let rough { rough } else { try source() }
    let (logits, product) = try Tensor.pair("logistic") {
      ct_logistic_hessian(matrix.raw, state.spread.raw, labels.raw, counts.raw, along.raw, &$0, &$1)
    }
    return (product, rough == nil ? logits : nil)
  }
}

extension Tensor {
  /// Turns these logits [n, fits K] (f64) of several fits of the same examples into the derivatives of the fits' summed
  /// losses, which it returns [fits] (f64), without cancellation. `labels` [n] (i64): cross-entropy, `weights` [n];
  /// without labels binary cross-entropies, `signs` [n, K] being -1 where the class is there and 1 where it is not, and
  /// `weights` [n, K] (f64).
  public func becomeResiduals(
    labels: Tensor? = nil, signs: Tensor? = nil, weights: Tensor? = nil, fits: Int
  ) throws(TorchError) -> Tensor {
    let none = try Tensor.zeros([0], type: .f64)
    return try Tensor("residuals") {
      ct_logistic_residuals(
        raw, (labels ?? none).raw, (signs ?? none).raw, (weights ?? none).raw, fits, &$0)
    }
  }

  /// Blocks [K, e, e] (f32) times vectors [K, e]: [K, e] f32.
  public func blockProducts(_ vectors: Tensor) throws(TorchError) -> Tensor {
    let narrow = try vectors.to(.f32).contiguous()
    return try Tensor("blockProducts") { ct_block_products(raw, narrow.raw, &$0) }
  }
}
