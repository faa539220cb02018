import Foundation
import Testing

@testable import Study

@Suite struct SweptValueTests {
  /// The texts that a value of a temperature stands for.
  private func values(_ text: String) throws -> [String] {
    try SpecNode.parse(text, file: "f").numbers("x").map { try $0.text("x") }
  }

  @Test(arguments: [
    ("0.1", ["0.1"]), ("[1e-3, 0.10]", ["1e-3", "0.10"]),
    ("{ from: 0.1, to: 0.5, step: 0.1 }", ["0.1", "0.2", "0.3", "0.4", "0.5"]),
    ("{ from: 0.1, to: 0.5, step: 0.3 }", ["0.1", "0.4"]),
    ("{ from: 3e-4, to: 9e-4, step: 3e-4 }", ["0.0003", "0.0006", "0.0009"]),
    ("{ from: -1, to: 1, step: 1 }", ["-1", "0", "1"]), ("{ from: 2, to: 2, step: 1 }", ["2"]),
    ("{ from: 0, to: 1, count: 4 }", ["0", "0.333", "0.667", "1"]),
    ("{ from: 0.1, to: 0.5, count: 5 }", ["0.1", "0.2", "0.3", "0.4", "0.5"]),
    ("{ from: 1000, to: 1001, count: 5 }", ["1000", "1000.25", "1000.5", "1000.75", "1001"]),
    ("{ from: 0, to: 3e-9, count: 4 }", ["0", "1e-9", "2e-9", "3e-9"]),
    ("{ log: [1e-5, 1e-2], count: 4 }", ["1e-5", "0.0001", "0.001", "0.01"]),
    ("{ log: [1e-4, 0.1], count: 7 }", ["0.0001", "0.000316", "0.001", "0.00316", "0.01", "0.0316", "0.1"]),
    ("{ log: [100, 101], count: 3 }", ["100", "100.499", "101"]),
    ("{ log: [1, 1e6], count: 3 }", ["1", "1000", "1000000"]),
    ("1..4", ["1", "2", "3", "4"]),
    ("[0, 3..5, { from: 8, to: 9, step: 0.5 }]", ["0", "3", "4", "5", "8", "8.5", "9"]),
  ])
  func pointsOfRanges(text: String, points: [String]) throws { #expect(try values(text) == points) }

  @Test func everyPointIsNearTheExactOneAndNoneTwice() throws {
    for count in [2, 3, 10, 45, 1000] {
      let logs = try values("{ log: [1e-6, 1e5], count: \(count) }").compactMap(Double.init)
      #expect(Set(logs).count == count && logs == logs.sorted())
      for (place, value) in logs.enumerated() {
        let exact = 1e-6 * pow(1e11, Double(place) / Double(count - 1))
        #expect(abs(value / exact - 1) < 0.01)
      }
      let even = try values("{ from: 0.7, to: 1.9, count: \(count) }").compactMap(Double.init)
      #expect(Set(even).count == count && even == even.sorted())
      for (place, value) in even.enumerated() {
        #expect(abs(value - 0.7 - 1.2 * Double(place) / Double(count - 1)) < 0.01 * 1.2 / Double(count - 1))
      }
    }
  }

  @Test(arguments: [
    ("{ from: 0.5, to: 0.1, step: 0.1 }", "f:1:1: x: the range is empty: it begins at 0.5 and ends at 0.1"),
    ("{ from: 0.5, to: 0.1, count: 3 }", "f:1:1: x: 'from' (0.5) must be below 'to' (0.1)"),
    ("{ from: 1, to: 1, count: 2 }", "must be below"), ("5..1", "f:1:1: x: the range is empty"),
    ("{ from: 0, to: 1, step: 0 }", "f:1:25: x.step: must be above 0"),
    ("{ from: 0, to: 1, step: -0.1 }", "x.step: must be above 0"),
    ("{ from: 0, to: 1, step: 1e-9 }", "f:1:1: x: the range has more than 1000 points"),
    ("{ from: 0, to: 1e30, step: 1e-30 }", "more than 1000 points"), ("0..1000", "more than 1000 points"),
    ("{ from: 0, to: 1, count: 1001 }", "f:1:26: x.count: 1001 is out of range; expected 2 to 1000"),
    ("{ from: 0, to: 1, count: 3, step: 0.5 }", "give either 'step' or 'count'"),
    ("{ from: 0, to: 1 }", "f:1:1: x: add 'step: 0.1' or 'count: 5'"), ("{ to: 1, step: 1 }", "key 'from' is missing"),
    ("{ from: 0, to: 1, steps: 5 }", "f:1:19: x: unknown key 'steps'; did you mean 'step'?"),
    ("{}", "'from' is missing"),
    ("{ from: nan, to: 1, step: 1 }", "f:1:9: x.from: expected a number, found nan"),
    ("{ from: 0x1, to: 9, step: 1 }", "x.from: expected a number such as 0.1"),
    ("{ log: [0, 1], count: 3 }", "f:1:9: x.log: 0 has no logarithm"),
    ("{ log: [1, -2], count: 3 }", "-2 has no logarithm"),
    ("{ log: [1, 0.1], count: 3 }", "1 must be below 0.1"), ("{ log: [1, 2, 3], count: 3 }", "the two ends"),
    ("{ log: 3, count: 3 }", "x.log: expected a list"), ("{ log: [1, 2] }", "key 'count' is missing"),
    ("{ log: [1, 2], count: 3, step: 1 }", "a log range has no 'step'"), ("[]", "the list is empty"),
    ("1...5", "'1...5' is not a range"), ("0.1..0.5", "whole numbers are written 1..5"), ("..", "is not a range"),
  ])
  func refusesWrongRanges(text: String, message: String) {
    #expect { try values(text) } throws: { "\($0)".contains(message) }
  }

  @Test func rangesStandWhereListsDo() throws {
    let text =
      smallStudy.replacingOccurrences(
        of: "temperature: [0.05, 0.1]", with: "temperature: { from: 0.05, to: 0.15, step: 0.05 }"
      ).replacingOccurrences(of: "seeds: 2", with: "seeds: 3..5") + "\nshift: [{ corrupt: fog, severities: 2..4 }]"
    let study = try document(text).specification
    #expect(
      study.objectives.map(\.label) == [
        "softmax", "cosine-softmax:temperature=0.05", "cosine-softmax:temperature=0.1",
        "cosine-softmax:temperature=0.15",
      ])
    #expect(study.seeds == [3, 4, 5] && study.shift.map(\.severity) == [2, 3, 4])
    #expect(try document(overrides: ["seeds={ from: 1, to: 3 }"]).specification.seeds == [1, 2, 3])
    #expect(try document(overrides: ["seeds=[9, 1..2]"]).specification.seeds == [9, 1, 2])
    #expect(try document(overrides: ["source.classes=0..4"]).specification.source.data.classes == [0, 1, 2, 3, 4])
    #expect(refusal(smallStudy, overrides: ["seeds={ from: 0, to: 1, count: 3 }"]).contains("found 0.5"))
    #expect(refusal(smallStudy, overrides: ["seeds=[1, 0..2]"]).contains("1 is given twice"))
  }

  /// A sweep as a range is the same runs as the list that it stands for.
  @Test func rangesAndListsAreTheSameRuns() throws {
    let range = smallStudy.replacingOccurrences(of: "[0.05, 0.1]", with: "{ from: 0.05, to: 0.1, count: 2 }")
    #expect(try document(range).specification == document().specification)
  }
}
