import Foundation
import Study
import Testing

@testable import Report

/// The figure and table of probes on few examples.
@Suite struct FewShotFigureTests {
  static let labels = ["softmax", "cosine <softmax>"]
  static let targets = ["flowers", "pets"]
  static let shots = [1, 5, 20]

  /// Two objectives, three seeds, two targets; the accuracy grows with the examples, and 20 a class are too many in pets.
  static func store() throws -> StudyStore {
    let store = try StudyStore.inMemory()
    func digest(_ number: Int) -> String { String(repeating: "0", count: 60) + String(1000 + number) }
    let runs = (0..<6).map { place in
      RunRecord(
        digest: digest(place), label: labels[place / 3], objective: "softmax", objectiveJSON: "{}", network: "resnet8",
        seed: place % 3, planJSON: "{}", position: place)
    }
    let stages = runs.enumerated().flatMap { place, run in
      targets.enumerated().map { number, target in
        StageRecord(
          digest: digest(100 + 2 * place + number), runDigest: run.digest, kind: .fewShot, target: target,
          position: 2 * place + number)
      }
    }
    try store.plan(
      study: StudyRecord(
        name: "few", specYAML: "name: few", specJSON: "{}", createdAt: "2026-01-02T09:00:00Z", programVersion: "1"),
      runs: runs, stages: stages)
    for stage in stages {
      let run = try #require(runs.first { $0.digest == stage.runDigest })
      let rows = shots.enumerated().flatMap { step, shots -> [MeasurementRecord] in
        let isPresent = shots < 20 || stage.target == "flowers"
        let value = 0.4 + 0.1 * Double(step) + (run.label == "softmax" ? 0.05 : 0) + 0.01 * Double(run.seed)
        return [(FewShotMeasure.accuracy, value), (.standardError, 0.02), (.meanPerClass, value - 0.1)].map {
          MeasurementRecord(
            runDigest: run.digest, stageDigest: stage.digest, name: $0.0.name(shots: shots), target: stage.target,
            split: "test", value: isPresent ? $0.1 : nil, reason: isPresent ? nil : "the smallest class has 9")
        }
      }
      try store.finish(stage: stage.digest, seconds: 1, measurements: rows)
    }
    return store
  }

  @Test func aPanelATargetAndALineAnObjective() throws {
    let page = Page(summary: Summary(try StudyContents(store: Self.store())))
    let figure = try #require(FewShotFigure(page.summary).figure)
    #expect(figure.charts.map(\.title) == Self.targets && figure.legend.count == 2)
    #expect(figure.charts.allSatisfy { $0.traces.count == 2 })
    let description = figure.charts[0].description
    #expect(description.contains("at 1 a class from 41.0 % (cosine <softmax>) to 46.0 % (softmax)"), "\(description)")
    #expect(description.contains("at 20 a class from 61.0 %"))
    let text = figure.charts[0].traces[0].text
    // Means over seeds, and the interval that a touch shows: t(2) = 4.303.
    #expect(text.contains("\"y\":[46,56,66]"), "\(text)")
    #expect(text.contains("(43.52 to 48.48), n = 3"), "\(text)")
    #expect(figure.charts[1].traces[0].text.contains("null"))
    #expect(figure.charts[0].layout.text.contains("\"log\""))
    let html = page.html(plotly: "")
    #expect(html.contains("<section id=\"few-shot\">") && html.contains("href=\"#few-shot\""))
    #expect(html.contains("chart-few-shot-0") && html.contains("chart-few-shot-1"))
    #expect(!html.contains("cosine <softmax>"))
    #expect(page.summary.contents.targets == Self.targets)
  }

  @Test func tableHasEveryNumber() throws {
    let summary = Summary(try StudyContents(store: Self.store()))
    let table = try #require(Tables(summary).files.first { $0.name == "few-shot.csv" }?.text)
    let lines = table.split(separator: "\n").map(String.init)
    #expect(lines.count == 1 + 2 * 2 * 3)
    #expect(lines[0].hasPrefix("target,objective,shots,accuracy,accuracy_se,accuracy_low,accuracy_high,n,"))
    let cells = lines[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    #expect(cells[0...2] == ["flowers", "softmax", "1"] && cells[7] == "3")
    let numbers = cells[3...6].compactMap { Double($0) }
    for (found, expected) in zip(numbers, [0.46, 0.01 / 3.0.squareRoot(), 0.435159, 0.484841]) {
      #expect(abs(found - expected) < 1e-6)
    }
    #expect(abs((Double(cells[9]) ?? 0) - 0.36) < 1e-12 && Double(cells[8]) == 0.02)
    #expect(lines.contains { $0.hasPrefix("pets,softmax,20,,,,,0,") && $0.hasSuffix("the smallest class has 9") })
  }

  @Test func whatWasNotAskedForIsNotThere() throws {
    let page = Page(summary: Summary(try SyntheticStudy.contents()))
    #expect(FewShotFigure(page.summary).figure == nil)
    #expect(!page.html(plotly: "").contains("few-shot"))
    #expect(!Tables(page.summary).files.map(\.name).contains("few-shot.csv"))
  }
}
