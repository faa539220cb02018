import CTorch

/// What numbers of a classifier's outputs are.
public enum OutputKind: Sendable {
  /// Finite numbers whose softmax is the probabilities.
  case logits
  /// The same, where -infinity stands for a probability of 0.
  case logProbabilities
  /// In 0...1, each row with the sum 1 (within 0.01, what bf16 may round away).
  case probabilities

  var raw: ct_output_kind {
    switch self {
    case .logits: ct_outputs_logits
    case .logProbabilities: ct_outputs_log_probabilities
    case .probabilities: ct_outputs_probabilities
    }
  }
}

/// A factor and an offset for each class's logit.
public struct ClassScaling: Hashable, Sendable {
  /// One a class.
  public var scale, offset: [Double]

  /// As many of each as there are classes.
  public init(scale: [Double], offset: [Double]) { (self.scale, self.offset) = (scale, offset) }
}

/// A row of outputs that does not hold what it must.
public struct OutputRowError: Error, Hashable, Sendable {
  /// The row, and which of several outputs has it.
  public var row, member: Int
}

/// Figures of outputs z [n, K] (f32 or f64, in memory order, on the processor), in double. With p = softmax(scale z + offset), or p = z where they
/// are probabilities. Throws `OutputRowError` for the first row that does not hold what `kind` says.
extension Tensor {
  /// `rows` [n, 3] f64: log p of the label, the largest p, the squared distance of p from the label's unit vector; `answers` [n] i64: the
  /// first class with the largest p; `gaps` [bins, K] f64: over the examples with p_k in [b/bins, (b+1)/bins), the last closed, the sums of
  /// p_k, less 1 where k is the label. `labels` [n] i64 in 0..<K. The same bytes for any number of threads.
  public func outputRows(
    labels: Tensor, kind: OutputKind, scaling: ClassScaling? = nil, bins: Int
  ) throws -> (rows: Tensor, answers: Tensor, gaps: Tensor) {
    try checkScaling(scaling)
    var (rows, answers, gaps, bad) = (Tensor.noHandle, Tensor.noHandle, Tensor.noHandle, 0)
    let error = ct_output_rows(
      raw, labels.raw, kind.raw, scaling?.scale, scaling?.offset, bins, &rows, &answers, &gaps, &bad)
    try check(error, "outputRows")
    let results = (Tensor(owning: rows), Tensor(owning: answers), Tensor(owning: gaps))
    guard bad < 0 else { throw OutputRowError(row: bad, member: 0) }
    return results
  }

  /// Sums over rows of the negative log-likelihood's derivatives.
  public struct OutputSlopes: Hashable, Sendable {
    /// Sum of -log p(label).
    public var nll = 0.0
    /// With y = scale z + offset less the row's largest: sums of E_p[y] - y(label), the slope of `nll` by the logarithm of a common factor of
    /// y, and of the variance of y under p, the curvature.
    public var first = 0.0, second = 0.0
    /// Sums of mean(y) - y(label), and of y(label); the lowest y.
    public var uniform = 0.0, labelGap = 0.0, widest = 0.0
    /// The gradient of `nll` by scale and offset, K numbers each; empty unless asked for.
    public var gradient: [Double] = []

    /// None yet.
    public init() {}
  }

  /// Adds this block's rows to `slopes`. Logits or log-probabilities only.
  public func addOutputSlopes(
    labels: Tensor, kind: OutputKind, scaling: ClassScaling? = nil, withGradient: Bool = false,
    to slopes: inout OutputSlopes
  ) throws {
    try checkScaling(scaling)
    let width = shape.count == 2 ? shape[1] : 0
    if withGradient && slopes.gradient.count != 2 * width { slopes.gradient = [Double](repeating: 0, count: 2 * width) }
    var sums = ct_slopes(
      nll: slopes.nll, first: slopes.first, second: slopes.second, uniform: slopes.uniform, label_gap: slopes.labelGap,
      widest: slopes.widest)
    var bad = 0
    let error = slopes.gradient.withUnsafeMutableBufferPointer { gradient in
      ct_output_slopes(
        raw, labels.raw, kind.raw, scaling?.scale, scaling?.offset, &sums, withGradient ? gradient.baseAddress : nil,
        &bad)
    }
    try check(error, "addOutputSlopes")
    guard bad < 0 else { throw OutputRowError(row: bad, member: 0) }
    (slopes.nll, slopes.first, slopes.second) = (sums.nll, sums.first, sums.second)
    (slopes.uniform, slopes.labelGap, slopes.widest) = (sums.uniform, sums.label_gap, sums.widest)
  }

  /// What several classifiers answer.
  public struct Answers {
    /// The first class with the largest mean of the probabilities, and of the logits, [n] i64.
    public let byProbability, byLogit: Tensor
    /// The first class with the largest output of each, [members, n] i64.
    public let own: Tensor
  }

  /// The answers of `members` (outputs of one shape), together and each.
  public static func answers(of members: [Tensor], kind: OutputKind) throws -> Answers {
    let handles = members.map(\.raw)
    var (first, second, each) = (Tensor.noHandle, Tensor.noHandle, Tensor.noHandle)
    var (member, bad) = (0, 0)
    let error = withExtendedLifetime(members) {
      ct_mean_outputs(handles, handles.count, kind.raw, &first, &second, &each, &member, &bad)
    }
    try check(error, "answers")
    let answers = Answers(
      byProbability: Tensor(owning: first), byLogit: Tensor(owning: second), own: Tensor(owning: each))
    guard bad < 0 else { throw OutputRowError(row: bad, member: member) }
    return answers
  }

  private func checkScaling(_ scaling: ClassScaling?) throws(TorchError) {
    guard let scaling else { return }
    let classes = shape.last ?? 0
    guard scaling.scale.count == classes, scaling.offset.count == classes else {
      throw TorchError(
        operation: "scaling",
        message: "\(scaling.scale.count) factors and \(scaling.offset.count) offsets for \(classes) classes")
    }
  }
}
