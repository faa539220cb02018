import Features
import Foundation
import TestSupport
import Testing
import Torch

@testable import Measures

/// What generate_shift.py expects.
private struct Expected: Decodable {
  var temperature: Double
  var sets: [String: [String: Double]]
  var meanError, ce, relativeCE: [String: Double]
  var meanCorruptionError, mce, relativeMCE: Double

  enum CodingKeys: String, CodingKey {
    case temperature, sets, ce, mce
    case meanError = "mean_error"
    case relativeCE = "relative_ce"
    case meanCorruptionError = "mean_corruption_error"
    case relativeMCE = "relative_mce"
  }

  init() throws {
    self = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: URL(fileURLWithPath: fixture("shift/expected.json"))))
  }
}

@Suite struct ShiftTests {
  private func examples(_ name: String, _ corruption: String? = nil, _ severity: Int? = nil) throws -> Shift.Examples {
    let isBare = name == "noise_2"
    let set = try FeatureSet(
      reading: [fixture("shift/\(name).\(isBare ? "npy" : "npz")")],
      labels: isBare ? [fixture("shift/labels.npy")] : [], role: .outputs)
    return Shift.Examples(
      name: name, corruption: corruption, severity: severity, outputs: try set.requireOutputs(),
      labels: try set.requireLabels())
  }

  private func sets() throws -> [Shift.Examples] {
    try [
      examples("fog-1", "fog", 1), examples("fog-3", "fog", 3), examples("noise-1", "noise", 1),
      examples("noise_2", "noise", 2), examples("noise-5", "noise", 5), examples("sketch"),
    ]
  }

  private let reference = Shift.Reference(
    name: "table", clean: 0.305,
    errors: [
      "fog": [1: 0.415, 2: 0.5, 3: 0.6325], "noise": [1: 0.38, 2: 0.475, 5: 0.8], "snow": [1: 0.55],
    ])

  @Test func equalsTheDefinitions() throws {
    let expected = try Expected()
    let result = try Shift.measure(
      clean: examples("clean"), sets: sets(), temperature: expected.temperature, reference: reference)
    let clean = try #require(expected.sets["clean"])
    #expect(result.sets.map(\.name) == ["fog-1", "fog-3", "noise-1", "noise_2", "noise-5", "sketch"])
    for entry in [result.clean] + result.sets {
      let wanted = try #require(expected.sets[entry.name])
      func values(_ figures: ShiftResult.Figures) -> [String: Double] {
        [
          "accuracy": figures.accuracy, "error": figures.error, "nll": figures.nll ?? .nan, "brier": figures.brier,
          "ece": figures.ece, "scaled_nll": figures.scaled?.nll ?? .nan, "scaled_brier": figures.scaled?.brier ?? .nan,
          "scaled_ece": figures.scaled?.ece ?? .nan,
        ]
      }
      for (name, value) in values(entry.figures) { #expect(agree(value, wanted[name], 1e-10), "\(entry.name) \(name)") }
      #expect(agree(entry.interval.low, wanted["low"], 1e-9) && agree(entry.interval.high, wanted["high"], 1e-9))
      #expect(Double(entry.n) == wanted["n"])
      let changes = entry.change.map { values($0) } ?? [:]
      for (name, value) in changes {
        #expect(try agree(value, #require(wanted[name]) - #require(clean[name]), 1e-10), "\(entry.name) \(name)")
      }
      #expect((entry.change == nil) == (entry.name == "clean"))
    }
    #expect(result.corruptions.map(\.corruption) == ["fog", "noise"])
    for corruption in result.corruptions {
      #expect(agree(corruption.error, expected.meanError[corruption.corruption], 1e-12))
      #expect(agree(corruption.ce, expected.ce[corruption.corruption], 1e-12))
      #expect(agree(corruption.relativeCE, expected.relativeCE[corruption.corruption], 1e-12))
    }
    #expect(agree(result.meanCorruptionError, expected.meanCorruptionError, 1e-12))
    #expect(agree(result.mce, expected.mce, 1e-12) && agree(result.relativeMCE, expected.relativeMCE, 1e-12))
    #expect(result.reasons.isEmpty)
    #expect(
      Set(result.missing) == [
        .init(corruption: "fog", severity: 2, from: .sets), .init(corruption: "snow", severity: nil, from: .sets),
      ])
  }

  /// A set of `count` examples of two classes of which `wrong` are taken for the other.
  private func set(
    _ corruption: String?, _ severity: Int?, wrong: Int, of count: Int = 10
  ) throws -> Shift.Examples {
    let outputs = (0..<count).flatMap { place -> [Double] in place < wrong ? [0, 1] : [1, 0] }
    return Shift.Examples(
      name: "\(corruption ?? "plain") \(severity ?? 0)", corruption: corruption, severity: severity,
      outputs: try TensorRows(Tensor(outputs, shape: [count, 2])), labels: [Int](repeating: 0, count: count))
  }

  private func result(
    _ sets: [(String, Int, Int)], clean: Int = 1, _ reference: Shift.Reference?
  ) throws -> ShiftResult {
    try Shift.measure(
      clean: set(nil, nil, wrong: clean), sets: sets.map { try set($0.0, $0.1, wrong: $0.2) }, reference: reference)
  }

