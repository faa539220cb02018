import Foundation
import GRDB
import Testing

@testable import Study

/// Who has a stage, and what becomes of it when its owner dies or comes late.
@Suite struct LeaseTests {
  static let run = RunRecord(
    digest: String(repeating: "a", count: 64), label: "softmax", objective: "softmax", objectiveJSON: "{}",
    network: "resnet8", seed: 0, planJSON: "{}", position: 0)
  static let stages = ["b", "c"].enumerated().map { place, letter in
    StageRecord(
      digest: String(repeating: letter, count: 64), runDigest: run.digest, kind: place == 0 ? .train : .evaluate,
      position: place)
  }
  static let study = StudyRecord(
    name: "s", specYAML: "name: s", specJSON: "{}", createdAt: "2026-01-01T00:00:00Z", programVersion: "1")
  /// A process that is surely gone, and one of which nothing can be known from here.
  static let gone = ProcessIdentity(
    host: ProcessIdentity.own.host, boot: ProcessIdentity.own.boot, process: ProcessIdentity.own.process, start: "1")
  static let remote = ProcessIdentity(host: "elsewhere", boot: "b", process: 7, start: "1")

  func join(
    _ store: StudyStore, _ place: ProcessIdentity = .own, stages: [StageRecord] = stages
  ) throws -> OwnerRecord {
    try store.join(
      study: Self.study, runs: [Self.run], stages: stages, owner: OwnerRecord(place: place), directory: "out")
  }

  @Test func oneOfTwoGetsAStage() throws {
    let store = try StudyStore.inMemory()
    let (first, second) = (try join(store), try join(store))
    #expect(first.number == 1 && second.number == 2)
    let stage = Self.stages[0].digest
    let lease = try #require(try store.claim(stage: stage, owner: first))
    #expect(lease.attempt == 1)
    #expect(try store.claim(stage: stage, owner: second) == nil)
    #expect(try store.claim(stage: Self.stages[1].digest, needs: [stage], owner: second) == nil, "the need is not done")
    let stolen = Lease(stage: stage, owner: second.id, attempt: 1)
    #expect(try !store.finish(stolen, seconds: 1, measurements: []))
    #expect(try store.stages()[0].state == .running)
    #expect(try store.finish(lease, seconds: 1, measurements: []))
    #expect(try store.stages()[0].state == .done)
    #expect(try !store.finish(lease, seconds: 1, measurements: []), "once only")
    #expect(try store.claim(stage: stage, owner: second) == nil, "done is done")
    #expect(try store.claim(stage: Self.stages[1].digest, needs: [stage], owner: second)?.attempt == 1)
  }

  @Test func aLateOwnerChangesNothing() throws {
    let store = try StudyStore.inMemory()
    let slow = try join(store)
    let stage = Self.stages[0].digest
    let early = try #require(try store.claim(stage: stage, owner: slow))
    let other = try join(store)
    #expect(try store.bury(slow) == [stage])
    #expect(try store.bury(slow) == nil)
    #expect(try !store.beat(slow.id))
    let lease = try #require(try store.claim(stage: stage, owner: other))
    #expect(lease.attempt == 2)
    let measurement = MeasurementRecord(
      runDigest: Self.run.digest, stageDigest: stage, name: "top1", split: "test", value: 0.1)
    let epoch = Study.EpochRecord(
      runDigest: Self.run.digest, epoch: 1, loss: 1, trainAccuracy: nil, holdoutAccuracy: nil, learningRate: nil,
      imagesPerSecond: nil)
    #expect(try !store.finish(early, seconds: 1, measurements: [measurement]))
    #expect(try !store.interrupt(early, seconds: 1))
    #expect(try fail(store, early) == .leaseLost)
    try store.record(epoch: epoch, under: early)
    #expect(try store.epochs().isEmpty)
    try store.record(epoch: epoch, under: lease)
    #expect(try store.epochs().count == 1)
    #expect(try store.claim(stage: Self.stages[1].digest, owner: slow) == nil, "the dead claim nothing")
    #expect(try store.finish(lease, seconds: 1, measurements: []))
    #expect(try store.measurements().isEmpty)
    let again = try store.enter(slow)
    #expect(again.number == 1)
    #expect(try store.claim(stage: Self.stages[1].digest, owner: again) != nil)
  }

  @Test func aSignOfLifeSavesAnOwner() throws {
    let store = try StudyStore.inMemory()
    let owner = try join(store, Self.remote)
    #expect(try store.beat(owner.id))
    #expect(try store.bury(owner) == nil, "it has given a sign since it was looked at")
    #expect(try store.owners().map(\.beats) == [1])
  }

  @Test func leavingFreesStages() throws {
    let store = try StudyStore.inMemory()
    let owner = try join(store)
    _ = try store.claim(stage: Self.stages[0].digest, owner: owner)
    try store.leave(owner.id)
    #expect(try store.stages()[0].state == .pending)
    #expect(try store.owners().isEmpty)
  }

  @Test func twoPlansAtOnceAreRefused() throws {
    let store = try StudyStore.inMemory()
    let owner = try join(store)
    _ = try store.claim(stage: Self.stages[0].digest, owner: owner)
    do {
      _ = try join(store, stages: [Self.stages[0]])
      Issue.record("joined")
    } catch StudyError.otherPlan("out", let holder) {
      #expect(holder.contains("process \(getpid()) on "))
    }
    #expect(try store.stages().count == 2)
    #expect(try store.owners().count == 1)
    // The same plan: what runs goes on.
    _ = try join(store)
    #expect(try store.stages()[0].state == .running)
    try store.leave(owner.id)
  }

