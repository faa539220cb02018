import Foundation
import Testing
import Torch

@testable import Objectives

@Suite struct SupervisedContrastiveTests {
  private func problem(_ labels: [Int], width: Int = 5) -> Problem {
    var problem = Problem(classes: 10, examples: labels.count, features: width)
    problem.labels = labels
    return problem
  }

  private func contrast(_ problem: Problem, tau: Double) throws -> Double {
    let result = try problem.evaluate(combination("supervised-contrastive:temperature=\(tau)"))
    return result.loss - result.outputLoss
  }

  /// Two classes of n, each in one point, at right angles: every positive has probability
  /// e / ((n - 1) e + n) with e = exp(1 / tau).
  @Test(arguments: [2, 5]) func collapsedClasses(n: Int) throws {
    var collapsed = problem((0..<2 * n).map { $0 % 2 }, width: 2)
    collapsed.features = collapsed.labels.enumerated().map { i, label in
      let length = Double(i + 1)
      return label == 0 ? [length, 0] : [0, length]
    }
    let (tau, count) = (0.5, Double(n))
    let expected = log(count - 1 + count * exp(-1 / tau))
    #expect(abs(try contrast(collapsed, tau: tau) - expected) <= 1e-12)
  }

  /// Examples without a positive count among the others, but not as anchors: the mean is over two of the three.
  @Test func anchorsWithoutPositivesAreNotCounted() throws {
    var three = problem([4, 4, 7], width: 2)
    three.features = [[2, 0], [5, 0], [0, 1]]
    #expect(abs(try contrast(three, tau: 0.5) - log(1 + exp(-2))) <= 1e-12)
  }

  @Test(arguments: [[3], [0, 1, 2, 3, 4, 5]]) func withoutAnyPositiveItIsTheHeadsLossAlone(labels: [Int]) throws {
    for type in [ElementType.f64, .f32] {
      let result = try problem(labels).evaluate(combination("supervised-contrastive"), type: type)
      #expect(result.isFinite)
      #expect(result.loss == result.outputLoss)
      #expect(result.x.allSatisfy { $0 == 0 })
    }
  }

  /// The head is trained as by softmax; of its loss nothing reaches the features.
  @Test func theHeadLearnsBesideTheNetwork() throws {
    let problem = problem([2, 7, 2, 7, 2, 1])
    let softmax = try problem.evaluate(combination("softmax"))
    let result = try problem.evaluate(combination("supervised-contrastive"))
    #expect(result.outputs == softmax.outputs)
    #expect(result.weight == softmax.weight && result.bias == softmax.bias)
    #expect(result.outputLoss == softmax.loss)
    var other = problem
    other.weight = other.weight.map { $0.map { -3 * $0 } }
    #expect(try other.evaluate(combination("supervised-contrastive")).x == result.x)
  }

  /// Only directions matter: lengths of features change neither the loss nor, times the length, the gradient.
  @Test func lengthsOfFeaturesDoNotMatter() throws {
    let near = problem([2, 7, 2, 7, 2, 1])
    var far = near
    far.features = near.features.map { $0.map { $0 * 8 } }
    #expect(abs(try contrast(near, tau: 0.1) - contrast(far, tau: 0.1)) <= 1e-12)
    let gradient = try near.evaluate(combination("supervised-contrastive")).x
    let scaled = try far.evaluate(combination("supervised-contrastive")).x.map { $0 * 8 }
    #expect(relativeGap(scaled, gradient) <= 1e-12)
  }
}
