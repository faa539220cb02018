import Features
import Foundation
import TestSupport
import Testing
import Torch

@testable import Measures

/// What generate_decisions.py expects.
private func decisions(_ name: String) throws -> [String: [String: Double]] {
  let data = try Data(contentsOf: URL(fileURLWithPath: fixture("decisions.json")))
  let all = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  return try #require(all[name] as? [String: [String: Double]])
}

private func json(_ value: some Encodable) throws -> [String: Any] {
  try #require(JSONSerialization.jsonObject(with: JSONEncoder().encode(value)) as? [String: Any])
}

@Suite struct AgreementTests {
  private func outputs(_ name: String) throws -> any RowSource {
    try FeatureSet(reading: [fixture("outputs.\(name).npy")], role: .outputs).requireOutputs()
  }

  @Test func equalsScikitLearn() throws {
    let labels = try FeatureSet.readLabels([fixture("outputs.y.npy")])
    let result = try Agreement.compare([outputs("a"), outputs("b"), outputs("c")], labels: labels)
    let expected = try decisions("agreement")
    #expect(result.pairs.count == 3)
    for pair in result.pairs {
      let found = try json(pair)
      for (name, value) in try #require(expected["\(pair.a)\(pair.b)"]) {
        #expect(agree((found[name] as? NSNumber)?.doubleValue, value, 1e-9), "\(pair.a), \(pair.b): \(name)")
      }
    }
    #expect(result.ensembleAccuracy != nil)
    // Two at the top level, without what needs labels.
    let bare = try json(Agreement.compare([outputs("a"), outputs("b")], labels: nil))
    #expect(agree(bare["kappa"] as? Double, try #require(expected["01"])["kappa"], 1e-9))
    #expect(bare["mcnemar_p"] is NSNull && bare["accuracy_a"] is NSNull && bare["reason"] != nil)
  }

  /// The exact test against sums of binomial coefficients, and where they would overflow.
  @Test func mcNemarIsExact() {
    #expect(agree(Agreement.mcNemar(0, 0), 1) && agree(Agreement.mcNemar(3, 3), 1))
    #expect(agree(Agreement.mcNemar(1, 9), 2 * (1 + 10) / 1024.0, 1e-12))
    #expect(agree(Agreement.mcNemar(9, 1), 2 * (1 + 10) / 1024.0, 1e-12))
    #expect(agree(Agreement.mcNemar(0, 20), 2 / 1_048_576.0, 1e-15))
    // Far out the binomial is normal: z = 4 with the continuity correction.
    let wide = Agreement.mcNemar(100_000 - 895, 100_000 + 895)
    #expect(abs(wide / 6.33e-5 - 1) < 0.05, "\(wide)")
  }

  @Test func permutationsMeetTheExactTest() throws {
    // Classes of one size: mean per-class accuracy is top-1, whose permutation test is McNemar's.
    let labels = (0..<200).map { $0 % 2 }
    func classifier(wrong: Set<Int>) throws -> any RowSource {
      try TensorRows(
        Tensor(
          labels.enumerated().flatMap { place, label -> [Double] in
            let answer = wrong.contains(place) ? 1 - label : label
            return answer == 0 ? [1, 0] : [0, 1]
          }, shape: [200, 2]))
    }
    let result = try Agreement.compare(
      [classifier(wrong: Set(0..<12)), classifier(wrong: Set(100..<124))], labels: labels)
    let pair = result.pairs[0]
    let exact = try #require(pair.mcnemarP)
    #expect(pair.onlyA == 24 && pair.onlyB == 12)
    #expect(try abs(#require(pair.permutationP) - exact) < 0.01)
    let same = try Agreement.compare([classifier(wrong: [1]), classifier(wrong: [1])], labels: labels).pairs[0]
    #expect(same.mcnemarP == 1 && same.permutationP == 1 && same.agreement == 1 && same.kappa == 1)
  }

  @Test func ofEqualOutputsTheLowestClassIsTheAnswer() throws {
    let flat = try TensorRows(Tensor.zeros([4, 3]))
    let pair = try Agreement.compare([flat, flat], labels: [0, 0, 1, 2]).pairs[0]
    #expect(pair.accuracyA == 0.5 && pair.agreement == 1 && pair.kappa == nil)
  }

  @Test func badInputIsRefused() throws {
    let x = try TensorRows(Tensor.zeros([4, 3]))
    #expect(throws: MeasureError.self) { try Agreement.compare([x], labels: nil) }
    #expect(throws: MeasureError.self) { try Agreement.compare([x, TensorRows(Tensor.zeros([4, 2]))], labels: nil) }
    #expect(throws: MeasureError.self) { try Agreement.compare([x, x], labels: [0, 1, 2]) }
    #expect(throws: MeasureError.self) { try Agreement.compare([x, x], labels: [0, 1, 2, 3]) }
    #expect(throws: MeasureError.self) {
      try Agreement.compare([x, TensorRows(Tensor.full([4, 3], .nan))], labels: nil)
    }
  }
}

@Suite struct OutOfDistributionTests {
  private func examples(_ name: String) throws -> (FeatureSet, OutOfDistribution.Examples) {
    let set = try FeatureSet(reading: [fixture("ood.\(name).npz")])
    return (set, .init(outputs: set.outputs, features: set.layers.isEmpty ? nil : try set.layer()))
  }

  @Test func equalsScikitLearn() throws {
    let train = try examples("train").0
    let result = try OutOfDistribution.measure(
      familiar: examples("inside").1, unfamiliar: examples("outside").1,
      training: .init(features: train.layer(), labels: train.requireLabels()), neighbors: 10)
    let expected = try decisions("ood")
    #expect(expected.count == 6 && result.reasons.isEmpty)
    for (name, wanted) in expected {
      let found = try json(try #require(result.scores[name]))
      for (figure, value) in wanted {
        #expect(agree((found[figure] as? NSNumber)?.doubleValue, value, 1e-6), "\(name) \(figure)")
      }
    }
  }

  /// Three familiar at 3, 2, 1 and two unfamiliar at 2 and 0, by hand.
  @Test func tiesByHand() {
    let figures = OutOfDistribution.figures([3, 2, 1], [2, 0])
    // Pairs: 3 beats both, 2 ties and beats, 1 loses and beats: 2 + 1.5 + 1 of 6.
    #expect(agree(figures.auroc, 4.5 / 6, 1e-15))
    #expect(agree(figures.auprIn, (1 + 2.0 / 3 + 3.0 / 4) / 3, 1e-15))
    #expect(agree(figures.auprOut, (1 + 2.0 / 4) / 2, 1e-15))
    #expect(figures.fpr95 == 0.5)
    let equal = OutOfDistribution.figures([1, 1], [1])
    #expect(equal.auroc == 0.5 && agree(equal.auprIn, 2.0 / 3) && agree(equal.auprOut, 1.0 / 3) && equal.fpr95 == 1)
  }

  @Test func whatIsMissingIsSaid() throws {
    let inside = try examples("inside").1
    let result = try OutOfDistribution.measure(familiar: inside, unfamiliar: examples("outside").1)
    let found = try json(result)
    #expect(found["knn"] is NSNull && (found["reasons"] as? [String: String])?["knn"]?.contains("--fit") == true)
    #expect(found["msp"] is [String: Any])
    #expect(throws: MeasureError.self) {
      try OutOfDistribution.measure(
        familiar: inside, unfamiliar: inside,
        training: .init(features: TensorRows(Tensor.ones([5, 3])), labels: nil))
    }
  }
}