  /// Two corruptions with errors of 20, 40 and 90 %, 10 % clean, by hand.
  @Test func closedForm() throws {
    let sets = [("a", 1, 2), ("a", 2, 4), ("b", 1, 9)]
    let reference = Shift.Reference(name: "r", clean: 0.2, errors: ["a": [1: 0.4, 2: 0.8], "b": [1: 0.6]])
    let found = try result(sets, reference)
    #expect(agree(found.meanCorruptionError, (0.3 + 0.9) / 2, 1e-12))
    #expect(agree(found.mce, (0.6 / 1.2 + 0.9 / 0.6) / 2, 1e-12))
    #expect(agree(found.relativeMCE, (0.4 / 0.8 + 0.8 / 0.4) / 2, 1e-12))
    // The model itself is its own reference: 1.
    let own = Shift.Reference(name: "own", clean: 0.1, errors: ["a": [1: 0.2, 2: 0.4], "b": [1: 0.9]])
    let one = try result(sets, own)
    #expect(agree(one.mce, 1, 1e-12) && agree(one.relativeMCE, 1, 1e-12))
    // Corruptions in another order are the same.
    #expect(try agree(result(sets.reversed(), reference).mce, found.mce, 1e-15))
  }

  @Test func alexNetIsTheMeanOverFiveSeverities() throws {
    // Everything wrong: CE is 1 / AlexNet's error, for fog 1 / 0.819324.
    let fog = try result((1...5).map { ("fog", $0, 10) }, .alexNet)
    #expect(agree(fog.mce, 1 / 0.819324, 1e-12) && fog.missing.count == 14)
    #expect(fog.relativeMCE == nil && fog.reasons["relative_mce"]?.contains("clean error") == true)
    let errors = Shift.Reference.alexNet.errors
    #expect(errors.count == 15 && errors.values.allSatisfy { $0.count == 5 })
    // Only some severities cannot be told from a mean.
    let part = try result([("fog", 1, 10), ("fog", 2, 10)], .alexNet)
    #expect(part.mce == nil && part.corruptions[0].compared.isEmpty)
    #expect(part.corruptions[0].reason?.contains("[3, 4, 5]") == true)
    #expect(part.meanCorruptionError == 1)
  }

  @Test func whatIsUndefinedIsSaid() throws {
    let none = try result([("a", 1, 5)], nil)
    #expect(none.mce == nil && none.reasons["mce"]?.contains("reference") == true)
    #expect(none.meanCorruptionError == 0.5 && none.corruptions[0].reason != nil)
    let perfect = Shift.Reference(name: "r", clean: 0, errors: ["a": [1: 0]])
    let zero = try result([("a", 1, 5)], perfect)
    #expect(zero.mce == nil && zero.reasons["mce"] == "a: the reference makes no errors")
    #expect(zero.relativeMCE == nil && zero.reasons["relative_mce"]?.hasPrefix("a: ") == true)
    // 0.1 + 0.2 - 2 * 0.15 is not 0 in binary.
    let flat = Shift.Reference(name: "r", clean: 0.15, errors: ["a": [1: 0.1, 2: 0.2]])
    #expect(try result([("a", 1, 5), ("a", 2, 5)], flat).relativeMCE == nil)
    let other = Shift.Reference(name: "r", clean: nil, errors: ["b": [1: 0.5]])
    let apart = try result([("a", 1, 5)], other)
    #expect(apart.mce == nil && apart.reasons["mce"]?.contains("share no") == true)
    #expect(Set(apart.missing.map(\.from)) == [.sets, .reference])
    let plain = try Shift.measure(clean: set(nil, nil, wrong: 1), sets: [set(nil, nil, wrong: 4)])
    #expect(plain.meanCorruptionError == nil && plain.reasons["mean_corruption_error"] != nil)
    #expect(agree(plain.sets[0].change?.accuracy, -0.3, 1e-12))
    let json = String(decoding: try JSONEncoder().encode(plain), as: UTF8.self)
    #expect(json.contains("\"mce\":null") && json.contains("\"severity\":null") && json.contains("\"scaled\":null"))
  }

  /// Wilson's interval at its ends and by its definition: |p - q| = z sqrt(q (1 - q) / n) at both.
  @Test func intervals() {
    #expect(Accuracy.interval(0, n: 10).low == 0 && Accuracy.interval(1, n: 10).high == 1)
    #expect(agree(Accuracy.interval(0, n: 10).high, 3.841458820694124 / 13.841458820694124, 1e-12))
    for (hits, n) in [(3.0, 10), (700, 1000), (1, 2)] {
      let (p, found) = (hits / Double(n), Accuracy.interval(hits / Double(n), n: n))
      for q in [found.low, found.high] {
        #expect(agree(abs(p - q), 1.959963984540054 * (q * (1 - q) / Double(n)).squareRoot(), 1e-12))
      }
    }
  }

  @Test func badInputIsRefused() throws {
    func message(_ sets: [Shift.Examples]) throws -> String {
      do {
        _ = try Shift.measure(clean: set(nil, nil, wrong: 1), sets: sets)
        return ""
      } catch { return "\(error)" }
    }
    #expect(try message([set("a", 1, wrong: 1), set("a", 1, wrong: 2)]).contains("a at severity 1 in a 1 and in a 1"))
    func odd(_ values: [Double], _ shape: [Int], _ labels: [Int]) throws -> Shift.Examples {
      .init(name: "odd", outputs: try TensorRows(Tensor(values, shape: shape)), labels: labels)
    }
    #expect(try message([odd([1, 2, 3], [1, 3], [0])]).contains("odd: outputs: found 3 classes; expected 2"))
    #expect(try message([odd([1, 2], [1, 2], [2])]).contains("odd: labels[0]: found 2; expected a class in 0..<2"))
    #expect(try message([odd([1, 2], [1, 2], [0, 1])]).contains("odd: labels: found 2; expected 1"))
    let bad = try message([odd([1, 2, .nan, 4], [2, 2], [0, 1])])
    #expect(bad.contains("odd: outputs: found NaN or infinity in row 1"))
  }
}
