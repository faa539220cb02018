import Foundation
import Training

/// Hands the stages of a plan to workers, in the order of their dependencies, and writes down what comes back.
///
/// Runs on one thread, the only one of its process that writes to the store. Other schedulers, in other processes and on
/// other machines, may work on the same study: each stage is claimed in the store before it is handed out. A worker that
/// dies or fails costs its stage one attempt. A stage that fails takes those that need it with it; all others go on.
final class Scheduler {
  /// How a call ended.
  enum End: Equatable {
    case finished
    case interrupted
  }

  struct Options {
    var workers: Int
    var program: WorkerProgram
    /// Folder of the study.
    var directory: URL
    /// How many failed attempts at a stage are followed by another one.
    var retries = 1
    /// Seconds that workers have to leave their stages after a signal.
    var grace = 20.0
    /// The runs that are done here; all where nil.
    var shard: Shard?
    /// Seconds between two signs of life.
    var beat = 2.0
    /// Seconds without one after which an owner on another machine is taken for dead.
    var patience = OwnerWatch.standardPatience
  }

  struct Slot {
    var process: WorkerProcess
    var isReady = false
    var lease: Lease?
    /// Ended because its stage was lost to another owner.
    var isDismissed = false
    var started = Date()
    var note = ""
    var share: Double?
  }

  let plan: StudyPlan
  let store: StudyStore
  let options: Options
  let progress: StudyProgress
  var owner: OwnerRecord
  var log: StudyLog
  var watch: OwnerWatch
  /// How many signals have come; asked often.
  private let signals: () -> Int

  let stages: [String: StudyPlan.Stage]
  let runs: [String: RunRecord]
  let prior: Estimate
  var board: Board
  var measured: [String: Double] = [:]
  var slots: [Int: Slot] = [:]
  private var nextWorker = 1
  /// The slot of each worker ever started; a dead worker's late news finds none.
  private var serials: [Int: Int] = [:]
  var deathsBeforeReady = 0
  private let mailbox = Mailbox<(worker: Int, news: WorkerNews)>()
  let began = Date()
  var doneNow = 0
  var stopping: Date?
  var lastBeat = OwnerWatch.now
  var lastLook = OwnerWatch.now
  var estimated: (at: Date, seconds: Double?)?

  /// - Parameter owner: entered in the store already.
  init(
    plan: StudyPlan, store: StudyStore, owner: OwnerRecord, options: Options, progress: StudyProgress,
    signals: @escaping () -> Int
  ) throws(StudyError) {
    self.plan = plan
    self.store = store
    self.owner = owner
    self.options = options
    self.progress = progress
    self.signals = signals
    log = StudyLog(options.directory, owner: owner)
    watch = OwnerWatch(patience: options.patience)
    stages = Dictionary(plan.stages.map { ($0.record.digest, $0) }, uniquingKeysWith: { first, _ in first })
    runs = Dictionary(
      plan.runs.map { ($0.record.digest, $0.record) }, uniquingKeysWith: { first, _ in first })
    prior = Estimate(plan: plan)
    board = Board(plan.stages(of: options.shard))
    for record in try store.stages() {
      board[record.digest] = record.state
      if record.state == .done { measured[record.digest] = record.seconds }
    }
  }

  /// Works until all is done, all that is left is blocked by failures, or a signal asks to stop.
  func run() throws(StudyError) -> End {
    log.write(.joined)
    do {
      while true {
        if stopping == nil { try handOut() }
        if !isBusy {
          if stopping != nil { break }
          if try isAtEnd() { break }
        }
        if let (worker, news) = mailbox.take(within: 0.25) { try handle(news, from: worker) }
        obeySignals()
        try keepTouch()
        progress.show(snapshot())
      }
    } catch {
      for slot in slots.values { slot.process.kill() }
      close()
      throw error
    }
    close()
    log.write(.left)
    return stopping == nil ? .finished : .interrupted
  }

  var isBusy: Bool { slots.values.contains { $0.lease != nil } }

  /// Whether nothing is left to do, here or by others whose stages might yet come back. Asked when no worker is busy.
  private func isAtEnd() throws(StudyError) -> Bool {
    guard !slots.values.contains(where: { !$0.isReady }), board.ready(1).isEmpty else { return false }
    // What is known of the others may be old.
    try look()
    return board.ready(1).isEmpty && board.count(.running) == 0
  }

  // MARK: Handing out

  private func handOut() throws(StudyError) {
    let idle = slots.filter { $0.value.isReady && $0.value.lease == nil }.keys.sorted()
    var ready = board.ready(idle.count + options.workers)[...]
    var isOld = false
    for number in idle {
      while slots[number]?.lease == nil, let digest = ready.popFirst() {
        guard let stage = stages[digest] else { continue }
        guard let lease = try claim(stage) else {
          // Somebody else was faster.
          isOld = true
          board[digest] = .running
          continue
        }
        board[digest] = .running
        log.write(.claimed, stage.record, attempt: lease.attempt)
        slots[number]?.lease = lease
        slots[number]?.started = Date()
        slots[number]?.note = ""
        slots[number]?.share = nil
        _ = slots[number]?.process.send(stage.job)
      }
    }
    if isOld { try look() }
    // As many workers as there is work for, those on their way included.
    var starting = slots.values.count { !$0.isReady }
    while starting < ready.count, slots.count < options.workers {
      try startWorker()
      starting += 1
    }
  }

  private func claim(_ stage: StudyPlan.Stage) throws(StudyError) -> Lease? {
    try store.claim(
      stage: stage.record.digest, needs: stage.needs, doesWithout: stage.record.kind.isOfAllRuns, owner: owner)
  }

  private func startWorker() throws(StudyError) {
    var number = 1
    while slots[number] != nil { number += 1 }
    let worker = nextWorker
    nextWorker += 1
    let name = owner.number == 1 ? "worker-\(number).log" : "worker-\(owner.number).\(number).log"
    let process = try WorkerProcess(
      number: number, program: options.program,
      log: options.directory.appendingPathComponent("logs").appendingPathComponent(name)
    ) { [mailbox] in mailbox.put((worker, $0)) }
    serials[worker] = number
    slots[number] = Slot(process: process)
  }

  private func handle(_ news: WorkerNews, from worker: Int) throws(StudyError) {
    guard let number = serials[worker], let slot = slots[number] else { return }
    switch news {
    case .end:
      serials[worker] = nil
      slots[number] = nil
      try died(slot, reason: slot.process.wait())
    case .noise: break
    case .event(let event): try handle(event, slot: slot, number: number)
    }
  }

  // MARK: Stopping

  private func obeySignals() {
    let count = signals()
    if count > 0, stopping == nil {
      stopping = Date()
      progress.say("stopping; the same command goes on from here (again to stop at once)")
      for slot in slots.values { slot.process.stop() }
    }
    if let stopping, count > 1 || Date().timeIntervalSince(stopping) > options.grace {
      for slot in slots.values where slot.lease != nil { slot.process.kill() }
    }
  }

  /// Ends the workers; idle ones end with their input.
  private func close() {
    progress.end()
    for slot in slots.values {
      if slot.lease != nil { slot.process.kill() }
      _ = slot.process.wait()
    }
    slots = [:]
  }
}
