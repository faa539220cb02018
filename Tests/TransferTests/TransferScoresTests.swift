import Features
import Foundation
import Measures
import TestSupport
import Testing
import Torch
import Transfer

/// Against scores by definition in NumPy (generate_scores.py), and where they are known beforehand.
@Suite struct TransferScoresTests {
  struct Case: Decodable {
    let features, outputs: [Double]
    let labels: [Int]
    let scores: [String: Double]
    static let names = ["plain", "wide", "rank", "many"]

    static func named(_ name: String) throws -> Case {
      try #require(fixture("scores", as: [String: Case].self)[name])
    }
    func rows() throws -> TensorRows {
      try TensorRows(Tensor(features, shape: [labels.count, features.count / labels.count]))
    }
    func outputRows() throws -> TensorRows {
      try TensorRows(Tensor(outputs, shape: [labels.count, outputs.count / labels.count]))
    }
  }

  private func values(_ result: TransferScoresResult) throws -> [String: Double] {
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(result))
    return try #require(object as? [String: Any]).compactMapValues { $0 as? Double }
  }

  @Test(arguments: Case.names) func agreesWithDefinitions(name: String) throws {
    let known = try Case.named(name)
    let found = try values(
      TransferScores.measure(known.rows(), labels: known.labels, outputs: known.outputRows()))
    #expect(known.scores.count == 9)
    for (score, wanted) in known.scores {
      let value = try #require(found[score], "\(score)")
      #expect(abs(value - wanted) <= 1e-6 * max(1, abs(wanted)), "\(score): \(value), expected \(wanted)")
    }
  }

  /// Probabilities in place of logits; rotations and shifts that a score does not see.
  @Test func invariances() throws {
    let known = try Case.named("plain")
    let rows = try known.rows().rows(0..<known.labels.count)
    let logits = try known.outputRows().rows(0..<known.labels.count)
    let plain = try TransferScores.measure(TensorRows(rows), labels: known.labels, outputs: TensorRows(logits))
    let probabilities = try (logits - logits.logSumExp(1, keep: true)).exp()
    // Reflection about a vector; other names of the labels.
    let v = try Tensor((0..<10).map { Double($0) - 3.5 }).unsqueeze(1)
    let reflection = try Tensor.eye(10, type: .f64) - v.matmul(v.t()) * (2 / v.square().sum().item())
    let other = try TransferScores.measure(
      TensorRows(rows.matmul(reflection) + 7), labels: known.labels.map { 3 * $0 + 100 },
      outputs: TensorRows(probabilities), kind: .probabilities)
    for path in [
      \TransferScoresResult.hScore, \.hScoreShrinkage, \.shrinkage, \.transRate, \.gbc, \.leep, \.nce,
    ] {
      let (a, b) = (try #require(plain[keyPath: path]), try #require(other[keyPath: path]))
      #expect(abs(a - b) <= 1e-8 * max(1, abs(a)), "\(path)")
    }
  }

  /// Answers that give the label away, or say nothing of it; classes far apart.
  @Test func closedForms() throws {
    let labels = [0, 1, 0, 1, 0, 1, 0, 1]
    let telling = try Tensor(labels.flatMap { $0 == 0 ? [1.0, 0] : [0, 1] }, shape: [8, 2])
    let silent = try Tensor.full([8, 2], 0.5, type: .f64)
    let x = try Tensor(
      labels.enumerated().flatMap { [Double($1) * 1e6 + Double($0 / 2 % 2), Double($0 / 4)] }, shape: [8, 2])
    let known = try TransferScores.measure(
      TensorRows(x), labels: labels, outputs: TensorRows(telling), kind: .probabilities)
    #expect(known.leep == 0 && known.nce == 0)
    #expect(try abs(#require(known.hScore) - 1) <= 1e-9 && #require(known.gbc) == 0)
    let unknown = try TransferScores.measure(
      TensorRows(x), labels: labels, outputs: TensorRows(silent), kind: .probabilities)
    #expect(try abs(#require(unknown.leep) + log(2)) <= 1e-12 && abs(#require(unknown.nce) + log(2)) <= 1e-12)
    // The same rows in both classes: no separation, complete overlap.
    let same = try TransferScores.measure(
      TensorRows(Tensor([0.0, 0, 1, 1, 3, 3, 4, 4], shape: [8, 1])), labels: labels)
    #expect(try abs(#require(same.hScore)) <= 1e-12 && abs(#require(same.gbc) + 2) <= 1e-12)
    #expect(try abs(#require(same.transRate)) <= 1e-9)
    #expect(same.leep == nil && same.reasons["leep"] != nil)
  }

  @Test func whatIsUndefinedHasItsReason() throws {
    let constant = try TransferScores.measure(TensorRows(.full([6, 3], 2.5)), labels: [0, 1, 2, 0, 1, 2])
    #expect(constant.logME == nil && constant.transRate == nil && constant.reasons["h_score"] != nil)
    let x = try Tensor([0.0, 1, 2, 5, 3, 1, 4, 4], shape: [4, 2])
    let single = try TransferScores.measure(TensorRows(x), labels: [0, 0, 0, 1])
    #expect(single.gbc == nil && single.reasons["gbc"]?.contains("class 1") == true && single.logME != nil)
    let one = try TransferScores.measure(TensorRows(x), labels: [5, 5, 5, 5])
    #expect(one.gbc == nil && one.hScore == 0)
    #expect(throws: MeasureError.self) { try TransferScores.measure(TensorRows(x), labels: [0, 1]) }
    #expect(throws: MeasureError.self) {
      try TransferScores.measure(TensorRows(x), labels: [0, 1, 0, 1], outputs: TensorRows(.ones([3, 2])))
    }
    #expect(throws: MeasureError.self) {
      try TransferScores.measure(TensorRows(x), labels: [0, 1, 0, 1], outputs: TensorRows(x), kind: .probabilities)
    }
    #expect(throws: MeasureError.self) {
      try TransferScores.measure(TensorRows(Tensor([0, 1, .nan, 2], shape: [4, 1])), labels: [0, 1, 0, 1])
    }
  }
}
