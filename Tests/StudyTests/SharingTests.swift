import Foundation
import Testing

@testable import Study

/// Several schedulers on one study, with the pretended workers of `Fixtures/worker.py`.
@Suite(.serialized) struct SharingTests {
  let study: PretendedStudy

  init() throws { study = try PretendedStudy() }

  @Test func twoShareAStudyAndDoNothingTwice() throws {
    try study.folder.write("0.02", to: "slow")
    let store = try study.store()
    // Both have joined before either begins.
    let schedulers = [try study.scheduler(store), try study.scheduler(store)]
    #expect(schedulers.map(\.owner.number) == [1, 2])
    let ends = try Together.run(schedulers)
    #expect(ends == [.finished, .finished])
    #expect(try store.stages().allSatisfy { $0.state == .done && $0.attempts == 1 })
    let log = study.folder.lines(of: "log")
    #expect(log.count == 54, "nothing is done twice")
    let done = try study.events("done")
    #expect(done.count == 54)
    #expect(Set(done.compactMap { $0["owner"] as? String }).count == 2, "both had a part")
    #expect(FileManager.default.fileExists(atPath: study.out.appendingPathComponent("logs/worker-2.1.log").path))
  }

  @Test func stagesOfTheDeadAreTakenOver() throws {
    let store = try study.store()
    // One that was killed on this machine, one that fell silent on another.
    for place in [LeaseTests.gone, LeaseTests.remote] {
      let owner = try study.join(store, OwnerRecord(place: place))
      let train = try #require(try store.stages().first { $0.kind == .train && $0.state == .pending })
      #expect(try store.claim(stage: train.digest, owner: owner) != nil)
    }
    let scheduler = try study.scheduler(store) {
      $0.patience = 0.5; $0.beat = 0.1
    }
    #expect(try scheduler.run() == .finished)
    #expect(try store.stages().allSatisfy { $0.state == .done })
    #expect(try store.stages().count { $0.attempts == 2 } == 2)
    #expect(try study.events("freed").count == 2)
  }

  @Test func aLivingOneIsWaitedFor() throws {
    let store = try study.store()
    let other = try study.join(store, OwnerRecord())
    let train = try #require(try store.stages().first { $0.kind == .train })
    let lease = try #require(try store.claim(stage: train.digest, owner: other))
    let finisher = Thread {
      Thread.sleep(forTimeInterval: 1.5)
      _ = try? store.finish(lease, seconds: 1, measurements: [])
    }
    finisher.start()
    #expect(try study.scheduler(store).run() == .finished)
    #expect(try store.stages().allSatisfy { $0.state == .done && $0.attempts == 1 })
    #expect(study.folder.lines(of: "log").count == 53)
  }

  @Test func oneTakenForDeadJoinsAgain() throws {
    try study.folder.write("0.1", to: "slow")
    let store = try study.store()
    let scheduler = try study.scheduler(store) { $0.beat = 0.1 }
    let first = scheduler.owner.id
    let folder = study.folder
    let gravedigger = Thread {
      for _ in 0..<500 where folder.lines(of: "log").count < 3 { usleep(10_000) }
      // It may give a sign of life in between.
      for _ in 0..<100 {
        guard let owner = try? store.owners().first(where: { $0.id == first }) else { break }
        if (try? store.bury(owner)) != nil { break }
      }
    }
    gravedigger.start()
    #expect(try scheduler.run() == .finished)
    #expect(scheduler.owner.id != first)
    #expect(try study.events("rejoined").count == 1)
    #expect(try store.stages().allSatisfy { $0.state == .done })
    #expect(try study.events("done").count == 54, "what was killed with it is done once, later")
  }

  @Test func shardsDoTheirOwn() throws {
    let store = try study.store()
    for number in 1...2 {
      let scheduler = try study.scheduler(store) { $0.shard = Shard(number, of: 2) }
      #expect(try scheduler.run() == .finished)
      try store.leave(scheduler.owner.id)
      let runs = try store.runs()
      for stage in try store.stages() {
        let place = try #require(runs.firstIndex { $0.digest == stage.runDigest })
        #expect((stage.state == .done) == (number == 2 || place % 2 == 0))
      }
    }
    #expect(study.folder.lines(of: "log").count == 54)
  }

