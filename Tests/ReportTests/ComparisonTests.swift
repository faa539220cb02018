import Foundation
import Study
import Testing

@testable import Report

/// Figures and tables about layers and pairs of runs.
@Suite struct ComparisonTests {
  static let layers = ["stem", "block1", "block2", "features"]

  static func digest(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: 64 - text.count) + text
  }

  /// Three objectives and so many seeds; every pair is compared once the comparisons are done.
  static func store(seeds: Int = 2, done: Bool = true, failed: Bool = false) throws -> StudyStore {
    let store = try StudyStore.inMemory()
    let labels = ["softmax", "sigmoid", "squared-error"]
    var runs: [RunRecord] = []
    for label in labels {
      for seed in 0..<seeds {
        runs.append(
          RunRecord(
            digest: digest(runs.count + 1), label: label, objective: label, objectiveJSON: "{}", network: "resnet8",
            seed: seed, planJSON: "{}", position: runs.count))
      }
    }
    var stages: [StageRecord] = []
    for run in runs {
      for kind in [StageKind.train, .evaluate, .sparsity, .separation, .spectrum] {
        stages.append(
          StageRecord(
            digest: digest(100 + stages.count), runDigest: run.digest, kind: kind, position: stages.count))
      }
    }
    let comparisons = [StageKind.agreement, .cka].map { kind in
      StageRecord(digest: digest(kind == .cka ? 998 : 999), runDigest: runs[0].digest, kind: kind, position: 1000)
    }
    try store.plan(
      study: StudyRecord(
        name: "pairs", specYAML: "name: pairs", specJSON: "{}", createdAt: "2026-01-02T09:00:00Z", programVersion: "1"),
      runs: runs, stages: stages + comparisons)
    try store.record(facts: ["network/resnet8/layers": layers.joined(separator: ", ")])
    for stage in stages {
      let place = Double(runs.firstIndex { $0.digest == stage.runDigest } ?? 0)
      func row(_ name: String, _ value: Double, _ target: String = "", _ split: String = "test") -> MeasurementRecord {
        MeasurementRecord(
          runDigest: stage.runDigest, stageDigest: stage.digest, name: name, target: target, split: split, value: value)
      }
      var found: [MeasurementRecord] = []
      if stage.kind == .evaluate { found = [row("top1", 0.9 + 0.01 * place)] }
      if stage.kind == .separation { found = [row("r2_cosine", 0.3 + 0.1 * place, "", "train")] }
      if stage.kind == .sparsity { found = layers.map { row("nonzero_fraction", 0.5, $0) } }
      if stage.kind == .spectrum { found = [row("effective_rank", 20 - place, "", "train")] }
      try store.finish(stage: stage.digest, seconds: 1, measurements: found)
    }
    if failed { try store.fail(stage: digest(998), error: "no <memory>", seconds: 1, final: true) }
    guard done else { return store }
    try store.record(pairs: pairs(runs))
    for stage in comparisons where !failed || stage.kind != .cka {
      try store.finish(stage: stage.digest, seconds: 1, measurements: [])
    }
    return store
  }

  private static func pairs(_ runs: [RunRecord]) -> [PairRecord] {
    var found: [PairRecord] = []
    for (place, first) in runs.enumerated() {
      for second in runs[(place + 1)...] {
        let alike = first.label == second.label ? 0.9 : 0.6
        func row(_ name: String, _ value: Double, _ layer: String = "") -> PairRecord {
          PairRecord(
            stageDigest: digest(name == "cka" ? 998 : 999), name: name, firstRun: first.digest,
            secondRun: second.digest, layers: (layer, layer), value: value)
        }
        found += [row("agreement", alike), row("ensemble_top1", 0.96)] + layers.map { row("cka", alike, $0) }
      }
    }
    for first in layers {
      for second in layers {
        found.append(
          PairRecord(
            stageDigest: digest(998), name: "cka", firstRun: runs[0].digest, secondRun: runs[0].digest,
            layers: (first, second), value: first == second ? 1 : nil, reason: "constant"))
      }
    }
    return found
  }

  @Test func pairsAreGatheredByObjective() throws {
    let summary = Summary(try StudyContents(store: Self.store()))
    let table = try #require(summary.pairTable("cka", layer: "block1"))
    #expect(!table.sharesSeeds)
    // One pair of seeds within an objective, two between two: equal seeds are left out.
    #expect(table.counts == [[1, 2, 2], [2, 1, 2], [2, 2, 1]])
    #expect(table.means[0][0] == 0.9 && table.means[0][1] == 0.6 && table.means[1][0] == 0.6)
    let all = table.sameAndDifferent
    #expect(all.sameCount == 3 && all.differentCount == 6)
    #expect(abs((all.same ?? 0) - 0.9) < 1e-12 && abs((all.different ?? 0) - 0.6) < 1e-12)
    let gain = try #require(summary.ensembleGain)
    #expect(abs((gain.means[0][0] ?? 0) - (0.96 - 0.905)) < 1e-12)
  }

  @Test func oneSeedIsComparedAllTheSame() throws {
    let summary = Summary(try StudyContents(store: Self.store(seeds: 1)))
    let table = try #require(summary.pairTable("agreement"))
    #expect(table.sharesSeeds && table.counts == [[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    #expect(table.means[0][0] == nil)
    let figure = try #require(AgreementFigure.figure(summary))
    #expect(figure.caption.contains("Runs of one seed share"))
  }

  @Test func everyFigureIsThere() throws {
    let page = Page(summary: Summary(try StudyContents(store: Self.store())))
    #expect(page.comparisonFigures.map(\.id) == ["sparsity", "spectrum", "cka-depth", "cka-within", "agreement"])
    #expect(page.comparisonFigures[2].charts.map(\.title) == Self.layers)
    let html = page.html(plotly: "")
    #expect(html.contains("id=\"layers\"") && html.contains("href=\"#layers\""))
    for chart in page.comparisonFigures.flatMap(\.charts) { #expect(html.contains("id=\"\(chart.id)\"")) }
    let files = Dictionary(uniqueKeysWithValues: Tables(page.summary).files.map { ($0.name, $0.text) })
    let lines = (files["cka.csv"] ?? "").split(separator: "\n")
    #expect(lines.count == 1 + 6 * Self.layers.count && lines[1] == "softmax,softmax,stem,0.9,1")
    #expect(files["agreement.csv"]?.contains("softmax,sigmoid,0.6,0.96,") == true)
    #expect(files["sparsity.csv"]?.contains("softmax,block1,2,0.5,0,2,") == true)
    #expect(files["spectrum.csv"]?.contains("sigmoid,effective_rank,train,17.5,0.5,2,") == true)
    #expect(files["pairs.csv"]?.contains("cka,softmax,0,softmax,0,stem,block1,test,,constant") == true)
  }

  @Test func whatWasNotMeasuredIsNotThere() throws {
    let synthetic = Page(summary: Summary(try SyntheticStudy.contents()))
    #expect(synthetic.comparisonFigures.isEmpty && synthetic.comparisonFailures.isEmpty)
    #expect(!Tables(synthetic.summary).files.map(\.name).contains { $0 == "cka.csv" || $0 == "pairs.csv" })
  }

  @Test func comparisonsSayNothingAboutTheFirstRun() throws {
    let begun = try StudyContents(store: Self.store(done: false))
    #expect(begun.runs[0].isFinished && begun.comparisons.map(\.state) == ["pending", "pending"])
    let failed = Page(summary: Summary(try StudyContents(store: Self.store(failed: true))))
    #expect(failed.summary.failedRuns.isEmpty)
    #expect(failed.html(plotly: "").contains("The comparison of runs by cka failed: no &lt;memory&gt;"))
    #expect(failed.comparisonFigures.map(\.id) == ["sparsity", "spectrum", "agreement"])
  }

  @Test func fewDepthsOfManyAreDrawn() {
    let names = (0..<50).map(String.init)
    #expect(AlignmentFigures.depths(names).count == 12)
    #expect(AlignmentFigures.depths(names).first == "0" && AlignmentFigures.depths(names).last == "49")
    #expect(AlignmentFigures.depths(["a"]) == ["a"])
    #expect(Axis.named(names, most: 16) == Array(stride(from: 0, to: 50, by: 4)))
    #expect(Axis.named(["a", "b"], most: 16) == [0, 1] && Axis.named([], most: 16).isEmpty)
  }
}
