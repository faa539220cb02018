import Foundation
import Testing
import Training

@testable import Study

@Suite struct SearchTests {
  private let base = smallStudy.replacing("- cosine-softmax: { temperature: [0.05, 0.1] }", with: "- label-smoothing")

  private func course(_ search: String) throws -> HoldoutSearch {
    let study = try document(base + "\nsearch: \(search)").specification
    return try HoldoutSearch(study, search: try #require(study.search), catalog: .standard)
  }

  @Test func reads() throws {
    let text = base + "\nsearch: { over: { smoothing: [0.1, 0.2], learning_rate: { log: [0.1, 10], count: 3 } } }"
    let search = try #require(try document(text).specification.search)
    #expect(search.over.map(\.key) == ["smoothing", "learning_rate"] && search.over[1].values == ["0.1", "1", "10"])
    #expect(search.by == .grid && search.runs == nil && search.seeds == [0] && search.phase == .open)
    #expect(try document(base).specification.search == nil)
  }

  @Test(arguments: [
    ("{}", "study.yaml:12:9: key 'over' is missing"), ("{ over: {} }", "nothing is varied"),
    ("{ over: { learning_rat: [1] } }", "did you mean 'learning_rate'?"),
    ("{ over: { smoothing: [] } }", "the list is empty"),
    ("{ over: { temperature: [0.1] } }", "study.yaml:12:32: search.over: no objective of the study has 'temperature'"),
    ("{ over: { learning_rate: [0.1, 0] } }", "search.over: 'softmax': learning_rate: must be above 0"),
    ("{ over: { smoothing: [0.1, 2] } }", "search.over: 'label-smoothing': "),
    ("{ over: { epochs: [1.5] } }", "whole number"),
    ("{ over: { warmup: [1, 3], epochs: [2, 4] } }", "warmup: 3.0 epochs of warm-up do not fit"),
    ("{ over: { ema: [0.9] }, by: gird }", "did you mean 'grid'?"),
    ("{ over: { ema: [0.9] }, runs: 4 }", "a grid is all settings"),
    ("{ over: { ema: [0.9] }, by: random }", "key 'runs' is missing"),
    ("{ over: { ema: [0.9] }, tries: 3 }", "unknown key 'tries'"),
    ("{ over: { ema: [0.9] }, by: random, runs: 1 }", "2 to 10000"),
    ("{ over: { epochs: [2] }, by: halving }", "halving sets"),
    ("{ over: { ema: { from: 0, to: 0.9, count: 500 }, clip: 1..500 } }", "more than 10000 settings"),
  ])
  func refusesWrongSearches(search: String, message: String) {
    let found = refusal(base + "\nsearch: \(search)")
    #expect(found.contains(message), "\(found)")
  }

  @Test func refusesWhatHasNoHoldout() {
    let text = base + "\nsearch: { over: { learning_rate: [0.1, 0.2] } }"
    #expect(refusal(text, overrides: ["source.holdout=0"]).contains("set source.holdout above 0"))
    #expect(refusal(text, overrides: ["training.patience=2"]).contains("patience"))
    let set = text.replacing("label-smoothing", with: "label-smoothing: { smoothing: 0.3 }")
      .replacing("learning_rate: [0.1, 0.2]", with: "smoothing: [0.1]")
    #expect(refusal(set).contains("'smoothing' is set and searched"))
  }

  @Test func gridTriesEverySettingThatAnObjectiveHas() throws {
    let search = try course("{ over: { smoothing: [0.1, 0.2], learning_rate: [0.1, 1, 10] } }")
    #expect(search.candidates.count == 3 + 6)
    let trial = try search.trial()
    #expect(trial.objectives[0].label == "softmax learning_rate=0.1" && trial.objectives[0].text == "softmax")
    #expect(trial.objectives[8].label == "label-smoothing smoothing=0.2 learning_rate=10")
    #expect(
      trial.objectives[8].text == "label-smoothing:smoothing=0.2" && trial.objectives[8].training.learningRate == 10)
    #expect(trial.transfer.isEmpty && trial.seeds == [0] && trial.source.holdout == 0.1)
  }

