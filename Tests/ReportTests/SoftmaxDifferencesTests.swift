import Foundation
import Measures
import Study
import Testing

@testable import Report

/// Source accuracy less that of softmax, over seeds and over seeds and test images.
@Suite struct SoftmaxDifferencesTests {
  /// A run with these answers, whose accuracy is theirs.
  static func run(_ label: String, _ seed: Int, _ right: [Bool], labels: String = "l") -> StudyContents.Run {
    var run = StudyContents.Run(
      digest: "\(label) \(seed)", label: label, objective: [], network: "plain", seed: seed, plan: "{}", stages: [],
      measurements: [
        .init(name: "top1", target: "", split: "test"): .init(
          value: Double(right.count { $0 }) / Double(right.count), reason: nil)
      ], epochs: [])
    run.answers = .init(labels: labels, right: right)
    return run
  }

  /// Answers to a hundred images, so many of them wrong, from some place on.
  static func answers(wrong: Int, from start: Int = 0, of count: Int = 100) -> [Bool] {
    (0..<count).map { ($0 + count - start) % count >= wrong }
  }

  static func differences(_ runs: [StudyContents.Run]) -> SoftmaxDifferences {
    SoftmaxDifferences(ReliabilityTests.summary(runs))
  }

  static let runs = (0..<4).flatMap { seed in
    [
      run("softmax", seed, answers(wrong: 20 + seed)), run("sigmoid", seed, answers(wrong: 12, from: 5 * seed)),
      run("dropout", seed, answers(wrong: 19 + seed)),
    ]
  }

  @Test func twoIntervals() throws {
    let lines = Self.differences(Self.runs).lines
    #expect(lines.map(\.objective.label) == ["sigmoid", "dropout"])
    #expect(lines.allSatisfy { $0.baseline.label == "softmax" })
    let table = (0..<4).map { seed in
      zip(Self.answers(wrong: 12, from: 5 * seed), Self.answers(wrong: 20 + seed)).map { own, base in
        (own ? 1.0 : 0) - (base ? 1 : 0)
      }
    }
    let both = try #require(lines[0].both)
    #expect(both == HierarchicalBootstrap(table) && both.runs == 4 && both.examples == 100)
    #expect(abs(both.mean - lines[0].difference.mean) < 1e-12 && abs(both.mean - 0.095) < 1e-12)
    // What other images might have done is more than what other seeds do.
    let half = try #require(lines[0].difference.halfWidth)
    #expect(both.interval.high - both.interval.low > 2 * half)
    #expect(both.interval.low < 0.095 - half && both.interval.high > 0.095 + half)
    #expect(lines.map(\.reason) == ["", ""])
    #expect(lines.map(\.p) == Holm.adjust(lines.map(\.difference.p)))
  }

  @Test func seedsThatAgreeStillDependOnTheirImages() throws {
    let line = try #require(Self.differences(Self.runs).lines.last)
    // Always one image better, whatever the seed: over seeds there is no spread, and no t.
    #expect(abs(line.difference.mean - 0.01) < 1e-12 && (line.difference.halfWidth ?? 1) < 1e-12)
    let both = try #require(line.both)
    #expect(both.interval.low == 0 && both.interval.high > 0.02)
  }

