import Features
import Foundation
import TestSupport
import Testing
import Torch

@testable import Measures

/// Two embeddings of 64 examples by generate_retrieval.py, and what it makes of them.
private struct Known: Decodable {
  var means: [String: [String: Double]]
  var classes: [String: [String: [Double?]]]
  var outputs: [String: Double]

  static func read() throws -> Known {
    try JSONDecoder().decode(
      Known.self, from: Data(contentsOf: URL(fileURLWithPath: fixture("retrieval.json"))))
  }

  static func set(_ name: String) throws -> FeatureSet {
    try FeatureSet(reading: [fixture("retrieval.\(name).npz")], labels: [fixture("retrieval.y.npy")])
  }
}

@Suite struct RetrievalTests {
  @Test(arguments: ["old", "new"])
  func equalsTheDefinition(_ name: String) throws {
    let (known, set) = (try Known.read(), try Known.set(name))
    let result = try Retrieval.measure(set.layer(), labels: set.requireLabels())
    #expect(result.queries == 64 && result.leftOut == 1 && result.reasons.isEmpty)
    #expect(result.entries.count == 5)
    for (place, entry) in result.entries.enumerated() {
      #expect(agree(entry.value, known.means[name]?[entry.name], 1e-12), "\(entry.name)")
      let wanted = try #require(known.classes[name]?[entry.name])
      #expect(result.perClass.map(\.label) == [-3, 0, 4, 5, 7, 12])
      for (entry, value) in zip(result.perClass, wanted) { #expect(agree(entry.values[place], value, 1e-12)) }
    }
  }

  /// What is found in a half is what the same measure finds where there is nothing else.
  @Test func halvesAreSetsOfTheirOwn() throws {
    let set = try Known.set("old")
    let labels = try set.requireLabels()
    var options = Retrieval.Options()
    (options.halves, options.seed) = (8, 3)
    let plan = try RetrievalPlan(count: set.count, labels: labels, options)
    var tally = RetrievalTally(plan)
    let ranking = try #require(try NeighborRanking(set.layer()))
    try ranking.forEach(of: plan.queries, depths: plan.depths, progress: { _ in }) { tally.add($0, $1) }
    let means = RetrievalMeans(plan)
    for half in 0..<options.halves {
      let rows = HalfSamples.half(of: set.count, seed: options.seed, half).sorted()
      let alone = try Retrieval.measure(ChosenRows(set.layer(), rows), labels: rows.map { labels[$0] })
      for (measure, entry) in alone.entries.enumerated() {
        #expect(agree(means.halves(tally.sums[measure], measure)[half], entry.value, 1e-6), "\(entry.name)")
      }
    }
  }

  /// Neighbours on an arc, two to a class, more than one block of them: the nearest are the row before and the row after, equally near, and
  /// the lower one comes first.
  @Test func equallyNearGoesToTheLowerRow() throws {
    let n = 9000
    let x = try Tensor((0..<n).flatMap { [cos(1e-4 * Double($0)), sin(1e-4 * Double($0))] }, shape: [n, 2])
    var options = Retrieval.Options()
    (options.queries, options.halves) = (700, 2)
    let labels = (0..<n).map { $0 / 2 }
    let result = try Retrieval.measure(TensorRows(x), labels: labels, options)
    let queries = try Retrieval.queries(count: n, options)
    #expect(Set(queries).count == 700 && queries == queries.sorted())
    let wanted = Double(queries.count { $0 % 2 == 1 || $0 == 0 }) / 700
    #expect(result["recall_at_1"] == wanted && result["map_at_r"] == wanted && result["recall_at_5"] == 1)
    #expect(result["knn_accuracy"].map { $0 < 1 } == true)
  }

  /// Lengths and factors do not matter, and copies tie.
  @Test func copiesTie() throws {
    let rows = (0..<40).flatMap { row -> [Double] in [3, 1, -2].map { $0 * Double(1 + row % 7) / 3 } }
    let result = try Retrieval.measure(
      TensorRows(Tensor(rows, shape: [40, 3])), labels: (0..<40).map { $0 % 2 })
    // Row 0 is the nearest of all but itself, which has row 1.
    #expect(result["recall_at_1"] == 19.0 / 40)
  }

  @Test func perfectAndRandom() throws {
    let n = 600
    let labels = (0..<n).map { $0 % 4 }
    let corners = try Tensor(labels.flatMap { label in (0..<4).map { $0 == label ? 1.0 : 0 } }, shape: [n, 4])
    let perfect = try Retrieval.measure(TensorRows(corners), labels: labels)
    #expect(perfect.entries.allSatisfy { $0.value == 1 && $0.low == 1 && $0.high == 1 })
    let noise = try Tensor(counterNumbers(4, n * 10), shape: [n, 10])
    let random = try Retrieval.measure(TensorRows(noise), labels: labels)
    for name in ["recall_at_1", "knn_accuracy"] { #expect(agree(random[name], 0.25, 0.06), "\(name)") }
    // 1 - C(n - n/4, 5) / C(n - 1, 5) of five drawn from the others.
    var missed = 1.0
    for drawn in 0..<5 { missed *= Double(450 - drawn) / Double(599 - drawn) }
    #expect(agree(random["recall_at_5"], 1 - missed, 0.05))
  }

  @Test func oddInput() throws {
    let x = try Tensor(counterNumbers(1, 36), shape: [12, 3])
    let alone = try Retrieval.measure(TensorRows(x), labels: Array(0..<12))
    #expect(alone["recall_at_1"] == nil && alone["map_at_r"] == nil && alone["knn_accuracy"] == 0)
    #expect(alone.leftOut == 12 && alone.reasons["map_at_r"] == "every query is alone in its class")
    let one = try Retrieval.measure(TensorRows(x), labels: [Int](repeating: 9, count: 12))
    #expect(one.entries.allSatisfy { $0.value == 1 })
    let two = try Retrieval.measure(TensorRows(x.narrow(0, 0, 2)), labels: [1, 1])
    #expect(two.entries.allSatisfy { $0.value == 1 && $0.low == nil })
    let kept: [Double] = [0, 0] + [Double](repeating: 1, count: 10)
    let zero = try Retrieval.measure(TensorRows(x * Tensor(kept, shape: [12, 1])), labels: Array(0..<12))
    #expect(zero.entries.allSatisfy { $0.value == nil } && zero.perClass.isEmpty)
    #expect(zero.reasons["recall_at_1"] == "2 of 12 feature vectors are zero: they have no direction")
    var options = Retrieval.Options()
    options.ks = [50, 50]
    #expect(try Retrieval.measure(TensorRows(x), labels: (0..<12).map { $0 % 3 }, options)["recall_at_50"] == 1)
    for bad in [[0], []] {
      options.ks = bad
      #expect(throws: MeasureError.self) { try Retrieval.measure(TensorRows(x), labels: Array(0..<12), options) }
    }
    #expect(throws: MeasureError.self) { try Retrieval.measure(TensorRows(x), labels: [0, 1]) }
    #expect(throws: MeasureError.self) { try Retrieval.measure(TensorRows(x.narrow(0, 0, 1)), labels: [0]) }
    #expect(throws: MeasureError.self) { try Retrieval.measure(TensorRows(x.log()), labels: Array(0..<12)) }
    #expect(throws: MeasureError.self) {
      try Retrieval.compare(TensorRows(x), TensorRows(x.narrow(0, 0, 5)), labels: Array(0..<12))
    }
  }

  @Test func comparesValuesOfBoth() throws {
    let (known, old, new) = (try Known.read(), try Known.set("old"), try Known.set("new"))
    let pair = try Retrieval.compare(old.layer(), new.layer(), labels: old.requireLabels())
    for (place, measure) in pair.measures.enumerated() {
      let (first, second) = (known.means["old"]?[measure.name], known.means["new"]?[measure.name])
      #expect(agree(measure.old, first, 1e-12) && agree(measure.new, second, 1e-12))
      #expect(try agree(measure.difference, #require(second) - #require(first), 1e-12))
      #expect(measure.n == (measure.name == "knn_accuracy" ? 64 : 63) && measure.p != nil)
      let low = try #require(measure.low)
      let high = try #require(measure.high)
      #expect(try low < #require(measure.difference) && high > #require(measure.difference))
      #expect(pair.perClass[2][place].reason?.contains("fewer than 10 examples") == true)
    }
    let alone = pair.perClass[3]
    #expect(alone[3].old == nil && alone[3].reason == "every query is alone in its class" && alone[4].old == 0)
    let same = try Retrieval.compare(new.layer(), new.layer(), labels: old.requireLabels())
    for measure in same.measures {
      #expect(measure.difference == 0 && measure.p == 1 && measure.examplesNeeded == nil)
      #expect(measure.verdict == .unsettled && measure.reason == "examples_needed: the difference is 0")
    }
  }
}

@Suite struct PairedMeasureTests {
  /// McNemar's test by SciPy, the interval of Agresti and Min, the examples a paired z test needs.
  @Test func equalsTheDefinition() throws {
    let known = try Known.read().outputs
    let sets = try ["old", "new"].map(Known.set)
    let labels = try sets[0].requireLabels()
    let kept = labels.indices.filter { labels[$0] >= 0 }
    let right = try sets.map { set in
      let answers = try set.requireOutputs().allRows().argmax(1).ints()
      return kept.map { answers[$0] == labels[$0] }
    }
    let measure = PairedMeasure("output_accuracy", old: right[0], new: right[1])
    #expect(agree(measure.old, known["old"], 1e-12) && agree(measure.new, known["new"], 1e-12))
    #expect(agree(measure.p, known["p"], 1e-12))
    #expect(agree(measure.low, known["low"], 1e-6) && agree(measure.high, known["high"], 1e-6))
    #expect(measure.examplesNeeded == known["needed"].map { Int($0.rounded(.up)) })
    #expect(measure.verdict == .better && measure.isSettled)
  }

