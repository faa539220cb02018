import Foundation
import Training

/// Hands the stages of a plan to workers, in the order of their dependencies, and writes down what comes back.
///
/// Runs on one thread, the only one that writes to the store. A worker that dies costs its stage one attempt; the stage
/// is tried once more by another worker. A stage that fails takes those that need it with it; all others go on.
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
    /// Attempts at a stage whose worker dies.
    var attempts = 2
    /// Seconds that workers have to leave their stages after a signal.
    var grace = 20.0
  }

  private struct Slot {
    var process: WorkerProcess
    var isReady = false
    var stage: String?
    var started = Date()
    var note = ""
    var share: Double?
  }

  private let plan: StudyPlan
  private let store: StudyStore
  private let options: Options
  private let progress: StudyProgress
  /// How many signals have come; asked often.
  private let signals: () -> Int

  private let stages: [String: StudyPlan.Stage]
  private let order: [String]
  private let runs: [String: RunRecord]
  private let prior: Estimate
  private var states: [String: StageState] = [:]
  private var crashes: [String: Int] = [:]
  private var measured: [String: Double] = [:]
  private var slots: [Int: Slot] = [:]
  private var nextWorker = 1
  private var deathsBeforeReady = 0
  private let mailbox = Mailbox<(worker: Int, news: WorkerNews)>()
  private let began = Date()
  private var doneNow = 0
  private var stopping: Date?

  init(
    plan: StudyPlan, store: StudyStore, options: Options, progress: StudyProgress,
    signals: @escaping () -> Int
  ) throws(StudyError) {
    self.plan = plan
    self.store = store
    self.options = options
    self.progress = progress
    self.signals = signals
    stages = Dictionary(plan.stages.map { ($0.record.digest, $0) }, uniquingKeysWith: { first, _ in first })
    runs = Dictionary(
      plan.runs.map { ($0.record.digest, $0.record) }, uniquingKeysWith: { first, _ in first })
    prior = Estimate(plan: plan)
    order = plan.stages.sorted { ($0.priority, $0.record.digest) < ($1.priority, $1.record.digest) }.map(
      \.record.digest)
    for record in try store.stages() {
      states[record.digest] = record.state
      if record.state == .done { measured[record.digest] = record.seconds }
    }
  }

  /// Works until all is done, all that is left is blocked by failures, or a signal asks to stop.
  func run() throws(StudyError) -> End {
    do {
      while true {
        if stopping == nil { try handOut() }
        let busy = slots.values.contains { $0.stage != nil }
        if !busy, stopping != nil { break }
        if !busy, !slots.values.contains(where: { !$0.isReady }), readyStages().isEmpty { break }
        if let (worker, news) = mailbox.take(within: 0.25) { try handle(news, from: worker) }
        obeySignals()
        progress.show(snapshot())
      }
    } catch {
      for slot in slots.values { slot.process.kill() }
      close()
      throw error
    }
    close()
    return stopping == nil ? .finished : .interrupted
  }

  // MARK: Handing out

  /// Stages that are pending and whose needs are done, first things first.
  private func readyStages() -> [String] {
    order.filter { digest in
      states[digest] == .pending && stages[digest]?.canBegin { states[$0] } == true
    }
  }

  private func handOut() throws(StudyError) {
    var ready = readyStages()[...]
    let idle = slots.filter { $0.value.isReady && $0.value.stage == nil }.keys.sorted()
    for number in idle {
      guard let digest = ready.popFirst(), let job = stages[digest]?.job else { return }
      try store.start(stage: digest, host: FileLock.hostName)
      states[digest] = .running
      slots[number]?.stage = digest
      slots[number]?.started = Date()
      slots[number]?.note = ""
      slots[number]?.share = nil
      _ = slots[number]?.process.send(job)
    }
    // As many workers as there is work for, those on their way included.
    var starting = slots.values.count { !$0.isReady }
    while starting < ready.count, slots.count < options.workers {
      try startWorker()
      starting += 1
    }
  }

  private func startWorker() throws(StudyError) {
    var number = 1
    while slots[number] != nil { number += 1 }
    let worker = nextWorker
    nextWorker += 1
    let process = try WorkerProcess(
      number: number, program: options.program, logs: options.directory.appendingPathComponent("logs")
    ) { [mailbox] in mailbox.put((worker, $0)) }
    serials[worker] = number
    slots[number] = Slot(process: process)
  }
  /// The slot of each worker ever started; a dead worker's late news finds none.
  private var serials: [Int: Int] = [:]

  // MARK: What workers say

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

  private func handle(_ event: StageEvent, slot: Slot, number: Int) throws(StudyError) {
    switch event {
    case .ready:
      slots[number]?.isReady = true
      deathsBeforeReady = 0
    case .epoch(let epoch): try store.record(epoch: epoch)
    case .progress(let note, let share):
      slots[number]?.note = note
      slots[number]?.share = share
    case .warning(let text): progress.warn("warning: \(name(of: slot.stage)): \(text)")
    case .pairs(let pairs): try store.record(pairs: pairs)
    case .facts(let facts): try store.record(facts: facts)
    case .done(let measurements):
      guard let digest = slot.stage else { return }
      let seconds = Date().timeIntervalSince(slot.started)
      try store.finish(stage: digest, seconds: seconds, measurements: measurements)
      states[digest] = .done
      measured[digest] = seconds
      doneNow += 1
      slots[number]?.stage = nil
      progress.finished("\(name(of: digest))  \(StudyProgress.clock(seconds))", snapshot())
    case .failed(let error, let lasting):
      guard let digest = slot.stage else { return }
      slots[number]?.stage = nil
      if error.contains("No space left on device") {
        try store.interrupt(stage: digest, seconds: Date().timeIntervalSince(slot.started))
        throw .diskFull(path: options.directory.path)
      }
      try failed(digest, error: error, started: slot.started, lasting: lasting)
    case .interrupted:
      guard let digest = slot.stage else { return }
      slots[number]?.stage = nil
      try store.interrupt(stage: digest, seconds: Date().timeIntervalSince(slot.started))
      states[digest] = .pending
    }
  }

  private func died(_ slot: Slot, reason: String) throws(StudyError) {
    guard let digest = slot.stage else {
      if slot.isReady || stopping != nil { return }
      deathsBeforeReady += 1
      if deathsBeforeReady >= 3 { throw .worker(program: options.program.executable.path, reason: reason) }
      return
    }
    if stopping != nil {
      try store.interrupt(stage: digest, seconds: Date().timeIntervalSince(slot.started))
      states[digest] = .pending
      return
    }
    crashes[digest, default: 0] += 1
    if crashes[digest, default: 0] < options.attempts {
      progress.warn("\(name(of: digest)): \(reason); trying once more")
      try store.fail(
        stage: digest, error: reason, seconds: Date().timeIntervalSince(slot.started), final: false,
        lasting: false)
      states[digest] = .pending
    } else {
      try failed(digest, error: reason, started: slot.started, lasting: false)
    }
  }

  private func failed(_ digest: String, error: String, started: Date, lasting: Bool) throws(StudyError) {
    progress.warn("failed: \(name(of: digest)): \(error)")
    try store.fail(
      stage: digest, error: error, seconds: Date().timeIntervalSince(started), final: true, lasting: lasting)
    states[digest] = .failed
    // Those that need it cannot be done either; comparisons of runs do without it.
    let cause = "not done, because \(name(of: digest)) failed"
    var lost: Set<String> = [digest]
    for stage in plan.stages where states[stage.record.digest] == .pending && stage.depends(on: lost) {
      lost.insert(stage.record.digest)
      try store.fail(stage: stage.record.digest, error: cause, seconds: 0, final: true, lasting: lasting)
      states[stage.record.digest] = .failed
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
      for slot in slots.values where slot.stage != nil { slot.process.kill() }
    }
  }

  /// Ends the workers; idle ones end with their input.
  private func close() {
    progress.end()
    for slot in slots.values {
      if slot.stage != nil { slot.process.kill() }
      _ = slot.process.wait()
    }
    slots = [:]
  }

  // MARK: Words

  private func name(of digest: String?) -> String {
    guard let digest, let stage = stages[digest]?.record, let run = runs[stage.runDigest] else {
      return "worker"
    }
    return "\(Self.subject(of: stage, run)): \(Self.name(of: stage))"
  }

  /// Whom a stage is about.
  private static func subject(of stage: StageRecord, _ run: RunRecord) -> String {
    stage.kind.isOfAllRuns ? "all runs" : "\(run.label), seed \(run.seed)"
  }

  static func name(of stage: StageRecord) -> String {
    stage.target.isEmpty ? stage.kind.rawValue : "\(stage.kind.rawValue) \(stage.target)"
  }

  private func snapshot() -> ProgressSnapshot {
    var snapshot = ProgressSnapshot()
    snapshot.total = order.count
    snapshot.done = states.values.count { $0 == .done }
    snapshot.failed = states.values.count { $0 == .failed }
    let elapsed = Date().timeIntervalSince(began)
    if doneNow > 0, elapsed > 0 { snapshot.rate = Double(doneNow) / elapsed * 60 }
    var known = measured.map { (digest: $0.key, seconds: $0.value) }
    var partly: [String: Double] = [:]
    for (number, slot) in slots.sorted(by: { $0.key < $1.key }) {
      guard let digest = slot.stage, let stage = stages[digest]?.record, let run = runs[stage.runDigest]
      else { continue }
      let seconds = Date().timeIntervalSince(slot.started)
      snapshot.running.append(
        ProgressSnapshot.Running(
          worker: number, run: Self.subject(of: stage, run), stage: Self.name(of: stage), note: slot.note,
          share: slot.share, seconds: seconds))
      partly[digest] = slot.share ?? 0
      if let share = slot.share, share > 0.05 { known.append((digest, seconds / share)) }
    }
    let estimate = prior.corrected(by: known)
    var left = 0.0
    for digest in order where states[digest] == .pending || states[digest] == .running {
      left += estimate.seconds(of: digest) * (1 - (partly[digest] ?? 0))
    }
    if !known.isEmpty { snapshot.secondsLeft = left / Double(max(1, min(options.workers, order.count))) }
    return snapshot
  }
}
