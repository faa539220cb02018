import Torch

/// Losses of many linear classifiers at once, without cancellation: cross-entropy under softmax where an example has one class,
/// a sum of binary cross-entropies where it has any number. Where an answer is nearly certain its loss, for one class
/// log(1 + sum over the others of e^(z_k - z_y)), and its residual keep full relative precision, which 1 - p would lose.
/// Separable data need it: there all losses are tiny.
///
/// Logits are [L, K, n]: L classifiers, K classes, n examples.
struct Likelihood {
  /// Summed loss of each classifier [L], by the examples' weights.
  let loss: Tensor
  private let parts: Parts
  private let examples: Examples

  private enum Parts {
    /// e^(z_k - z_y - m) [L, K, n], 0 at the label, where m >= 0 keeps it from overflowing; e^-m [L, 1, n], the label's own
    /// share; the sum of the odds over classes [L, 1, n]; and that with the label's own.
    case one(odds: Tensor, own: Tensor, others: Tensor, total: Tensor)
    /// The probabilities of the wrong answer and of the right one [L, K, n].
    case any(wrong: Tensor, right: Tensor)
  }

  /// What does not change between evaluations.
  struct Examples {
    enum Answers {
      /// Labels as places [1, 1, n] (i64); 1 at the label [1, K, n]; minus infinity at the label, else 0 [1, K, n].
      case one(places: Tensor, member: Tensor, exclusion: Tensor)
      /// -1 where the class is there, 1 where it is not [1, K, n].
      case any(sign: Tensor)
    }
    let answers: Answers
    /// What each counts [1, 1, n] or, where examples have any number of classes, [1, K, n]; nil: 1.
    let weights: Tensor?

    /// One class each, in 0..<classes; `weights` are the examples'.
    init(labels: [Int], classes: Int, weights: [Double]? = nil) throws {
      let n = labels.count
      let member = try Tensor(labels).oneHot(classes).to(.f64).t().contiguous().reshape([1, classes, n])
      let zero = try Tensor.zeros([], type: .f64)
      answers = .one(
        places: try Tensor(labels, shape: [1, 1, n]), member: member,
        exclusion: try Tensor.where(member.equals(zero), zero, Tensor.full([], -.infinity, type: .f64)))
      self.weights = try weights.map { try Tensor($0, shape: [1, 1, n]) }
    }

    /// Any number of classes each: `targets` [n, K], 1 where the class is there, 0 where it is not, -1 where nothing is known.
    init(targets: Tensor, weights: [Double]? = nil) throws {
      let values = try targets.to(.f64).t().contiguous().unsqueeze(0)
      let (zero, one) = (try Tensor.zeros([], type: .f64), try Tensor.ones([], type: .f64))
      answers = .any(sign: try 1 - values.maximum(zero) * 2)
      let known = try Tensor.where(values.equals(-one), zero, one)
      self.weights = try weights.map { try known * Tensor($0, shape: [1, 1, $0.count]) } ?? known
    }

    private init(_ answers: Answers, _ weights: Tensor?) { (self.answers, self.weights) = (answers, weights) }

    /// `count` examples from `first` on.
    func narrowed(_ first: Int, _ count: Int) throws -> Examples {
      let own = try weights?.narrow(2, first, count)
      switch answers {
      case .one(let places, let member, let exclusion):
        return Examples(
          .one(
            places: try places.narrow(2, first, count), member: try member.narrow(2, first, count),
            exclusion: try exclusion.narrow(2, first, count)), own)
      case .any(let sign): return Examples(.any(sign: try sign.narrow(2, first, count)), own)
      }
    }

    /// Turns logits [n, fits K] (f64) into the derivatives of the fits' losses, which it returns [fits]: as a `Likelihood` of them, in
    /// one pass.
    func residuals(_ logits: Tensor, fits: Int) throws -> Tensor {
      let n = logits.shape[0]
      switch answers {
      case .one(let places, _, _):
        return try logits.becomeResiduals(
          labels: places.reshape([n]).contiguous(), weights: weights?.reshape([n]).contiguous(), fits: fits)
      case .any(let sign):
        return try logits.becomeResiduals(
          signs: sign.squeeze(0).t().contiguous(), weights: weights?.squeeze(0).t().contiguous(), fits: fits)
      }
    }

    /// Whether classes are alternatives: then a vector added to all of them changes nothing.
    var isCoupled: Bool { if case .one = answers { true } else { false } }
  }

  init(logits: Tensor, _ examples: Examples) throws {
    self.examples = examples
    switch examples.answers {
    case .one(let places, _, let exclusion):
      let shape = logits.shape
      let label = try logits.gather(1, places.expand([shape[0], 1, shape[2]]))
      let gaps = try (logits - label) + exclusion
      let top = try gaps.max([1], keep: true).relu()
      let odds = try (gaps - top).exp()
      let own = try top.neg().exp()
      let others = try odds.sum([1], keep: true)
      parts = .one(odds: odds, own: own, others: others, total: try own + others)
      // own - 1 is 0 exactly where top is 0, and others >= 1 where it is not: nothing cancels.
      let losses = try top + (others + (own - 1)).log1p()
      loss = try Self.weighted(losses, examples).sum([1, 2])
    case .any(let sign):
      let wrongness = try sign * logits
      parts = .any(wrong: try wrongness.sigmoid(), right: try wrongness.neg().sigmoid())
      let losses = try wrongness.relu() + wrongness.abs().neg().exp().log1p()
      loss = try Self.weighted(losses, examples).sum([1, 2])
    }
  }

  private static func weighted(_ values: Tensor, _ examples: Examples) throws -> Tensor {
    try examples.weights.map { try values * $0 } ?? values
  }

  /// Derivatives of the losses by the logits [L, K, n]: probabilities, less 1 at the label.
  func residual() throws -> Tensor {
    switch (parts, examples.answers) {
    case (.one(let odds, _, let others, let total), .one(_, let member, _)):
      try Self.weighted((odds - member * others) / total, examples)
    case (.any(let wrong, _), .any(let sign)): try Self.weighted(sign * wrong, examples)
    default: throw TransferError("examples", found: "two kinds", expected: "one")
    }
  }

  /// p (1 - p) [L, K, n], the diagonal of the second derivatives.
  func curvature() throws -> Tensor {
    switch (parts, examples.answers) {
    case (.one(let odds, let own, let others, let total), .one(_, let member, _)):
      let other = try odds / total
      return try Self.weighted(other * (1 - other) + member * (own * others / total.square()), examples)
    case (.any(let wrong, let right), _): return try Self.weighted(wrong * right, examples)
    default: throw TransferError("examples", found: "two kinds", expected: "one")
    }
  }

  /// What products with the second derivatives take [L, K, n]: probabilities where classes are alternatives, else the
  /// curvature, as nothing is beside it.
  func spread() throws -> Tensor {
    guard case (.one(let odds, let own, _, let total), .one(_, let member, _)) = (parts, examples.answers) else {
      return try curvature()
    }
    return try (odds + member * own) / total
  }
}
