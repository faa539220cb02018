import Foundation
import GRDB
import Testing

@testable import Study

@Suite struct EvaluationDetailTests {
  static func digest(_ letter: Character) -> String { String(repeating: letter, count: 64) }

  let run = RunRecord(
    digest: digest("a"), label: "softmax", objective: "softmax", objectiveJSON: "{}", network: "resnet8", seed: 0,
    planJSON: "{}", position: 0)
  let stage = StageRecord(digest: digest("b"), runDigest: digest("a"), kind: .evaluate, position: 0)
  let study = StudyRecord(
    name: "s", specYAML: "name: s", specJSON: "{}", createdAt: "2026-01-01T00:00:00Z", programVersion: "1")

  func answers(_ right: [Bool], labels: String = digest("c")) -> AnswerRecord {
    AnswerRecord(stageDigest: stage.digest, runDigest: run.digest, labels: labels, right: right)
  }

  func bin(_ place: Int, _ count: Int = 3, _ confidence: Double = 0.5, isScaled: Bool = false) -> ReliabilityRecord {
    ReliabilityRecord(
      stageDigest: stage.digest, runDigest: run.digest, isScaled: isScaled, bin: place, count: count,
      confidence: confidence, accuracy: 0.25)
  }

  func store() throws -> StudyStore {
    let store = try StudyStore.inMemory()
    try store.plan(study: study, runs: [run], stages: [stage])
    return store
  }

  @Test func aBitAnImage() {
    for count in [0, 1, 7, 8, 9, 100] {
      let right = (0..<count).map { $0 % 3 == 0 || $0 == 8 }
      let record = answers(right)
      #expect(record.right == right && record.bits.count == (count + 7) / 8)
    }
    #expect(Array(answers([true, false, true] + [Bool](repeating: false, count: 6) + [true]).bits) == [5, 2])
    var short = answers([Bool](repeating: true, count: 9))
    short.bits.removeLast()
    #expect(short.right == nil)
    short.count = .max
    #expect(short.right == nil)
    // A slice of other bytes begins elsewhere.
    short.bits = Data([0, 5, 2]).dropFirst()
    short.count = 10
    #expect(short.right == [true, false, true, false, false, false, false, false, false, true])
  }

  @Test func itCountsOnceTheStageIsDone() throws {
    let store = try store()
    let first = EvaluationDetail(
      answers: answers([true, false]), reliability: [bin(0), bin(3), bin(3, isScaled: true)])
    try store.record(detail: first)
    #expect(try store.details().isEmpty)
    try store.finish(stage: stage.digest, seconds: 1, measurements: [])
    #expect(try store.details() == [first])
    // Told again: what was there before is gone, bins that hold nothing now among it.
    let second = EvaluationDetail(answers: answers([true, true, true]), reliability: [bin(14, 3, 1 + 1e-15)])
    try store.record(detail: second)
    #expect(try store.details() == [second])
    #expect(try store.details()[0].reliability[0].confidence == 1)
    // What crosses to the study from its worker is the same.
    let event = try JSONDecoder().decode(StageEvent.self, from: JSONEncoder().encode(StageEvent.detail(second)))
    #expect(event == .detail(second))
    #expect(try StudySnapshot(store)?.details == [second])
    try store.plan(study: study, runs: [], stages: [])
    #expect(try store.details().isEmpty)
  }

  @Test func whatIsWrongIsRefused() throws {
    let store = try store()
    func refused(_ answers: AnswerRecord, _ bins: [ReliabilityRecord] = []) {
      #expect(throws: StudyError.self) {
        try store.record(detail: EvaluationDetail(answers: answers, reliability: bins))
      }
    }
    let good = answers([true])
    refused(answers([]))
    refused(answers([true], labels: "short"))
    var wrong = good
    wrong.count = 9
    refused(wrong)
    wrong = good
    wrong.stageDigest = Self.digest("x")
    refused(wrong)
    refused(good, [bin(-1)])
    refused(good, [bin(0, 0)])
    refused(good, [bin(0), bin(0)])
    var odd = bin(0)
    odd.accuracy = 1.5
    refused(good, [odd])
    // Nothing of it stayed.
    try store.finish(stage: stage.digest, seconds: 1, measurements: [])
    #expect(try store.details().isEmpty)
  }

  @Test func onlyWhoHasTheStageTells() throws {
    let store = try store()
    let owner = try store.join(
      study: study, runs: [run], stages: [stage], owner: OwnerRecord(), directory: "/tmp")
    let lease = try #require(try store.claim(stage: stage.digest, owner: owner))
    let detail = EvaluationDetail(answers: answers([true, false]), reliability: [bin(0)])
    var late = lease
    late.attempt += 1
    try store.record(detail: detail, under: late)
    #expect(try store.finish(lease, seconds: 1, measurements: []) && store.details().isEmpty)
    try store.forget(stages: [stage.digest])
    let again = try #require(try store.claim(stage: stage.digest, owner: owner))
    try store.record(detail: detail, under: again)
    #expect(try store.finish(again, seconds: 1, measurements: []) && store.details() == [detail])
  }

  @Test func olderStoresAreBroughtUpToDate() throws {
    let queue = try DatabaseQueue()
    try Schema.migrator.migrate(queue, upTo: "stages of layers, pairs of runs and fine-tuning")
    try queue.write { database in
      var done = stage
      (done.state, done.finishedAt) = (.done, "2026-01-01T00:00:00Z")
      try run.insert(database)
      try done.insert(database)
    }
    try Schema.migrator.migrate(queue)
    try queue.write { database in
      #expect(try StudyStore.details(database).isEmpty)
      let detail = EvaluationDetail(answers: answers([true]), reliability: [bin(0)])
      try StudyStore.record(detail, in: database)
      #expect(try StudyStore.details(database) == [detail])
      // It goes with its stage.
      try database.execute(sql: "DELETE FROM stage")
      #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM answers") == 0)
      #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM reliability") == 0)
    }
  }
}
