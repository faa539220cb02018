import Features
import Foundation
import Measures
import TestSupport
import Testing
import Torch

@testable import Transfer

/// The embeddings of MeasuresTests' generate_retrieval.py.
private struct Known: Decodable {
  var folds: [Int]
  var probes: [String: [Int]]

  private static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("MeasuresTests/Fixtures/retrieval.\(name)").path
  }

  static func read() throws -> Known {
    try JSONDecoder().decode(Known.self, from: Data(contentsOf: URL(fileURLWithPath: path("json"))))
  }

  static func set(_ name: String) throws -> FeatureSet {
    try FeatureSet(reading: [path("\(name).npz")], labels: [path("y.npy")])
  }
}

/// Examples of four classes about corners, `noise` wide.
private func clouds(_ stream: UInt64, noise: Double, n: Int = 240, d: Int = 6) throws -> TensorRows {
  var numbers = counterNumbers(stream, n * d, noise)
  for row in 0..<n { numbers[row * d + row % 4] += 1 }
  return try TensorRows(Tensor(numbers, shape: [n, d]))
}

private let cloudLabels = (0..<240).map { $0 % 4 }

@Suite struct CrossValidationTests {
  /// scikit-learn's answers, fold by fold, at one lambda.
  @Test(arguments: ["old", "new"])
  func hasThePeersAnswers(_ name: String) throws {
    let (known, set) = (try Known.read(), try Known.set(name))
    // The holdout has one lambda to choose from.
    let validation = CrossValidation(
      labels: try set.requireLabels(), foldOf: known.folds, folds: 4, options: ProbeOptions(lambdas: [0.5]))
    let answers = try validation.answers(set.layer().allRows()) { _ in }
    #expect(answers == known.probes[name])
  }

  @Test func foldsShareOutEveryClass() throws {
    let labels = [Int](repeating: 3, count: 23) + [Int](repeating: -1, count: 11) + [8]
    let validation = try CrossValidation(labels: labels, folds: 4, ProbeOptions())
    for fold in 0..<4 {
      let held = labels.indices.filter { validation.foldOf[$0] == fold }
      #expect((8...9).contains(held.count))
      #expect((5...6).contains(held.count { labels[$0] == 3 }) && (2...3).contains(held.count { labels[$0] == -1 }))
    }
    #expect(validation.foldOf != (try CrossValidation(labels: labels, folds: 4, ProbeOptions(seed: 1)).foldOf))
    for folds in [1, 36] {
      #expect(throws: TransferError.self) { try CrossValidation(labels: labels, folds: folds, ProbeOptions()) }
    }
  }

  /// Labels that have nothing to do with the features: whoever had seen an example would know it.
  @Test func noProbeSawWhatItAnswers() throws {
    let n = 60
    let features = try Tensor(counterNumbers(5, n * 80), shape: [n, 80])
    let labels = (0..<n).map { Int(2 * counterUniform(6, $0)) }
    let options = ProbeOptions(lambdas: [1e-4], accuracy: .protocolBound)
    let answers = try CrossValidation(labels: labels, folds: 5, options).answers(features) { _ in }
    #expect(zip(answers, labels).count { $0 == $1 } < 45)
  }
}