  @Test func randomDrawsDependOnTheSeedAlone() throws {
    func drawn(_ seed: Int) throws -> [SearchSpace.Setting] {
      let over = "{ learning_rate: { from: 1, to: 100, count: 100 } }"
      return try course("{ over: \(over), by: random, runs: 7, seed: \(seed) }").candidates.map(\.setting)
    }
    let first = try drawn(1)
    #expect(first.count == 14 && Set(first).count == 7 && Array(first[..<7]) == Array(first[7...]))
    #expect(try drawn(1) == first)
    #expect(try drawn(2) != first)
    #expect(try course("{ over: { ema: [0, 0.5] }, by: random, runs: 9 }").candidates.count == 4)
  }

  @Test func theBestMeanOnTheHoldoutChooses() throws {
    var search = try course("{ over: { learning_rate: [0.1, 1, 10] }, seeds: 2 }")
    #expect(try search.final().objectives[0].training.learningRate == 0.1, "a stand-in")
    try search.end([
      "softmax learning_rate=0.1": [0.5, 0.9], "softmax learning_rate=1": [0.8, 0.7], "softmax learning_rate=10": [1],
      "label-smoothing learning_rate=0.1": [0.6, 0.6], "label-smoothing learning_rate=1": [0.7, 0.5],
    ])
    // One seed of the highest rate failed, another has no run at all; of equals the first wins.
    #expect(search.chosen == [["learning_rate": "1"], ["learning_rate": "0.1"]])
    #expect(search.scores.map(\.holdoutAccuracy)[2] == nil && search.scores.count == 6)
    let final = try search.final()
    #expect(final.objectives.map(\.label) == ["softmax", "label-smoothing"])
    #expect(final.objectives[0].training.learningRate == 1 && final.source.holdout == 0 && final.seeds == [0, 1])
    #expect(throws: SpecificationError.self) {
      var failed = try course("{ over: { learning_rate: [0.1, 1] } }")
      try failed.end(["softmax learning_rate=1": [0.5]])
    }
  }

  @Test func halvingKeepsTheBetterHalf() throws {
    let text =
      base.replacing("epochs: 2", with: "epochs: 8") + "\nsearch: { over: { learning_rate: 1..5 }, by: halving }"
    let study = try document(text).specification
    var search = try HoldoutSearch(study, search: try #require(study.search), catalog: .standard)
    var seen: [[Int]] = []
    while search.chosen == nil {
      let trial = try search.trial()
      seen.append([trial.objectives.count, trial.objectives[0].training.epochs])
      // Higher rates are better.
      try search.end(Dictionary(uniqueKeysWithValues: trial.objectives.map { ($0.label, [$0.training.learningRate]) }))
    }
    #expect(seen == [[10, 2], [6, 4], [4, 8]])
    #expect(search.chosen == [["learning_rate": "5"], ["learning_rate": "5"]])
    #expect(try search.final().objectives[0].training.epochs == 8)
  }

  /// The two kinds of runs have no digest in common, and candidates no stage but their training.
  @Test func candidatesAreNeverEvaluated() throws {
    let text = base + "\nsearch: { over: { learning_rate: [0.1, 1] } }"
    var runner = StudyRunner(document: try document(text, dataRoot: "/data"))
    runner.loader = pretendData
    let candidates = try #require(try runner.searchPlan())
    let final = try runner.plan()
    #expect(candidates.runs.count == 4 && candidates.stages.allSatisfy { $0.record.kind == .train })
    #expect(candidates.runs.allSatisfy { $0.plan.holdout == 0.1 } && final.runs.allSatisfy { $0.plan.holdout == 0 })
    #expect(Set(candidates.runs.map(\.record.digest)).isDisjoint(with: final.runs.map(\.record.digest)))
    #expect(final.runs.count == 4 && final.stages.count == 4 * 9)
  }
}