  @Test func closedForms() throws {
    let none = [Bool](repeating: false, count: 8)
    let all = [Bool](repeating: true, count: 8)
    let gain = PairedMeasure("m", old: none, new: all)
    #expect(gain.difference == 1 && agree(gain.p, 2 / 256, 1e-12) && gain.examplesNeeded == 6)
    let loss = PairedMeasure("m", old: all, new: none)
    #expect(loss.verdict == .worse && loss.low == gain.high.map { -$0 })
    // Dependent answers: never below what eight signs give.
    #expect(agree(PairedMeasure("m", old: none, new: all, factor: 2.25).p, 2 / 256, 1e-12))
    #expect(PairedMeasure("m", old: [], new: []).reason == "no examples")
    #expect(PairedMeasure("m", reason: "why").verdict == nil)
    // z of 3 in a thousand examples: erfc(3 / sqrt 2).
    let spread = PairedMeasure("m", n: 1_000_000, old: 0.5, new: 0.503, halves: [0.001, 0.003, 0.002], untested: "")
    #expect(agree(spread.p, 0.0026998, 1e-4))
    let reach: Double = 1.959964 + 0.841621
    let needed: Double = reach * reach / 9e-6
    #expect(spread.examplesNeeded == Int(needed.rounded(.up)))
  }