@Suite struct ComparisonTests {
  @Test func findsWhatIsBetter() throws {
    let found = try Comparison.run(
      old: Comparison.Embedding(clouds(1, noise: 1.6)), new: Comparison.Embedding(clouds(2, noise: 0.8)),
      labels: cloudLabels)
    #expect(found.verdict == .better && found.measures.count == 6)
    for name in ["map_at_r", "knn_accuracy", "probe_accuracy"] { #expect(found[name]?.verdict == .better, "\(name)") }
    #expect(found.reasons == ["output_accuracy": "neither file holds outputs"])
    #expect(try #require(found.separationNew) > #require(found.separationOld))
    #expect(found.perClass.map(\.label) == [0, 1, 2, 3] && found.perClass.allSatisfy { $0.n == 60 })
    #expect(found.summary.hasPrefix("The new embedding is better by "))
    for (index, name) in found.measures.map(\.name).enumerated() {
      // Classes of one size: their differences average to the whole's.
      let mean = found.perClass.reduce(0) { $0 + ($1.measures[index].difference ?? .nan) } / 4
      #expect(abs(mean - (found[name]?.difference ?? .nan)) < 1e-12)
    }
    let back = try Comparison.run(
      old: Comparison.Embedding(clouds(2, noise: 0.8)), new: Comparison.Embedding(clouds(1, noise: 1.6)),
      labels: cloudLabels)
    #expect(back.verdict == .worse && back["map_at_r"]?.p == found["map_at_r"]?.p)
    #expect(abs(try #require(back.cka) - #require(found.cka)) < 1e-6)
  }

  /// The same embedding, turned and ten times as long.
  @Test func nothingChangesUnderRotations() throws {
    let rows = try clouds(3, noise: 1)
    let (c, s) = (0.6, 0.8)
    var turn = (0..<36).map { $0 % 7 == 0 ? 1.0 : 0 }
    (turn[0], turn[1], turn[6], turn[7]) = (c, -s, s, c)
    let turned = try TensorRows(rows.tensor.matmul(Tensor(turn, shape: [6, 6])) * 10)
    let found = try Comparison.run(
      old: Comparison.Embedding(rows), new: Comparison.Embedding(turned), labels: cloudLabels)
    #expect(found.verdict == .unsettled && abs((found.cka ?? 0) - 1) < 1e-5)
    for measure in found.measures where measure.name != "probe_accuracy" {
      #expect(measure.difference == 0 && measure.p == 1 && measure.examplesNeeded == nil, "\(measure)")
    }
    let same = try Comparison.run(
      old: Comparison.Embedding(rows), new: Comparison.Embedding(rows), labels: cloudLabels)
    #expect(same.measures.allSatisfy { $0.difference == 0 && $0.p == 1 } && same.cka == 1)
    #expect(same.summary == "No difference in any measure.")
  }

  @Test func outputsAreComparedWhereBothHaveThem() throws {
    let (old, new) = (try Known.set("old"), try Known.set("new"))
    let labels = try old.requireLabels()
    func run(_ rows: [Int]) throws -> ComparisonFindings {
      func embedding(_ set: FeatureSet) throws -> Comparison.Embedding {
        Comparison.Embedding(ChosenRows(try set.layer(), rows), outputs: ChosenRows(try set.requireOutputs(), rows))
      }
      return try Comparison.run(old: embedding(old), new: embedding(new), labels: rows.map { labels[$0] })
    }
    let all = try run(Array(labels.indices))
    #expect(all["output_accuracy"] == nil)
    #expect(all.reasons["output_accuracy"] == "label -3 is no column of the outputs, 0..<13")
    #expect(try run(labels.indices.filter { labels[$0] >= 0 })["output_accuracy"]?.n == 48)
  }

  @Test func queriesAreWhatIsCompared() throws {
    var options = Comparison.Options()
    (options.retrieval.queries, options.skipped) = (50, [.separation, .cka])
    let found = try Comparison.run(
      old: Comparison.Embedding(clouds(1, noise: 1)), new: Comparison.Embedding(clouds(2, noise: 1)),
      labels: cloudLabels, options)
    #expect(found.queries == 50 && found.n == 240 && found.measures.allSatisfy { $0.n == 50 })
    #expect(found.perClass.reduce(0) { $0 + $1.n } == 50 && found.cka == nil && found.separationOld == nil)
  }

  @Test func oddInput() throws {
    let rows = try clouds(1, noise: 1)
    func run(_ old: any RowSource, _ new: any RowSource, _ labels: [Int]) throws -> ComparisonFindings {
      var options = Comparison.Options()
      options.folds = 5
      return try Comparison.run(
        old: Comparison.Embedding(old), new: Comparison.Embedding(new), labels: labels, options)
    }
    let one = try run(rows, rows, [Int](repeating: 2, count: 240))
    #expect(one["map_at_r"]?.old == 1 && one.reasons["probe_accuracy"] == "there is one class")
    let few = try run(TensorRows(rows.tensor.narrow(0, 0, 3)), TensorRows(rows.tensor.narrow(0, 3, 3)), [0, 1, 0])
    #expect(few.reasons["probe_accuracy"] == "fewer examples than folds: 3 for 5")
    #expect(few.reasons["cka"] == "fewer than 4 examples")
    let zeros = try run(rows, TensorRows(Tensor.zeros([240, 2])), cloudLabels)
    #expect(zeros["map_at_r"]?.reason?.hasPrefix("new: 240 of 240 feature vectors are zero") == true)
    #expect(zeros.cka == nil && zeros.reasons["cka"] != nil && zeros.reasons["r2_debiased"] != nil)
    let lone = try run(rows, clouds(2, noise: 1), Array(0..<240))
    #expect(lone["map_at_r"]?.reason == "every query is alone in its class" && lone.leftOut == 240)
    #expect(lone.reasons["probe_accuracy"] == "too few examples of a class to hold some out")
    #expect(throws: MeasureError.self) { try run(rows, clouds(1, noise: 1, n: 200), cloudLabels) }
    #expect(throws: MeasureError.self) { try run(rows, rows, [0, 1]) }
    #expect(throws: MeasureError.self) { try run(rows, TensorRows(rows.tensor.log()), cloudLabels) }
  }

  @Test func writesItsKeys() throws {
    var options = Comparison.Options()
    options.skipped = [.probe]
    let found = try Comparison.run(
      old: Comparison.Embedding(clouds(1, noise: 1)), new: Comparison.Embedding(clouds(2, noise: 1)),
      labels: cloudLabels, options)
    let data = try JSONEncoder().encode(found)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(
      Set(object.keys) == [
        "n", "queries", "left_out", "dimensions_old", "dimensions_new", "verdict", "summary", "measures", "separation",
        "cka", "per_class", "reasons",
      ])
    let measure = (object["measures"] as? [String: [String: Any]])?["map_at_r"]
    for key in [
      "n", "old", "new", "difference", "low", "high", "p", "p_holm", "verdict", "settled", "examples_needed",
    ] {
      #expect(measure?[key] != nil, "\(key)")
    }
  }
}
