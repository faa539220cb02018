import Foundation
import Testing
import Torch

@testable import Objectives

/// CosFace and ArcFace: closed forms, the margin's place, and angles of 0 and pi.
@Suite struct MarginTests {
  /// Two examples of two classes: along the first class's weight or against it, the second at right angles.
  private func straight(_ sign: Double) -> Problem {
    var problem = Problem(classes: 2, examples: 2, features: 2)
    problem.features = [[3 * sign, 0], [3 * sign, 0]]
    problem.weight = [[0.5, 0], [0, 2]]
    problem.bias = [0, 0]
    problem.labels = [0, 0]
    return problem
  }

  @Test(arguments: ["cosface", "arcface", "arcface:easyMargin=true"])
  func outputsAreScaledCosinesWithoutMarginAndBias(text: String) throws {
    let problem = Problem(classes: 10)
    var unbiased = problem
    unbiased.bias = [Double](repeating: 0, count: 10)
    let cosines = try unbiased.evaluate(combination("cosine-softmax:temperature=1")).outputs
    let result = try problem.evaluate(combination(text))
    #expect(relativeGap(result.outputs, cosines.map { $0 * 11 }) <= 1e-14)
    #expect(result.bias == [Double](repeating: 0, count: 10))
  }

  @Test func withoutMarginTheyAreSoftmaxOfCosines() throws {
    var problem = Problem(classes: 10)
    problem.bias = [Double](repeating: 0, count: 10)
    let expected = try problem.evaluate(combination("cosine-softmax:temperature=0.1"))
    for text in ["cosface:scale=10,margin=0", "arcface:scale=10,margin=0"] {
      let result = try problem.evaluate(combination(text))
      #expect(abs(result.loss - expected.loss) <= 1e-12, "\(text)")
      #expect(relativeGap(result.x, expected.x) <= 1e-12, "\(text)")
      #expect(relativeGap(result.weight, expected.weight) <= 1e-12, "\(text)")
    }
  }

  /// cos(theta + m) at theta = 0; at theta = pi the cosine goes on falling (hard) or has no margin (easy).
  @Test(arguments: [ElementType.f64, .f32]) func straightAngles(type: ElementType) throws {
    let (s, m) = (10.0, 0.5)
    let cases: [(text: String, sign: Double, label: Double)] = [
      ("cosface:scale=10,margin=0.5", 1, 0.5), ("cosface:scale=10,margin=0.5", -1, -1.5),
      ("arcface:scale=10,margin=0.5", 1, cos(m)), ("arcface:scale=10,margin=0.5", -1, -1 - m * sin(m)),
      ("arcface:scale=10,margin=0.5,easyMargin=true", 1, cos(m)),
      ("arcface:scale=10,margin=0.5,easyMargin=true", -1, -1),
    ]
    for (text, sign, label) in cases {
      let result = try straight(sign).evaluate(combination(text), type: type)
      let expected = log1p(exp(-s * label))
      #expect(abs(result.loss - expected) <= 2e-5 * max(1, expected), "\(text), \(sign)")
      #expect(result.isFinite)
      #expect((result.x + result.weight).allSatisfy { abs($0) < 100 }, "\(text), \(sign)")
    }
  }

  /// The further the example from its class, the larger the loss, also where theta + m passes pi.
  @Test(arguments: [0.2, 0.5, 1.5]) func theLossRisesWithTheAngle(margin: Double) throws {
    var losses: [Double] = []
    for step in 0...64 {
      var problem = straight(1)
      let angle = Double.pi * Double(step) / 64
      problem.features = [[cos(angle), sin(angle)], [cos(angle), sin(angle)]]
      // A second class that stays at right angles to the example.
      problem.weight[1] = [-sin(angle), cos(angle)]
      losses.append(try problem.evaluate(combination("arcface:scale=8,margin=\(margin)")).loss)
    }
    #expect(zip(losses, losses.dropFirst()).allSatisfy { $0 < $1 })
  }
}
