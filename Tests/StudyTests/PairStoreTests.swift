import Foundation
import GRDB
import Testing

@testable import Study

@Suite struct PairStoreTests {
  static func digest(_ letter: Character) -> String { String(repeating: letter, count: 64) }

  let runs = zip("ab", 0...).map { letter, position in
    RunRecord(
      digest: digest(letter), label: "softmax", objective: "softmax", objectiveJSON: "{}", network: "resnet8",
      seed: position, planJSON: "{}", position: position)
  }
  let stage = StageRecord(digest: digest("c"), runDigest: digest("a"), kind: .cka, position: 0)
  let study = StudyRecord(
    name: "s", specYAML: "name: s", specJSON: "{}", createdAt: "2026-01-01T00:00:00Z", programVersion: "1")

  func pair(_ layers: (String, String) = ("stem", "stem"), _ value: Double? = 0.5, second: Character = "b")
    -> PairRecord
  {
    PairRecord(
      stageDigest: stage.digest, name: "cka", firstRun: Self.digest("a"), secondRun: Self.digest(second),
      layers: layers, value: value)
  }

  @Test func pairsCountOnceTheStageIsDone() throws {
    let store = try StudyStore.inMemory()
    try store.plan(study: study, runs: runs, stages: [stage])
    try store.record(pairs: [pair(), pair(("stem", "block"), .nan)])
    try store.record(pairs: [pair(("stem", "stem"), 0.75)])
    #expect(try store.pairs().isEmpty)
    try store.finish(stage: stage.digest, seconds: 1, measurements: [])
    let found = try store.pairs()
    #expect(found.map(\.value) == [nil, 0.75])
    #expect(found[0].reason == "not a finite number" && found[0].secondLayer == "block")
    // Forgotten with their stage, and not shown for runs that are no longer asked for.
    try store.plan(study: study, runs: [runs[0]], stages: [stage])
    #expect(try store.pairs().isEmpty)
    try store.plan(study: study, runs: runs, stages: [stage])
    #expect(try store.pairs().count == 2)
    try store.forget(stages: [stage.digest])
    try store.finish(stage: stage.digest, seconds: 1, measurements: [])
    #expect(try store.pairs().isEmpty)
  }

  @Test func whatIsWrongIsRefused() throws {
    let store = try StudyStore.inMemory()
    try store.plan(study: study, runs: runs, stages: [stage])
    #expect(throws: StudyError.self) { try store.record(pairs: [pair(second: "x")]) }
    #expect(throws: StudyError.self) { try store.record(pairs: [pair(("stem", ""))]) }
    var other = pair()
    other.reason = "both"
    #expect(throws: StudyError.self) { try store.record(pairs: [other]) }
  }

  @Test func measurementsOfLayersKeepTheirTargets() throws {
    let store = try StudyStore.inMemory()
    let sparsity = StageRecord(digest: Self.digest("d"), runDigest: Self.digest("a"), kind: .sparsity, position: 0)
    try store.plan(study: study, runs: runs, stages: [sparsity])
    let rows = ["stem", "features"].map { layer in
      MeasurementRecord(
        runDigest: Self.digest("a"), stageDigest: sparsity.digest, name: "nonzero_fraction", target: layer,
        split: "test", value: 0.5)
    }
    try store.finish(stage: sparsity.digest, seconds: 1, measurements: rows)
    try store.plan(study: study, runs: runs, stages: [sparsity])
    #expect(try Set(store.measurements().map(\.target)) == ["stem", "features"])
  }

  @Test func olderStoresAreBroughtUpToDate() throws {
    let queue = try DatabaseQueue()
    try Schema.migrator.migrate(queue, upTo: "1: study, runs, stages, measurements, epochs, facts")
    try queue.write { database in
      try runs[0].insert(database)
      var old = stage
      old.kind = .probe
      try old.insert(database)
      try MeasurementRecord(
        runDigest: runs[0].digest, stageDigest: old.digest, name: "probe_accuracy", split: "test", value: 0.5
      ).insert(database)
    }
    #expect(throws: DatabaseError.self) {
      try queue.write { try $0.execute(sql: "UPDATE stage SET kind = 'cka'") }
    }
    try Schema.migrator.migrate(queue)
    try queue.write { database in
      try database.execute(sql: "UPDATE stage SET kind = 'cka'")
      #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM measurement") == 1)
      #expect(try database.indexes(on: "stage").contains { $0.name == "stage_run" })
      #expect(throws: DatabaseError.self) { try database.execute(sql: "UPDATE stage SET kind = 'other'") }
      // Measurements still go with their stage.
      try database.execute(sql: "DELETE FROM stage")
      #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM measurement") == 0)
    }
  }
}
