import Features
import Foundation
import Measures
import Torch

/// What the source classifier's answers say about the new labels.
///
/// LEEP (Nguyen and others 2020): the mean log of sum_z P(y|z) p_z, p the source's probabilities, P(y|z) from their joint frequencies with the
/// labels. NCE (Tran and others 2019): minus the conditional entropy of the label given the source's answer, the largest output (the lowest
/// class among equals). Both at most 0. Bias: high where source classes are many for the examples.
enum LabelPrediction {
  static func scores(
    _ outputs: any RowSource, _ classes: Classes, kind: ClassifierOutputs.Kind
  ) throws -> (leep: Double, nce: Double) {
    let n = classes.indices.count
    guard outputs.count == n, outputs.dimensions > 0 else {
      throw MeasureError(
        "outputs", found: "[\(outputs.count), \(outputs.dimensions)]",
        expected: "\(n) rows, the examples of the features",
        file: outputs.place)
    }
    let probabilities = try Tensor.concat(
      outputs.blocks().map { range in
        let block = try outputs.rows(range).to(.f64)
        guard try block.isAllFinite() else { throw try outputs.errorOfNotFinite("outputs") }
        guard kind == .probabilities else { return try (block - block.logSumExp(1, keep: true)).exp() }
        let gap = try (block.sum([1]) - 1).abs().max().item()
        guard gap <= 1e-3, try block.min().item() >= 0 else {
          throw MeasureError(
            "outputs", found: "rows that are negative somewhere or do not sum to 1", expected: "probabilities",
            file: outputs.place)
        }
        return block
      })
    let index = try Tensor(classes.indices)
    // P(y, z) and P(y | z), [K, Z].
    let joint =
      try Tensor.zeros([classes.count, outputs.dimensions], type: .f64).indexAdd(0, index, probabilities) / Double(n)
    let conditional = try joint / joint.sum([0], keep: true).clamp(1e-300, 2)
    let own = try (conditional.indexSelect(0, index) * probabilities).sum([1])
    var pairs = [[Int]: Int]()
    var answers = [Int: Int]()
    for (label, answer) in zip(classes.indices, try probabilities.argmax(1).ints()) {
      pairs[[label, answer], default: 0] += 1
      answers[answer, default: 0] += 1
    }
    let entropy = pairs.sorted { $0.key.lexicographicallyPrecedes($1.key) }.reduce(0.0) { sum, pair in
      sum + Double(pair.value) * log(Double(pair.value) / Double(answers[pair.key[1], default: 1]))
    }
    return (try own.log().mean().item(), entropy / Double(n))
  }
}
