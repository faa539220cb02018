import Foundation
import Study
import Testing

@testable import Report

/// Reliability diagrams: one chart an objective, from the bins in the store.
@Suite struct ReliabilityTests {
  /// Bins as (scaled, place, count, confidence, accuracy).
  typealias Bins = [(Bool, Int, Int, Double, Double)]

  static func run(
    _ label: String, _ seed: Int, _ bins: Bins, ece: [String] = ["ece", "ece_scaled"]
  ) -> StudyContents.Run {
    var run = StudyContents.Run(
      digest: "\(label) \(seed)", label: label, objective: [], network: "plain", seed: seed, plan: "{}",
      stages: [.init(digest: "s", kind: "evaluate", target: "", state: "done", error: nil)], measurements: [:],
      epochs: [])
    for (place, name) in ece.enumerated() {
      run.measurements[.init(name: name, target: "", split: "test")] = .init(
        value: 0.05 + 0.01 * Double(seed) + 0.1 * Double(place), reason: nil)
    }
    run.reliability = bins.map { .init(isScaled: $0.0, place: $0.1, count: $0.2, confidence: $0.3, accuracy: $0.4) }
    return run
  }

  static func summary(_ runs: [StudyContents.Run]) -> Summary {
    Summary(
      StudyContents(
        name: "n", specification: "", programVersion: "0", facts: [], runs: runs,
        provenance: .init(createdAt: "", facts: [], stages: [])))
  }

  static let two = summary([
    run("softmax", 0, [(false, 7, 1, 0.5, 1), (false, 14, 9, 0.96, 1), (true, 12, 10, 0.85, 0.9)]),
    run("softmax", 1, [(false, 7, 3, 0.52, 0), (true, 12, 10, 0.81, 0.7)]),
    run("squared-error", 0, [(true, 3, 20, 0.25, 0.5)], ece: ["ece_scaled"]),
  ])

  @Test func theImagesOfAllSeedsArePutTogether() throws {
    let diagram = try #require(ReliabilityDiagram(Self.two.rows[0].runs, isScaled: false))
    #expect(diagram.runs == 2 && diagram.count == 13)
    #expect(diagram.bins.map(\.place) == [7, 14] && diagram.bins.map(\.count) == [4, 9])
    #expect(abs(diagram.bins[0].confidence - (0.5 + 3 * 0.52) / 4) < 1e-12 && diagram.bins[0].accuracy == 0.25)
    #expect(ReliabilityDiagram(Self.two.rows[1].runs, isScaled: false) == nil)
    #expect(ReliabilityDiagram([], isScaled: true) == nil)
  }

  @Test func aChartAnObjective() throws {
    let figure = try #require(ReliabilityFigure.figure(Self.two))
    #expect(figure.charts.map(\.title) == ["softmax", "squared-error"])
    // The diagonal, and a line for each kind of outputs that has confidences.
    #expect(figure.charts.map(\.traces.count) == [3, 2])
    #expect(figure.legend.map(\.text) == ["As trained", "At the fitted temperature"])
    #expect(figure.charts[0].note == "ECE 0.055, ECE scaled 0.155")
    #expect(
      figure.charts[0].description
        == "Reliability diagram of softmax, 2 runs: accuracy against confidence, as trained and at the fitted "
        + "temperature; ECE 0.055, ECE scaled 0.155.")
    #expect(figure.caption.contains("no logits") && figure.caption.contains("tables/reliability.csv"))
    let text = figure.charts[0].traces.map(\.text)
    #expect(text[1].contains("\"x\":[0.515,0.96]") && text[1].contains("\"y\":[0.25,1]"))
    #expect(text[1].contains("4 images") && text[1].contains("var(--mark-1)") && text[2].contains("var(--mark-2)"))
    #expect(ReliabilityFigure.missing(Self.two).isEmpty)
  }

  @Test func withoutATemperatureThereIsOneLine() throws {
    let figure = try #require(
      ReliabilityFigure.figure(Self.summary([Self.run("softmax", 0, [(false, 7, 2, 0.5, 1)], ece: ["ece"])])))
    #expect(figure.charts[0].traces.count == 2 && figure.legend.map(\.text) == ["As trained"])
    #expect(!figure.caption.contains("fitted") && !figure.caption.contains("no logits"))
  }

  @Test func everyBinIsInTheTable() throws {
    let files = Dictionary(uniqueKeysWithValues: Tables(Self.two).files.map { ($0.name, $0.text) })
    let rows = TablesTests.parse(try #require(files["reliability.csv"]))
    #expect(
      rows[0] == ["objective", "scaled", "low", "high", "images", "share", "confidence", "accuracy", "runs"])
    #expect(rows.count == 5 && rows.dropFirst().map { $0[1] } == ["no", "no", "yes", "yes"])
    let first = rows[1].compactMap(Double.init)
    #expect(rows[1][0] == "softmax" && first.count == 7)
    for (found, wanted) in zip(first, [7.0 / 15, 8.0 / 15, 4, 4.0 / 13, 0.515, 0.25, 2]) {
      #expect(abs(found - wanted) < 1e-12)
    }
  }

  @Test func whatAnEarlierVersionDidNotKeepIsSaid() throws {
    let some = Self.summary([Self.run("softmax", 0, [(true, 3, 20, 0.25, 0.5)]), Self.run("a<b", 0, [])])
    #expect(ReliabilityFigure.missing(some).contains("No reliability diagram of a&lt;b: the store does not hold"))
    let none = Self.summary([Self.run("softmax", 0, [])])
    #expect(ReliabilityFigure.figure(none) == nil && ReliabilityDiagram.csv(none) == nil)
    let page = Page(summary: none).html(plotly: "")
    #expect(page.contains("href=\"#calibration\"") && page.contains("No reliability diagram of any objective"))
    // A study that did not measure calibration misses nothing.
    let other = Self.summary([Self.run("softmax", 0, [], ece: [])])
    #expect(ReliabilityFigure.missing(other).isEmpty)
    #expect(!Page(summary: other).html(plotly: "").contains("calibration\""))
  }

  @Test func fromTheStoreToThePage() throws {
    let summary = Summary(try SyntheticStudy.contents())
    let figure = try #require(ReliabilityFigure.figure(summary))
    // All objectives but the one whose bins were not kept.
    #expect(figure.charts.count == summary.rows.count - 1)
    #expect(ReliabilityFigure.missing(summary).contains("No reliability diagram of dropout:"))
    let page = Page(summary: summary).html(plotly: "")
    #expect(page.contains("<section id=\"calibration\">") && page.contains("href=\"#calibration\""))
    for chart in figure.charts { #expect(page.components(separatedBy: "\"\(chart.id)\"").count == 3) }
    let diagram = try #require(ReliabilityDiagram(summary.rows[0].runs, isScaled: true))
    #expect(diagram.runs == 3 && diagram.count == 3 * SyntheticDetails.images)
  }
}
