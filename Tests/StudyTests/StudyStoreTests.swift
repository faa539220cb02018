import Foundation
import GRDB
import Testing

@testable import Study

@Suite struct StudyStoreTests {
  let run = RunRecord(
    digest: String(repeating: "a", count: 64), label: "softmax", objective: "softmax", objectiveJSON: "{}",
    network: "resnet8", seed: 0, planJSON: "{}", position: 0)
  let stage = StageRecord(
    digest: String(repeating: "b", count: 64), runDigest: String(repeating: "a", count: 64), kind: .probe,
    target: "mnist", position: 0)
  let study = StudyRecord(
    name: "s", specYAML: "name: s", specJSON: "{}", createdAt: "2026-01-01T00:00:00Z", programVersion: "1")

  func store() throws -> StudyStore {
    let store = try StudyStore.inMemory()
    try store.plan(study: study, runs: [run], stages: [stage])
    return store
  }

  @Test func aStageFromBeginningToEnd() throws {
    let store = try store()
    try store.start(stage: stage.digest, host: "here")
    #expect(try store.stages()[0].state == .running)
    let measurement = MeasurementRecord(
      runDigest: run.digest, stageDigest: stage.digest, name: "probe_accuracy", target: "mnist",
      split: "test", value: 0.5)
    let missing = MeasurementRecord(
      runDigest: run.digest, stageDigest: stage.digest, name: "nll", split: "test", value: .nan)
    #expect(try store.measurements().isEmpty)
    try store.finish(stage: stage.digest, seconds: 2, measurements: [measurement, missing])
    #expect(try store.measurements() == [missing, measurement])
    #expect(missing.reason == "not a finite number")
    let done = try store.stages()[0]
    #expect(done.state == .done && done.attempts == 1 && done.seconds == 2 && done.host == "here")
  }

  @Test func planningAgainKeepsWhatIsDone() throws {
    let store = try store()
    try store.start(stage: stage.digest, host: "here")
    try store.finish(stage: stage.digest, seconds: 1, measurements: [])
    var renamed = stage
    renamed.target = "digits"
    try store.plan(study: study, runs: [run], stages: [renamed])
    #expect(try store.stages()[0].state == .done)
    #expect(try store.stages()[0].target == "digits")
    try store.plan(study: study, runs: [], stages: [])
    #expect(try store.runs().isEmpty && store.stages().isEmpty)
    try store.plan(study: study, runs: [run], stages: [stage])
    #expect(try store.stages()[0].state == .done)
    var other = study
    other.name = "t"
    #expect(throws: StudyError.otherStudy(present: "s", wanted: "t")) {
      try store.plan(study: other, runs: [], stages: [])
    }
  }

  @Test func failuresAreTriedAgainUnlessLasting() throws {
    let store = try store()
    try store.fail(stage: stage.digest, error: "crash", seconds: 1, final: true, lasting: false)
    #expect(try store.retryFailed() == 1)
    try store.fail(stage: stage.digest, error: "not finite", seconds: 1, final: true, lasting: true)
    #expect(try store.retryFailed() == 0)
    #expect(try store.stages()[0].error == "not finite")
  }

  @Test func runningStagesOfADeadProcessArePending() throws {
    let store = try store()
    try store.start(stage: stage.digest, host: "here")
    try store.plan(study: study, runs: [run], stages: [stage])
    #expect(try store.stages()[0].state == .pending)
  }

  @Test func epochsAndFacts() throws {
    let store = try store()
    func epoch(_ number: Int, _ loss: Double) -> Study.EpochRecord {
      EpochRecord(
        runDigest: run.digest, epoch: number, loss: loss, trainAccuracy: 0.5, holdoutAccuracy: nil,
        learningRate: 0.1,
        imagesPerSecond: .infinity)
    }
    for record in [epoch(2, 1), epoch(1, 2), epoch(2, 0.5)] { try store.record(epoch: record) }
    #expect(try store.epochs().map(\.loss) == [2, 0.5])
    #expect(try store.epochs()[0].imagesPerSecond == nil)
    try store.record(facts: ["a": "1"])
    try store.record(facts: ["a": "2", "b": "3"])
    #expect(try store.facts() == ["a": "2", "b": "3"])
  }

  @Test func theSchemaRefusesNonsense() throws {
    let store = try store()
    for sql in [
      "INSERT INTO run (digest, label, objective, objective_json, network, seed, plan_json, position) VALUES ('short', 'a', 'a', '{}', 'a', 0, '{}', 0)",
      "UPDATE stage SET state = 'waiting'", "UPDATE stage SET attempts = 'many'",
      "UPDATE stage SET state = 'failed'",
      "UPDATE stage SET run_digest = 'nobody'", "UPDATE run SET plan_json = '{'",
      "INSERT INTO study (id, name, spec_yaml, spec_json, created_at, program_version) VALUES (2, 'a', '', '{}', '', '')",
    ] {
      #expect(throws: StudyError.self, "\(sql)") { try store.write { try $0.execute(sql: sql) } }
    }
  }

  @Test func filesAreOpenedOrRefused() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("study.sqlite")
    #expect(throws: StudyError.noStudy(directory: folder.url.path)) { try StudyStore(existing: file) }
    let store = try StudyStore(at: file)
    try store.plan(study: study, runs: [run], stages: [stage])
    // A second reader while the first has it open.
    #expect(try StudyStore(existing: file).runs() == [run])
    try store.close()
    try Data("not a database, but long enough to be looked at as one".utf8).write(to: file)
    do {
      _ = try StudyStore(at: file)
      Issue.record("accepted")
    } catch StudyError.damagedStore {
    }
    #expect(throws: StudyError.self) {
      try StudyStore(at: folder.url.appendingPathComponent("none/study.sqlite"))
    }
  }
}
