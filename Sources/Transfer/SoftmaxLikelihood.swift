import Torch

/// Cross-entropies of many linear classifiers at once, without cancellation: where a label is nearly certain, its loss
/// log(1 + sum over the others of e^(z_k - z_y)) and its residual, minus the sum of the others' probabilities, keep
/// full relative precision, which 1 - p would lose. Separable data need it: there all losses are tiny.
///
/// Logits are [L, K, n]: L classifiers, K classes, n examples.
struct SoftmaxLikelihood {
  /// Summed cross-entropy of each classifier [L].
  let loss: Tensor
  /// e^(z_k - z_y - m) [L, K, n], 0 at the label; m >= 0 keeps it from overflowing.
  private let odds: Tensor
  /// e^-m [L, 1, n], the label's own share.
  private let own: Tensor
  /// Sum of `odds` over classes [L, 1, n].
  private let others: Tensor
  /// own + others.
  private let total: Tensor
  private let examples: Examples

  /// What does not change between evaluations.
  struct Examples {
    /// Labels as places [1, 1, n] (i64).
    let places: Tensor
    /// 1 at the label [1, K, n].
    let member: Tensor
    /// Minus infinity at the label, else 0 [1, K, n].
    let exclusion: Tensor

    init(labels: [Int], classes: Int) throws {
      let n = labels.count
      places = try Tensor(labels, shape: [1, 1, n])
      member = try Tensor(labels).oneHot(classes).to(.f64).t().contiguous().reshape([1, classes, n])
      let zero = try Tensor.zeros([], type: .f64)
      exclusion = try Tensor.where(
        member.equals(zero), zero, Tensor.full([], -.infinity, type: .f64))
    }
  }

  init(logits: Tensor, _ examples: Examples) throws {
    let shape = logits.shape
    let label = try logits.gather(1, examples.places.expand([shape[0], 1, shape[2]]))
    let gaps = try (logits - label) + examples.exclusion
    let top = try gaps.max([1], keep: true).relu()
    odds = try (gaps - top).exp()
    own = try top.neg().exp()
    others = try odds.sum([1], keep: true)
    total = try own + others
    // own - 1 is 0 exactly where top is 0, and others >= 1 where it is not: nothing cancels.
    loss = try (top + (others + (own - 1)).log1p()).sum([1, 2])
    self.examples = examples
  }

  /// Derivatives of the losses by the logits [L, K, n]: probabilities, less 1 at the label.
  func residual() throws -> Tensor { try (odds - examples.member * others) / total }

  /// Probabilities [L, K, n].
  func probabilities() throws -> Tensor { try (odds + examples.member * own) / total }

  /// p (1 - p) [L, K, n], the diagonal of the second derivatives.
  func curvature() throws -> Tensor {
    let other = try odds / total
    return try other * (1 - other) + examples.member * (own * others / total.square())
  }
}
