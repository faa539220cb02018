import Foundation
import Networks
import Testing
import Torch

@testable import Objectives

/// Losses known in closed form, most at zero features and zero bias, where z = 0.
@Suite struct ClosedFormTests {
  private func initialLoss(_ text: String, classes: Int) throws -> Double {
    var problem = Problem(classes: classes)
    problem.features = problem.features.map { $0.map { _ in 0 } }
    problem.bias = problem.bias.map { _ in 0 }
    return try problem.evaluate(combination(text, classes: classes)).loss
  }

  @Test(arguments: [2, 10, 100, 1000]) func initialLosses(classes: Int) throws {
    let k = Double(classes)
    let uniform = log(k)
    for text in [
      "softmax", "plain/label-smoothing", "logit-normalization", "cosine-softmax", "dropout", "logit-penalty",
    ] {
      #expect(abs(try initialLoss(text, classes: classes) - uniform) <= 1e-12 * uniform, "\(text)")
    }
    #expect(
      abs(try initialLoss("paper/label-smoothing", classes: classes) - uniform / 0.9) <= 1e-12 * uniform)
    // K softplus(-log K) + log K, about log K + 1.
    let sigmoid = try initialLoss("sigmoid", classes: classes)
    #expect(abs(sigmoid - (k * log1p(1 / k) + uniform)) <= 1e-12 * sigmoid)
    #expect(abs(sigmoid - (uniform + 1)) < 1 / k)
    let squared = try initialLoss("paper/squared-error", classes: classes)
    #expect(abs(squared - 10 * 9 * 3600 / k) <= 1e-12 * squared)
    let summed = try initialLoss("paper/squared-error:sumsClasses=true", classes: classes)
    #expect(abs(summed - 324_000) <= 1e-9)
  }

  @Test func squaredErrorStartsAt324WithAThousandClasses() throws {
    #expect(abs(try initialLoss("paper/squared-error", classes: 1000) - 324) <= 1e-10)
  }

  @Test func squaredErrorIsZeroOnTarget() throws {
    var problem = Problem(classes: 3, examples: 3, features: 3)
    problem.features = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    problem.weight = problem.features.map { $0.map { $0 * 60 } }
    problem.bias = [0, 0, 0]
    problem.labels = [0, 1, 2]
    #expect(try problem.evaluate(combination("paper/squared-error")).loss == 0)
  }

  @Test func penaltiesByHand() throws {
    let problem = Problem(classes: 10)
    let softmax = try problem.evaluate(combination("softmax"))
    let weights = problem.weight.joined().map { $0 * $0 }.reduce(0, +)
    let l2 = try problem.evaluate(combination("final-layer-l2:strength=0.5")).loss
    #expect(abs(l2 - softmax.loss - 0.25 * weights) <= 1e-12)
    let logits = softmax.outputs.map { $0 * $0 }.reduce(0, +) / 6
    let penalty = try problem.evaluate(combination("logit-penalty:strength=0.5")).loss
    #expect(abs(penalty - softmax.loss - 0.25 * logits) <= 1e-12)
  }

  /// A penalty on logits means the same z whatever the base does to its outputs.
  @Test func logitPenaltySeesRawLogits() throws {
    let problem = Problem(classes: 10)
    let size = try problem.evaluate(combination("softmax")).outputs.map { $0 * $0 }.reduce(0, +) / 6
    let bare = try problem.evaluate(combination("sigmoid")).loss
    let both = try problem.evaluate(combination("sigmoid+logit-penalty:strength=2")).loss
    #expect(abs(both - bare - size) <= 1e-12 * size)
    let cosines = try problem.evaluate(combination("cosine-softmax:temperature=0.1"))
    let penalized = try problem.evaluate(
      combination("cosine-softmax:temperature=0.1+logit-penalty:strength=2")
    ).loss
    let expected = cosines.outputs.map { $0 * $0 * 0.01 }.reduce(0, +) / 6
    #expect(abs(penalized - cosines.loss - expected) <= 1e-12)
  }

  @Test func outputsCarryNormalizationShiftAndScale() throws {
    let problem = Problem(classes: 10)
    let raw = try problem.evaluate(combination("softmax")).outputs
    let shifted = try problem.evaluate(combination("sigmoid")).outputs
    #expect(relativeGap(shifted, raw.map { $0 - log(10) }) <= 1e-14)
    for row in rows(try problem.evaluate(combination("logit-normalization:temperature=0.04")).outputs, 10) {
      #expect(abs(row.map { $0 * $0 }.reduce(0, +).squareRoot() - 25) <= 1e-12)
    }
    let cosines = try problem.evaluate(combination("cosine-softmax:temperature=0.05")).outputs
    let bound = (1 + (problem.bias.map(abs).max() ?? 0)) / 0.05
    #expect(cosines.allSatisfy { abs($0) <= bound })
    #expect(try problem.evaluate(combination("squared-error")).outputs == raw)
  }

  /// A zero vector has no direction: outputs are the bias alone and nothing flows back through it.
  @Test func zeroVectorsHaveNoDirection() throws {
    var problem = Problem(classes: 10)
    problem.features[1] = [0, 0, 0, 0, 0]
    let result = try problem.evaluate(combination("cosine-softmax:temperature=0.5"), type: .f32)
    #expect(relativeGap(rows(result.outputs, 10)[1], problem.bias.map { $0 * 2 }) <= 1e-6)
    #expect(rows(result.x, 5)[1] == [0, 0, 0, 0, 0])
  }

  /// Under mixed precision features come in bf16; outputs and loss are computed in the head's f32.
  @Test(arguments: battery) func featuresInBF16GiveAnF32Loss(text: String) throws {
    let problem = Problem(classes: 10)
    let x = try Tensor(problem.features.flatMap { $0 }, shape: [6, 5]).to(.bf16).requiresGradient()
    let head = Linear(
      weight: try Tensor(problem.weight.flatMap { $0 }, shape: [10, 5]).to(.f32).requiresGradient(),
      bias: try Tensor(problem.bias).to(.f32).requiresGradient())
    let step = try combination(text)(x, labels: Tensor(problem.labels), head: head, mode: .evaluation)
    #expect(step.loss.elementType == .f32 && step.outputs.elementType == .f32)
    try step.loss.backward()
    let gradient = try x.gradient()
    #expect(gradient?.elementType == .bf16)
    let exact = try problem.evaluate(combination(text))
    #expect(abs(try step.loss.item() - exact.loss) <= 0.05 * max(1, exact.loss))
  }
}