  @Test func withoutAllAnswersThereIsAReason() {
    func reason(_ change: (inout [StudyContents.Run]) -> Void) -> (String?, Bool) {
      var runs = Self.runs
      change(&runs)
      let line = Self.differences(runs).lines.first { $0.objective.label == "sigmoid" }
      return (line?.reason, line?.both == nil)
    }
    #expect(reason { _ in } == ("", false))
    #expect(
      reason { $0[1].answers = nil } == ("the store does not hold which test images each of the runs has right", true))
    #expect(reason { $0[4].answers?.labels = "other" } == ("the runs were not asked the same test images", true))
    #expect(reason { $0[4].answers?.right.removeLast() } == ("the runs were not asked the same test images", true))
    #expect(reason { $0.removeAll { $0.seed > 0 } } == ("fewer than two shared seeds", true))
    // Of seeds that only one has nothing is asked.
    #expect(
      reason { runs in
        runs[0].answers = nil
        runs.removeAll { $0.label == "sigmoid" && $0.seed == 0 }
      } == ("", false))
    #expect(reason { $0.removeAll { $0.label == "sigmoid" && $0.seed < 4 } } == (nil, true))
  }

  @Test func eachVariantHasItsOwnBaseline() {
    let labels = ["softmax, a", "softmax, b", "sigmoid:x=1,y=2, b", "sigmoid, c", "softmax:x=1, a"]
    let runs = labels.flatMap { label in (0..<2).map { Self.run(label, $0, Self.answers(wrong: 3)) } }
    let lines = Self.differences(runs).lines
    #expect(lines.map(\.objective.label) == ["sigmoid:x=1,y=2, b", "softmax:x=1, a"])
    #expect(lines.map(\.baseline.label) == ["softmax, b", "softmax, a"])
  }

  @Test func everyDigitIsInTheTable() throws {
    let differences = Self.differences(Self.runs)
    let rows = TablesTests.parse(try #require(differences.csv))
    #expect(rows.count == 3 && rows.allSatisfy { $0.count == rows[0].count })
    let (row, line) = (Dictionary(uniqueKeysWithValues: zip(rows[0], rows[1])), differences.lines[0])
    #expect(row["objective"] == "sigmoid" && row["baseline"] == "softmax" && row["n"] == "4" && row["images"] == "100")
    #expect(row["top1_difference"].flatMap(Double.init) == line.difference.mean)
    #expect(row["low_seeds_images"].flatMap(Double.init) == line.both?.interval.low)
    #expect(row["high_seeds_images"].flatMap(Double.init) == line.both?.interval.high)
    let half = try #require(line.difference.halfWidth)
    #expect(row["low_seeds"].flatMap(Double.init) == line.difference.mean - half)
    #expect(row["p_holm"].flatMap(Double.init) == line.p)
    // The same runs, the same bytes.
    #expect(Self.differences(Self.runs).csv == differences.csv && Self.differences(Self.runs).html == differences.html)
  }

  @Test func wordsOfThePage() {
    let html = Self.differences(Self.runs).html
    #expect(html.contains("<td class=\"digits\">4</td><td class=\"digits\">+9.50</td>"))
    #expect(html.contains("<td class=\"digits\">0.00 to +") && !html.contains("Blank"))
    var runs = Self.runs
    runs[1].answers = nil
    #expect(Self.differences(runs).html.contains(" Blank for sigmoid: the store does not hold"))
    let alone = Self.differences([Self.runs[0], Self.runs[3]])
    #expect(alone.lines.isEmpty && alone.html.isEmpty && alone.csv == nil)
    let other = Self.differences(Self.runs.filter { $0.label != "softmax" })
    #expect(other.lines.isEmpty)
  }

  @Test func fromTheStoreToThePage() throws {
    let summary = Summary(try SyntheticStudy.contents())
    let differences = SoftmaxDifferences(summary)
    #expect(differences.lines.count == summary.rows.count - 1)
    let lines = Dictionary(uniqueKeysWithValues: differences.lines.map { ($0.objective.label, $0) })
    #expect(lines["sigmoid"]?.reason == "fewer than two shared seeds")
    #expect(lines["dropout"]?.both == nil && lines["logit-penalty"]?.both?.examples == SyntheticDetails.images)
    // One of the three seeds diverged.
    #expect(lines["squared-error"]?.both?.runs == 2 && lines["squared-error"]?.difference.n == 2)
    let files = Report.files(summary.contents, plotly: "")
    #expect(files.first { $0.path == "tables/differences.csv" }?.text == differences.csv)
    #expect(files[0].text.contains(differences.html) && !differences.html.isEmpty)
  }
}