/// Searches with real child processes: `Fixtures/worker.py` tells accuracies that are highest where rate x smoothing is 1.
@Suite(.serialized) struct SearchRunTests {
  let folder: TemporaryFolder
  let out: URL

  init() throws {
    folder = try TemporaryFolder()
    out = folder.url.appendingPathComponent("out")
    try folder.write("learning_rate smoothing", to: "holdout")
  }

  private func run(_ search: String, epochs: Int = 2) throws -> StudyRunner.Result {
    let text = smallStudy.replacing("- cosine-softmax: { temperature: [0.05, 0.1] }", with: "- label-smoothing")
    let worker = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Fixtures/worker.py")
    var runner = StudyRunner(
      document: try document(text, overrides: ["search=\(search)", "training.epochs=\(epochs)"], dataRoot: "/data"),
      directory: out, workers: 2,
      program: WorkerProgram(
        executable: URL(fileURLWithPath: "/usr/bin/env"), arguments: ["python3", worker.path, folder.url.path]))
    runner.loader = pretendData
    return try runner.run(progress: StudyProgress(output: .nullDevice))
  }

  @Test func choosesOnTheHoldoutTrainsOnAllAndReportsOnTest() throws {
    let search = "{ over: { learning_rate: [0.1, 1, 5], smoothing: [0.2, 0.4] } }"
    let result = try run(search)
    #expect(result == StudyRunner.Result(total: 36, done: 36, failed: 0, wasInterrupted: false))
    let store = try StudyStore(existing: out.appendingPathComponent("study.sqlite"))
    let runs = try store.runs()
    #expect(runs.map(\.label) == ["softmax", "softmax", "label-smoothing", "label-smoothing"])
    #expect(runs[0].planJSON.contains("\"learning_rate\":1,") && runs[0].planJSON.contains("\"holdout\":0,"))
    #expect(runs[2].planJSON.contains("\"learning_rate\":5,") && runs[2].planJSON.contains("\"smoothing\":0.2"))
    #expect(try store.facts()["search/label-smoothing"] == "learning_rate=5 smoothing=0.2")
    // 3 and 6 candidates; whatever is not a training belongs to the four final runs.
    let log = folder.lines(of: "log").map { $0.split(separator: " ").map(String.init) }
    #expect(log.count { $0[0] == "train" } == 9 + 4)
    #expect(Set(log.filter { $0[0] != "train" }.map { $0[2] }) == Set(runs.map(\.digest)))
    #expect(try store.measurements().allSatisfy { measurement in runs.contains { $0.digest == measurement.runDigest } })
    let kept = try String(contentsOf: out.appendingPathComponent("search.json"), encoding: .utf8)
    #expect(kept.contains("\"chosen\":{\"label-smoothing\":{\"learning_rate\":\"5\",\"smoothing\":\"0.2\"}"))
    // The same line again finds the same choice and has nothing to do.
    #expect(try run(search) == result)
    #expect(folder.lines(of: "log").count == log.count)
  }

  @Test func halvingRunsItsRounds() throws {
    let result = try run("{ over: { learning_rate: [0.1, 0.5, 1, 5] }, by: halving }", epochs: 4)
    #expect(result.done == 36 && result.failed == 0)
    let runs = try StudyStore(existing: out.appendingPathComponent("study.sqlite")).runs()
    #expect(runs.allSatisfy { $0.planJSON.contains("\"epochs\":4") })
    #expect(runs[0].planJSON.contains("\"learning_rate\":1,"))
    // For both objectives four for 2 epochs and two for 4.
    #expect(folder.lines(of: "log").count { $0.hasPrefix("train") } == 2 * (4 + 2) + 4)
  }

  @Test func aSearchWithoutACandidateLeftSaysSo() throws {
    try folder.write("train", to: "lasting")
    #expect { try run("{ over: { learning_rate: [0.1, 1] } }") } throws: {
      "\($0)".contains("every candidate of 'softmax' failed")
    }
  }
}
