import Datasets
import Foundation
import Testing
import Transfer

@testable import Study

/// Probes on few examples as a protocol of a study.
@Suite struct FewShotTests {
  static let asked = "transfer.0={ dataset: mnist, protocols: [probe, few-shot], shots: [10, 1..3], draws: 4 }"

  func plan(_ overrides: [String]) throws -> StudyPlan {
    var expansion = PlanExpansion(
      document: try document(overrides: overrides, dataRoot: "/data"), directory: "/out", threads: 1,
      data: DataCatalog(loader: pretendData))
    return try expansion.plan()
  }

  @Test func isReadWithItsSettings() throws {
    let target = try document(overrides: [Self.asked]).specification.transfer[0]
    #expect(target.protocols == [.probe, .fewShot])
    #expect(target.fewShot == Specification.FewShot(shots: [1, 2, 3, 10], draws: 4))
    let usual = try document(overrides: ["transfer.0.protocols=few-shot"]).specification.transfer[0]
    #expect(usual.fewShot?.shots == [1, 2, 5, 10, 20, 50] && usual.fewShot?.draws == 5)
    #expect(try document().specification.transfer.allSatisfy { $0.fewShot == nil })
  }

  @Test(arguments: [
    ("transfer.0={ dataset: mnist, shots: [1] }", "transfer.shots: goes with the protocol 'few-shot'"),
    ("transfer.0={ dataset: mnist, draws: 2 }", "transfer.draws: goes with the protocol 'few-shot'"),
    ("transfer.0={ dataset: mnist, protocols: few-shot, shots: [1, 1] }", "1 is given twice"),
    ("transfer.0={ dataset: mnist, protocols: few-shot, shots: [0] }", "transfer.shots"),
    ("transfer.0={ dataset: mnist, protocols: few-shot, draws: 0 }", "transfer.draws"),
    ("transfer.0={ dataset: mnist, protocols: few-shots }", "did you mean 'few-shot'?"),
  ])
  func refuses(override: String, message: String) {
    let found = refusal(smallStudy, overrides: [override])
    #expect(found.contains(message), "\(found)")
  }

  @Test func isAStageOfItsOwn() throws {
    let (usual, more) = (try plan([]), try plan([Self.asked]))
    // What was there keeps its digest, so that nothing is done again.
    let kept = usual.stages.filter { !($0.record.kind == .knn && $0.record.target == "mnist") }
    #expect(Set(kept.map(\.record.digest)).isSubset(of: more.stages.map(\.record.digest)))
    let own = more.stages.filter { $0.record.kind == .fewShot }
    #expect(own.count == 6 && own.allSatisfy { $0.record.target == "mnist" && $0.job.fewShot?.draws == 4 })
    let extract = try #require(more.stages.first { $0.record.kind == .extract && $0.record.target == "mnist" })
    #expect(
      own[0].needs == [extract.record.digest] && own[0].job.featureFile(.train) == extract.job.featureFile(.train))
    let estimate = Estimate(plan: more)
    #expect(own.allSatisfy { estimate.seconds(of: $0.record.digest) > 1 })
    // What is drawn decides; the holdout of the other protocols does not.
    let first = own[0].record.digest
    func digest(_ change: String) throws -> String? {
      try plan([Self.asked, change]).stages.first { $0.record.kind == .fewShot }?.record.digest
    }
    #expect(try digest("transfer.0.holdout=0.4") == first)
    for change in ["transfer.0.draws=5", "transfer.0.shots=[1, 2]", "transfer.0.holdout_seed=1"] {
      #expect(try digest(change) != first)
    }
  }

  @Test func theStageMeasures() throws {
    let folder = try TemporaryFolder()
    let text = StageExecutionTests.tiny.replacingOccurrences(
      of: "labels: texture }", with: "labels: texture, protocols: few-shot, shots: [1, 4, 1000], draws: 3 }")
    var expansion = PlanExpansion(
      document: try document(text), directory: folder.url.path, threads: 1, data: DataCatalog())
    let plan = try expansion.plan()
    #expect(plan.stages.map(\.record.kind) == [.train, .evaluate, .extract, .separation, .fewShot])
    let stages = StageExecution()
    let context = Worker.Context(send: { _ in }, isStopping: { false })
    var found: [String: MeasurementRecord] = [:]
    for stage in plan.stages {
      for one in try stages.perform(stage.job, context) where stage.record.kind == .fewShot { found[one.name] = one }
    }
    #expect(found.count == 9)
    let four = try #require(found["few_shot_accuracy_4"])
    #expect(four.split == "test" && four.target == plan.stages.last?.record.target)
    // The same as the library says of the same features and draws.
    let job = try #require(plan.stages.last?.job)
    let data = try #require(job.target?.data)
    var options = LowShot.Options()
    options.shots = [1, 4, 1000]
    options.draws = 3
    let result = try LowShot.run(
      train: stages.features(of: job, .train).layer().allRows(), trainLabels: data.load(.train).labels,
      test: stages.features(of: job, .test).layer().allRows(), testLabels: data.load(.test).labels, options: options)
    #expect(four.value == result.curve[1].accuracy)
    #expect(found["few_shot_standard_error_1"]?.value == result.curve[0].standardError)
    #expect(found["few_shot_mean_per_class_accuracy_4"]?.value == result.curve[1].meanPerClassAccuracy)
    let large = try #require(found["few_shot_accuracy_1000"])
    #expect(large.value == nil && large.reason?.contains("the smallest class has") == true)
    let kept = "\(folder.url.path)/runs/\(plan.runs[0].record.digest)/results/few-shot-\(job.stage.prefix(16)).json"
    #expect(FileManager.default.fileExists(atPath: kept))
    // Without settings there is nothing to draw, and trying again does not help.
    var empty = job
    empty.fewShot = nil
    #expect {
      try stages.perform(empty, context)
    } throws: {
      ($0 as? StageFailure)?.isLasting == true
    }
  }

  @Test func namesAreReadBack() {
    #expect(FewShotMeasure.accuracy.name(shots: 20) == "few_shot_accuracy_20")
    #expect(FewShotMeasure.accuracy.shots(of: "few_shot_accuracy_20") == 20)
    for other in ["few_shot_accuracy", "few_shot_accuracy_x", "few_shot_standard_error_5", "probe_accuracy"] {
      #expect(FewShotMeasure.accuracy.shots(of: other) == nil)
    }
  }

  /// Every kind of stage that the program knows has a place in a store.
  @Test func everyKindIsStored() throws {
    let store = try StudyStore.inMemory()
    func digest(_ number: Int) -> String { String(repeating: "0", count: 60) + String(1000 + number) }
    let run = RunRecord(
      digest: digest(0), label: "softmax", objective: "softmax", objectiveJSON: "{}", network: "resnet8", seed: 0,
      planJSON: "{}", position: 0)
    let stages = StageKind.allCases.enumerated().map { place, kind in
      StageRecord(digest: digest(place + 1), runDigest: run.digest, kind: kind, position: place)
    }
    let study = StudyRecord(
      name: "kinds", specYAML: "", specJSON: "{}", createdAt: "2026-01-01T00:00:00Z", programVersion: "1")
    try store.plan(study: study, runs: [run], stages: stages)
    #expect(try store.stages().map(\.kind) == StageKind.allCases)
  }
}
