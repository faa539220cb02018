import Foundation

/// What workers say, and what becomes of their stages.
extension Scheduler {
  func handle(_ event: StageEvent, slot: Slot, number: Int) throws(StudyError) {
    switch event {
    case .ready:
      slots[number]?.isReady = true
      deathsBeforeReady = 0
    case .epoch(let epoch): if let lease = slot.lease { try store.record(epoch: epoch, under: lease) }
    case .progress(let note, let share):
      slots[number]?.note = note
      slots[number]?.share = share
    case .warning(let text):
      progress.warn("warning: \(name(of: slot.lease?.stage)): \(text)")
      log.write(.warning, record(of: slot.lease), error: text)
    case .pairs(let pairs): if let lease = slot.lease { try store.record(pairs: pairs, under: lease) }
    case .detail(let detail): if let lease = slot.lease { try store.record(detail: detail, under: lease) }
    case .facts(let facts): try store.record(facts: facts)
    case .done(let measurements):
      guard let lease = slot.lease else { return }
      slots[number]?.lease = nil
      try done(lease, measurements, seconds: Date().timeIntervalSince(slot.started))
    case .failed(let error, let lasting):
      guard slot.lease != nil else { return }
      slots[number]?.lease = nil
      if error.contains("No space left on device") {
        try putBack(slot)
        throw .diskFull(path: options.directory.path)
      }
      try failed(slot, error: error, lasting: lasting)
    case .interrupted:
      slots[number]?.lease = nil
      try putBack(slot)
    }
  }

  private func done(_ lease: Lease, _ measurements: [MeasurementRecord], seconds: Double) throws(StudyError) {
    guard try store.finish(lease, seconds: seconds, measurements: measurements) else { return late(lease) }
    board[lease.stage] = .done
    measured[lease.stage] = seconds
    doneNow += 1
    log.write(.done, record(of: lease), attempt: lease.attempt, seconds: seconds)
    progress.finished("\(name(of: lease.stage))  \(StudyProgress.clock(seconds))", snapshot())
  }

  private func putBack(_ slot: Slot) throws(StudyError) {
    guard let lease = slot.lease else { return }
    let seconds = Date().timeIntervalSince(slot.started)
    guard try store.interrupt(lease, seconds: seconds) else { return late(lease) }
    board[lease.stage] = .pending
    log.write(.interrupted, record(of: lease), attempt: lease.attempt, seconds: seconds)
  }

  /// The lease was lost meanwhile: whoever has it now tells how far the stage is.
  private func late(_ lease: Lease) {
    board[lease.stage] = .running
    log.write(.late, record(of: lease), attempt: lease.attempt)
  }

  func died(_ slot: Slot, reason: String) throws(StudyError) {
    guard slot.lease != nil else {
      if slot.isReady || slot.isDismissed || stopping != nil { return }
      deathsBeforeReady += 1
      if deathsBeforeReady >= 3 { throw .worker(program: options.program.executable.path, reason: reason) }
      return
    }
    if stopping != nil { return try putBack(slot) }
    try failed(slot, error: reason, lasting: false)
  }

  private func failed(_ slot: Slot, error: String, lasting: Bool) throws(StudyError) {
    guard let lease = slot.lease else { return }
    let dependents = board.dependents(of: lease.stage)
    let seconds = Date().timeIntervalSince(slot.started)
    let written = slot.process.tail(4000)
    let after = try store.fail(
      lease, error: error, log: written, host: owner.place.host, seconds: seconds, retries: options.retries,
      lasting: lasting,
      // Those that need it cannot be done either.
      dependents: (dependents, "not done, because \(name(of: lease.stage)) failed"))
    let record = record(of: lease)
    switch after {
    case .leaseLost: late(lease)
    case .triedAgain:
      board[lease.stage] = .pending
      log.write(.retried, record, attempt: lease.attempt, seconds: seconds, error: error, log: written)
      progress.warn("\(name(of: lease.stage)): \(error); trying once more")
    case .failed:
      for digest in [lease.stage] + dependents { board[digest] = .failed }
      log.write(.failed, record, attempt: lease.attempt, seconds: seconds, error: error, log: written)
      progress.warn("failed: \(name(of: lease.stage)): \(error)")
    }
  }

  private func record(of lease: Lease?) -> StageRecord? { lease.flatMap { stages[$0.stage]?.record } }
}