  @Test func theDeadAreFoundBeforeItBegins() throws {
    let store = try StudyStore.inMemory()
    let dead = try join(store, Self.gone)
    _ = try store.claim(stage: Self.stages[0].digest, owner: dead)
    let live = try join(store)
    var said: [String] = []
    try store.awaitVerdicts(patience: 60) { said.append($0) }
    #expect(said.isEmpty, "this machine's processes are looked up")
    #expect(try store.owners().map(\.id) == [live.id])
    #expect(try store.stages()[0].state == .pending)
    // Another machine's must be waited for.
    _ = try join(store, Self.remote)
    try store.awaitVerdicts(patience: 0.3) { said.append($0) }
    #expect(said.count == 1 && said[0].contains("process 7 on elsewhere"))
    #expect(try store.owners().map(\.id) == [live.id])
  }

  @Test func networkFileSystemsAreTold() {
    let mounts = """
      22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
      40 22 0:35 / /home rw shared:1 - nfs4 server:/home rw
      41 40 254:1 / /home/scratch rw - xfs /dev/vdb rw
      42 22 0:40 / /my\\040disk rw - fuse.sshfs host: rw
      a line that is none
      """
    #expect(NetworkFolder.holds("/home/someone", mounts: mounts) && NetworkFolder.holds("/home", mounts: mounts))
    #expect(NetworkFolder.holds("/my disk/x", mounts: mounts))
    for local in ["/", "/homework", "/home/scratch/x", "/my"] { #expect(!NetworkFolder.holds(local, mounts: mounts)) }
    #expect(!NetworkFolder.holds("/home", mounts: ""))
  }

  @Test func aStoreOnANetworkFileSystem() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("study.sqlite")
    // Made on a local disk, then moved.
    let local = try StudyStore(at: file)
    #expect(throws: StudyError.self, "not while somebody has it open the other way") {
      try StudyStore(at: file, isOnNetwork: true).owners()
    }
    try local.close()
    let stores = [try StudyStore(at: file, isOnNetwork: true), try StudyStore(at: file, isOnNetwork: true)]
    #expect(try stores[0].read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "delete")
    let owners = try stores.map { try join($0) }
    #expect(owners.map(\.number) == [1, 2])
    #expect(try stores[0].claim(stage: Self.stages[0].digest, owner: owners[0]) != nil)
    #expect(try stores[1].claim(stage: Self.stages[0].digest, owner: owners[1]) == nil)
    #expect(try stores[1].stages()[0].state == .running)
    for store in stores { try store.close() }
  }

  @Test func deathByTheObserversClock() {
    var watch = OwnerWatch(patience: 10)
    var owner = OwnerRecord(place: Self.remote)
    #expect(watch.verdict(on: owner, now: 0) == .unknown)
    #expect(watch.verdict(on: owner, now: 9) == .unknown)
    owner.beats = 1
    #expect(watch.verdict(on: owner, now: 500) == .alive, "seldom looked at, but it lives")
    #expect(watch.verdict(on: owner, now: 509) == .unknown)
    #expect(watch.verdict(on: owner, now: 511) == .dead)
    #expect(watch.verdict(on: OwnerRecord(), now: 0) == .alive)
    #expect(watch.verdict(on: OwnerRecord(place: Self.gone), now: 0) == .dead, "the number was given anew")
    var elsewhere = ProcessIdentity.own
    elsewhere.boot = "another start of the machine"
    #expect(elsewhere.isAlive == nil)
  }

  @Test func failuresAreCountedAcrossOwners() throws {
    let store = try StudyStore.inMemory()
    let (first, second) = (try join(store), try join(store))
    let (stage, dependent) = (Self.stages[0].digest, Self.stages[1].digest)
    #expect(try fail(store, #require(try store.claim(stage: stage, owner: first)), dependent) == .triedAgain)
    #expect(try store.stages().map(\.state) == [.pending, .pending])
    #expect(try fail(store, #require(try store.claim(stage: stage, owner: second)), dependent) == .failed)
    #expect(try store.stages().map(\.state) == [.failed, .failed])
    #expect(try store.stages()[1].error == "because")
    let failures = try store.failures()
    #expect(failures.map(\.attempt) == [1, 2] && failures[0].log == "last words" && failures[0].error == "no luck")
    // A new effort counts from the beginning.
    #expect(try store.retryFailed() == 2)
    #expect(try fail(store, #require(try store.claim(stage: stage, owner: first)), dependent) == .triedAgain)
    let lease = try #require(try store.claim(stage: stage, owner: first))
    #expect(try fail(store, lease, dependent, retries: 5, lasting: true) == .failed)
    #expect(try store.retryFailed() == 0)
  }

  private func fail(
    _ store: StudyStore, _ lease: Lease, _ dependent: String? = nil, retries: Int = 1, lasting: Bool = false
  ) throws -> StudyStore.AfterFailure {
    try store.fail(
      lease, error: "no luck", log: "last words", host: "here", seconds: 1, retries: retries, lasting: lasting,
      dependents: (dependent.map { [$0] } ?? [], "because"))
  }
}