  @Test func retriesAreOfTheUsersChoosing() throws {
    try study.folder.write("probe", to: "crash-all")
    try study.folder.write("knn", to: "fail")
    let store = try study.store()
    #expect(try study.scheduler(store) { $0.retries = 2 }.run() == .finished)
    let failed = try store.stages().filter { $0.state == .failed }
    #expect(failed.count == 6 + 12)
    #expect(failed.allSatisfy { $0.attempts == 3 })
    #expect(try store.stages().count { $0.state == .done } == 54 - 18, "the others go on")
    let failures = try store.failures()
    #expect(failures.count == 3 * 18)
    let crashes = failures.filter { $0.error.contains("signal 9") }
    #expect(crashes.count == 18 && crashes.allSatisfy { $0.log == "about to crash\n" })
    #expect(try study.events("failed").count { ($0["log"] as? String) == "about to crash\n" } == 6)
    #expect(try study.events("retried").count == 2 * 18)
  }
}

/// A study of six runs in a folder of its own.
struct PretendedStudy {
  let folder: TemporaryFolder
  let out: URL
  let plan: StudyPlan
  let document: StudyDocument

  init() throws {
    folder = try TemporaryFolder()
    out = folder.url.appendingPathComponent("out")
    try FileManager.default.createDirectory(
      at: out.appendingPathComponent("logs"), withIntermediateDirectories: true)
    document = try StudyTests.document(dataRoot: "/data")
    var expansion = PlanExpansion(
      document: document, directory: out.path, threads: 1, data: DataCatalog(loader: pretendData))
    plan = try expansion.plan()
  }

  func store() throws -> StudyStore { try StudyStore(at: out.appendingPathComponent("study.sqlite")) }

  func join(_ store: StudyStore, _ owner: OwnerRecord) throws -> OwnerRecord {
    try store.join(
      study: StudyRecord(
        name: document.specification.name, specYAML: document.yaml, specJSON: "{}",
        createdAt: "2026-01-01T00:00:00Z", programVersion: "1"),
      runs: plan.runs.map(\.record), stages: plan.stages.map(\.record), owner: owner, directory: out.path)
  }

  /// A scheduler that has joined, with two workers.
  func scheduler(_ store: StudyStore, _ change: (inout Scheduler.Options) -> Void = { _ in }) throws -> Scheduler {
    let worker = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Fixtures/worker.py")
    var options = Scheduler.Options(
      workers: 2,
      program: WorkerProgram(
        executable: URL(fileURLWithPath: "/usr/bin/env"), arguments: ["python3", worker.path, folder.url.path]),
      directory: out)
    change(&options)
    let shown = folder.url.appendingPathComponent("shown-\(UUID().uuidString)")
    _ = FileManager.default.createFile(atPath: shown.path, contents: nil)
    return try Scheduler(
      plan: plan, store: store, owner: try join(store, OwnerRecord()), options: options,
      progress: StudyProgress(output: try FileHandle(forWritingTo: shown), isTerminal: false), signals: { 0 })
  }

  /// Lines of the study's log with this event.
  func events(_ name: String) throws -> [[String: Any]] {
    try String(contentsOf: out.appendingPathComponent("log.jsonl"), encoding: .utf8).split(separator: "\n").compactMap {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }.filter { $0["event"] as? String == name }
  }
}

/// Schedulers at work at the same time, each on a thread of its own.
private enum Together {
  /// Hands a scheduler to the one thread that uses it.
  private struct Handed: @unchecked Sendable {
    let scheduler: Scheduler
  }

  private final class Ends: @unchecked Sendable {
    private let lock = NSLock()
    private var found: [Int: Scheduler.End?] = [:]
    func set(_ place: Int, _ end: Scheduler.End?) { lock.withLock { found[place] = .some(end) } }
    var all: [Int: Scheduler.End?] { lock.withLock { found } }
  }

  static func run(_ schedulers: [Scheduler], limit: Double = 120) throws -> [Scheduler.End?] {
    let ends = Ends()
    for (place, scheduler) in schedulers.enumerated() {
      let handed = Handed(scheduler: scheduler)
      Thread { ends.set(place, try? handed.scheduler.run()) }.start()
    }
    let deadline = Date(timeIntervalSinceNow: limit)
    while ends.all.count < schedulers.count, Date() < deadline { usleep(20_000) }
    return schedulers.indices.map { ends.all[$0] ?? nil }
  }
}
