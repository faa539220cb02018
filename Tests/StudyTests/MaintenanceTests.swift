import Foundation
import Testing

@testable import Study

/// Looking a study over, and removing what nobody asks for any more.
@Suite(.serialized) struct MaintenanceTests {
  let study: PretendedStudy

  init() throws { study = try PretendedStudy() }

  /// The store of the study when all of it is done.
  func finished() throws -> StudyStore {
    let store = try study.store()
    let scheduler = try study.scheduler(store)
    #expect(try scheduler.run() == .finished)
    try store.leave(scheduler.owner.id)
    return store
  }

  /// Asks for some of the runs only, and not for one of the targets.
  func plan(_ runs: Range<Int>, without target: String? = nil, _ store: StudyStore) throws {
    let kept = Set(study.plan.runs[runs].map(\.record.digest))
    let stages = study.plan.stages.map(\.record).filter { kept.contains($0.runDigest) && $0.target != target }
    let record = try #require(try store.study())
    try store.plan(study: record, runs: study.plan.runs[runs].map(\.record), stages: stages)
  }

  @Test func onlyWhatIsNotPlannedGoes() throws {
    let store = try finished()
    #expect(try StudyGarbage(directory: study.out).items.isEmpty)
    try plan(0..<4, without: "notmnist", store)
    let runs = study.plan.runs.map(\.record.digest)
    let files = FileManager.default
    let kept = study.out.appendingPathComponent("runs/\(runs[0])")
    try files.createDirectory(at: kept.appendingPathComponent("results"), withIntermediateDirectories: true)
    // Files of the user's own stay, in planned runs as beside them.
    for name in ["features/mine.safetensors", "features/aaaaaaaaaaaaaaaa-mine.txt", "results/notes-of-mine.json"] {
      try Data("x".utf8).write(to: kept.appendingPathComponent(name))
    }
    try files.createDirectory(at: study.out.appendingPathComponent("runs/mine"), withIntermediateDirectories: true)
    try Data("12345".utf8).write(to: kept.appendingPathComponent("results/knn-0123456789abcdef.json"))

    let found = try StudyGarbage(directory: study.out)
    let expected = ["runs/\(runs[4])", "runs/\(runs[5])"]
    #expect(expected.allSatisfy { path in found.items.contains { $0.path == path } })
    #expect(found.items.count { $0.path.contains("/features/") } == 4 * 2)
    let result = found.items.first { $0.path.hasSuffix("results/knn-0123456789abcdef.json") }
    #expect(result?.bytes == 5)
    #expect(found.items.count == 2 + 8 + 1)
    #expect(found.stages == 2 * 9 + 4 * 2 && found.runs == 2)

    #expect(try StudyGarbage.remove(from: study.out) == found)
    #expect(try StudyGarbage(directory: study.out).items.isEmpty)
    #expect(found.items.allSatisfy { !files.fileExists(atPath: study.out.appendingPathComponent($0.path).path) })
    for name in ["features/mine.safetensors", "features/aaaaaaaaaaaaaaaa-mine.txt", "results/notes-of-mine.json"] {
      #expect(files.fileExists(atPath: kept.appendingPathComponent(name).path))
    }
    #expect(files.fileExists(atPath: study.out.appendingPathComponent("runs/mine").path))
    #expect(try store.stages().allSatisfy { $0.state == .done } && store.stages().count == 4 * 7)
    #expect(try store.unplanned().stages == 0)
    #expect(try store.owners().isEmpty)
    // What was removed is made anew when it is asked for again.
    try plan(0..<6, store)
    #expect(try store.stages().count { $0.state == .pending } == 2 * 9 + 4 * 2)
  }

  @Test func nothingGoesWhileItRuns() throws {
    let store = try finished()
    try plan(0..<1, store)
    let owner = try store.enterAlone(OwnerRecord(), directory: "out")
    #expect(throws: StudyError.locked(directory: study.out.path, holder: owner.name)) {
      try StudyGarbage.remove(from: study.out)
    }
    #expect(try StudyGarbage(directory: study.out).items.count == 5, "it may be looked at")
    try store.leave(owner.id)
    // A dead owner does not hinder.
    _ = try store.enterAlone(OwnerRecord(place: LeaseTests.gone), directory: "out")
    #expect(try StudyGarbage.remove(from: study.out).items.count == 5)
  }

  @Test func missingAndDamagedFilesAreFound() throws {
    let store = try finished()
    let stages = try store.stages()
    let extract = try #require(stages.first { $0.kind == .extract })
    let files = StudyFiles(directory: study.out)
    try FileManager.default.removeItem(at: files.products(of: extract)[0])
    let evaluation = try #require(stages.first { $0.kind == .evaluate })
    let result = files.result(of: evaluation)
    try FileManager.default.createDirectory(
      at: result.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("{ \"half".utf8).write(to: result)
    let check = try StudyCheck(directory: study.out)
    #expect(check.stages == 54 && check.files == 6 + 6 * 3 * 2 + 1 && check.bytes == 7)
    func reason(_ file: URL) -> String? { check.problems.first { $0.file == file.path }?.reason }
    #expect(reason(files.products(of: extract)[0])?.contains("gone") == true)
    #expect(reason(result) == "it is no JSON")
    // The pretended files are empty, which no features file is.
    #expect(reason(files.products(of: extract)[1]) != nil)
    #expect(check.problems.first { $0.file == result.path }?.stage == "softmax, seed 0: evaluate")
    #expect(try store.damage().isEmpty)
    #expect(throws: StudyError.noStudy(directory: study.folder.url.path)) {
      try StudyCheck(directory: study.folder.url)
    }
  }

  @Test func brokenReferencesAreFound() throws {
    let store = try finished()
    try store.writeUnchecked("DELETE FROM run WHERE position = 0")
    #expect(try store.damage().contains { $0.contains("'stage' refers to one of 'run'") })
  }
}

extension StudyStore {
  /// Changes the store as a damaged program might: references are not looked at.
  func writeUnchecked(_ sql: String) throws(StudyError) {
    try outsideTransaction { database in
      try database.execute(sql: "PRAGMA foreign_keys = OFF")
      try database.execute(sql: sql)
      try database.execute(sql: "PRAGMA foreign_keys = ON")
    }
  }
}
