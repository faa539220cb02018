import Datasets
import Measures
import Torch

/// Answers of linear probes to examples they did not learn from: the examples are parted into folds, every class evenly, and a
/// probe (`LinearProbe`, its lambda chosen on a holdout of what it learns from) learns from all folds but one and answers for that one.
/// Two embeddings that are compared get the same folds and holdouts.
struct CrossValidation {
  /// How often answers are worth less than independent ones: they share nearly all they were learned from (Nadeau and Bengio 2003,
  /// "Inference for the Generalization Error"). 1 + n_test / n_train by fold times the number of folds; errs towards too much.
  static func factor(folds: Int) -> Double { 1 + Double(folds) / Double(folds - 1) }

  let labels: [Int]
  /// The fold of each example, in 0..<folds.
  let foldOf: [Int]
  let folds: Int
  let options: ProbeOptions

  /// Why there can be no probe, or nil.
  func reason() -> String? {
    if Set(labels).count < 2 { return "there is one class" }
    for fold in 0..<folds {
      let known = labels.indices.filter { foldOf[$0] != fold }.map { labels[$0] }
      let isHeld = !Holdout.split(
        labels: known, groups: nil, fraction: options.holdout, seed: options.seed, purpose: .transfer
      ).held.isEmpty
      if Set(known).count > 1 && !isHeld { return "too few examples of a class to hold some out" }
    }
    return nil
  }

  /// The label that each row of `features` [n, d] is given.
  func answers(_ features: Tensor, progress: (Double) -> Void) throws -> [Int] {
    var answers = labels
    for fold in 0..<folds {
      let (known, asked) = (labels.indices.filter { foldOf[$0] != fold }, labels.indices.filter { foldOf[$0] == fold })
      let given = try ask(
        features.indexSelect(0, Tensor(asked)), from: features.indexSelect(0, Tensor(known)),
        known.map { labels[$0] })
      for (place, answer) in zip(asked, given) { answers[place] = answer }
      progress(Double(fold + 1) / Double(folds))
    }
    return answers
  }

  private func ask(_ asked: Tensor, from known: Tensor, _ labels: [Int]) throws -> [Int] {
    // Where the only other class is in the fold that is asked, there is one answer.
    if let only = labels.first, Set(labels).count == 1 { return [Int](repeating: only, count: asked.shape[0]) }
    let probe = try LinearProbe.run(train: known, trainLabels: labels, test: nil, testLabels: [], options: options)
    guard let weight = probe.finalWeight, let bias = probe.finalBias else {
      throw TransferError("holdout", found: "\(options.holdout)", expected: "a share that chooses a lambda")
    }
    let logits = try asked.to(.f64).matmul(weight.to(.f64).t()) + bias.to(.f64)
    return try logits.argmax(1).ints().map { probe.classes[$0] }
  }
}

extension CrossValidation {
  /// Parts examples into `folds`, at least two.
  init(labels: [Int], folds: Int, _ options: ProbeOptions) throws {
    guard folds >= 2, folds <= labels.count else {
      throw TransferError("folds", found: "\(folds)", expected: "2 to \(labels.count), the number of examples")
    }
    var foldOf = [Int](repeating: 0, count: labels.count)
    // Each class in random order, dealt out where the last one stopped.
    var next = 0
    for (label, places) in Dictionary(grouping: labels.indices, by: { labels[$0] }).sorted(by: { $0.key < $1.key }) {
      let order = CounterGenerator.permutation(
        count: places.count, seed: options.seed, purpose: .transfer, UInt64(bitPattern: Int64(label)), 1)
      for place in order {
        foldOf[places[place]] = next % folds
        next += 1
      }
    }
    self.init(labels: labels, foldOf: foldOf, folds: folds, options: options)
  }
}