  @Test func correctsForTheNumberOfTests() {
    var measures = [(0, 5), (1, 12), (3, 4)].map { lost, gained in
      let zeros = [Bool](repeating: false, count: gained)
      let ones = [Bool](repeating: true, count: lost)
      return PairedMeasure("m", old: zeros + ones, new: zeros.map { !$0 } + ones.map { !$0 })
    }
    measures.append(PairedMeasure("undefined", reason: "why"))
    PairedMeasure.correct(&measures)
    let wanted: [Double?] = [0.125, 0.01025390625, 1, nil]
    for (measure, p) in zip(measures, wanted) { #expect(agree(measure.pHolm, p, 1e-12)) }
    #expect(measures.map(\.isSettled) == [false, true, false, false])
  }

  /// Embeddings of equal worth are told apart no more often than the level says; queries taken for independent far more often.
  @Test func holdsItsLevel() throws {
    let (n, classes, d, trials) = (120, 6, 8, 100)
    let centers = counterNumbers(90, classes * d, 1.6)
    var (settled, missed, naive) = ([String: Int](), [String: Int](), 0)
    for trial in 0..<trials {
      let labels = (0..<n).map { Int(counterUniform(UInt64(1000 + trial), $0) * Double(classes)) }
      func embedding(_ stream: Int, noise: Double) throws -> TensorRows {
        var numbers = counterNumbers(UInt64(2000 + 4 * trial + stream), n * d, noise)
        for row in 0..<n {
          for column in 0..<d { numbers[row * d + column] += centers[labels[row] * d + column] }
        }
        return try TensorRows(Tensor(numbers, shape: [n, d]))
      }
      let base = try embedding(0, noise: 1.8)
      let equal = try embedding(1, noise: 1.8)
      for measure in try Retrieval.compare(base, equal, labels: labels).measures {
        settled[measure.name, default: 0] += try #require(measure.p) < 0.05 ? 1 : 0
      }
      let plan = try RetrievalPlan(count: n, labels: labels, Retrieval.Options())
      let precisions = try [base, equal].map { rows in
        var tally = RetrievalTally(plan)
        let ranking = try #require(try NeighborRanking(rows))
        try ranking.forEach(of: plan.queries, depths: plan.depths, progress: { _ in }) { tally.add($0, $1) }
        return tally.values[plan.precision].map { $0 ?? 0 }
      }
      let changes = zip(precisions[0], precisions[1]).map { $1 - $0 }
      let sum = changes.reduce(0, +)
      let squares = changes.reduce(0) { $0 + $1 * $1 }
      if abs(sum) > 1.959964 * squares.squareRoot() { naive += 1 }
      for measure in try Retrieval.compare(base, embedding(2, noise: 1.2), labels: labels).measures {
        missed[measure.name, default: 0] += measure.verdict == .better ? 0 : 1
      }
    }
    #expect(settled.values.allSatisfy { $0 <= 10 } && naive >= 20, "\(settled), \(naive)")
    #expect(try #require(missed["map_at_r"]) <= 10, "\(missed)")
  }
}
