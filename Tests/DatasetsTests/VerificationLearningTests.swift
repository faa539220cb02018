import Foundation
import TestSupport
import Testing

@testable import Datasets

/// A case of `verification.py`, with cleanlab's answers.
struct LearningCase: Decodable {
  var name: String
  var classes: Int
  var values: Data
  var labels: [Int]
  var form: ClassOutputs.Form
  var thresholds: [Double]
  var confident: [Int]
  var joint: [Int]
  var noise: Double
  var issues: [String: [Int]]
  var scores: [String: [Double]]

  func outputs() throws -> ClassOutputs {
    let words = values.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map { bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self) }
    }
    let values = words.map { Double(Float(bitPattern: UInt32(littleEndian: $0))) }
    return try ClassOutputs(values, count: labels.count, classes: classes)
  }
}

@Suite struct VerificationLearningTests {
  @Test func everythingAsCleanlabHasIt() throws {
    let cases = try VerificationFixtures.load().learning
    #expect(cases.count == 7)
    for one in cases {
      let outputs = try one.outputs()
      #expect(outputs.form == one.form, "\(one.name)")
      let learning = try ConfidentLearning(outputs, labels: one.labels)
      for (found, expected) in zip(learning.thresholds, one.thresholds) {
        // cleanlab puts 2 where there is no example.
        if expected == 2 {
          #expect(found == nil, "\(one.name)")
        } else {
          #expect(abs((found ?? 0) - expected) < 1e-12, "\(one.name)")
        }
      }
      // cleanlab raises a count of 0 on the diagonal to 1 at once.
      let raised = learning.confidentCounts.enumerated().map { place, count in
        place / one.classes == place % one.classes ? max(count, 1) : count
      }
      #expect(raised == one.confident, "\(one.name)")
      #expect(learning.joint == one.joint, "\(one.name)")
      #expect(abs(learning.noiseRate - one.noise) < 1e-12, "\(one.name)")
      #expect(learning.undecided == one.labels.count - learning.confidentCounts.reduce(0, +))
      for filter in ConfidentLearning.Filter.allCases {
        for ranking in ConfidentLearning.Ranking.allCases {
          let found = learning.issues(filter, by: ranking)
          #expect(
            found.map(\.index) == one.issues[filter.rawValue + " " + ranking.rawValue],
            "\(one.name), \(filter), \(ranking)")
        }
      }
      let scores = learning.issues().filter { $0.index < 50 }
      for issue in scores {
        #expect(abs(issue.selfConfidence - (one.scores["self_confidence"]?[issue.index] ?? 9)) < 1e-12)
        #expect(abs(issue.normalizedMargin - (one.scores["normalized_margin"]?[issue.index] ?? 9)) < 1e-12)
      }
      #expect(!scores.isEmpty, "\(one.name)")
    }
  }

  /// A sure and right model finds exactly the labels that were changed.
  @Test func aPerfectModelFindsEveryWrongLabel() throws {
    let (n, classes) = (300, 5)
    let truth = (0..<n).map { $0 % classes }
    var labels = truth
    let wrong = [3, 50, 101, 222]
    for place in wrong { labels[place] = (truth[place] + 2) % classes }
    let values = truth.flatMap { label in (0..<classes).map { $0 == label ? 12.0 : 0 } }
    let learning = try ConfidentLearning(ClassOutputs(values, count: n, classes: classes), labels: labels)
    for filter in ConfidentLearning.Filter.allCases {
      let found = learning.issues(filter)
      #expect(found.map(\.index) == wrong)
      #expect(found.map(\.suggestion) == wrong.map { truth[$0] })
    }
    #expect(abs(learning.noiseRate - 4.0 / 300) < 1e-12)
    #expect(learning.undecided == 0)
  }

  /// By hand: thresholds (0.8 + 0.6) / 2, 0.7, and none.
  @Test func aCaseByHand() throws {
    let values = [0.8, 0.2, 0, 0.6, 0.4, 0, 0.3, 0.7, 0]
    let outputs = try ClassOutputs(values, count: 3, classes: 3)
    let learning = try ConfidentLearning(outputs, labels: [0, 0, 1])
    #expect(outputs.form == .probabilities && outputs.probabilities == values)
    #expect(zip(learning.thresholds, [0.7, 0.7]).allSatisfy { abs(($0 ?? 0) - $1) < 1e-15 })
    #expect(learning.thresholds[2] == nil && learning.classCounts == [2, 1, 0])
    #expect(learning.confidentCounts == [1, 0, 0, 0, 1, 0, 0, 0, 0])
    #expect(learning.undecided == 1 && learning.joint == [2, 0, 0, 0, 1, 0, 0, 0, 0])
    #expect(learning.noiseRate == 0 && learning.issues().isEmpty)
  }

  @Test func roundingKeepsSums() {
    #expect(ConfidentLearning.rounded([0.5, 0.5, 1]) == [0, 1, 1])
    #expect(ConfidentLearning.rounded([1.6, 1.6, 1.6, 0.2]) == [1, 2, 2, 0])
    #expect(ConfidentLearning.rounded([1.0 / 3, 1.0 / 3, 1.0 / 3]) == [0, 0, 1])
    #expect(ConfidentLearning.rounded([]) == [])
    for stream in 0..<50 {
      let values = counterNumbers(UInt64(stream), 40, 8).map { abs($0) }
      let whole = ConfidentLearning.rounded(values)
      #expect(whole.reduce(0, +) == Int(values.reduce(0, +).rounded(.toNearestOrEven)))
      #expect(zip(whole, values).allSatisfy { abs(Double($0) - $1) < 1.5 })
    }
  }

  @Test func formsOfOutputs() throws {
    let sum = try ClassOutputs([0.25, 0.7503, 1, 0], count: 2, classes: 2)
    #expect(sum.form == .probabilities)
    #expect(try ClassOutputs([0.25, 0.76, 1, 0], count: 2, classes: 2).form == .logits)
    #expect(try ClassOutputs([-0.1, 1.1, 1, 0], count: 2, classes: 2).form == .logits)
    let huge = try ClassOutputs([1000, 999, -1000, -.infinity], count: 2, classes: 2)
    #expect(huge.form == .logits && huge.predictions() == [0, 0])
    #expect(abs(huge.probabilities[0] - 1 / (1 + exp(-1.0))) < 1e-15)
    #expect(huge.probabilities[2] == 1 && huge.probabilities[3] == 0)
  }

  @Test func valuesGivenAwayOrKept() throws {
    let kept = [1.0, 2, 3, 5]
    var given = kept
    given[3] = 4
    let first = try ClassOutputs(consume given, count: 2, classes: 2)
    let second = try ClassOutputs(kept, count: 2, classes: 2)
    #expect(kept == [1, 2, 3, 5])
    #expect(first.probabilities[0] == second.probabilities[0] && first.probabilities[3] != second.probabilities[3])
  }

  @Test func whatCannotBeIsRefused() throws {
    #expect(
      fault { () throws(DatasetError) in _ = try ClassOutputs([1, 2, 3], count: 2, classes: 2) }?.kind == .countMismatch
    )
    #expect(fault { () throws(DatasetError) in _ = try ClassOutputs([], count: 0, classes: 2) }?.kind == .countMismatch)
    for bad in [Double.nan, .infinity] {
      let error = fault { () throws(DatasetError) in _ = try ClassOutputs([1, 2, 3, bad], count: 2, classes: 2) }
      #expect(error?.kind == .badValue && error?.found.contains("row 1") == true)
    }
    let none = [-Double.infinity, -.infinity]
    #expect(fault { () throws(DatasetError) in _ = try ClassOutputs(none, count: 1, classes: 2) }?.kind == .badValue)
    let outputs = try ClassOutputs([1, 2, 3, 4], count: 2, classes: 2)
    #expect(
      fault { () throws(DatasetError) in _ = try ConfidentLearning(outputs, labels: [0]) }?.kind == .countMismatch)
    #expect(
      fault { () throws(DatasetError) in _ = try ConfidentLearning(outputs, labels: [0, 2]) }?.kind == .labelOutOfRange)
    #expect(
      fault { () throws(DatasetError) in _ = try ClassMapTest(outputs, labels: [-1, 0]) }?.kind == .labelOutOfRange)
  }
}
