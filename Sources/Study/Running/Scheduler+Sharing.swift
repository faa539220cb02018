/// The others who work on the same study.
extension Scheduler {
  /// Gives a sign of life, and looks at the others, each when it is time.
  func keepTouch() throws(StudyError) {
    let now = OwnerWatch.now
    if now - lastBeat >= options.beat {
      lastBeat = now
      if try !store.beat(owner.id) { try joinAgain() }
    }
    // A scheduler with nothing to do waits for what others have.
    if now - lastLook >= (isBusy ? options.beat : 0.25) { try look() }
  }

  /// Reads how far the study is, after the stages of the dead were freed.
  func look() throws(StudyError) {
    lastLook = OwnerWatch.now
    for other in try store.owners() where other.id != owner.id && watch.verdict(on: other) == .dead {
      guard let freed = try store.bury(other) else { continue }
      log.write(.freed, error: "\(other.name), is gone; it had \(freed.count) stages")
      progress.say("\(other.name), is gone; its \(freed.count) stages go on here or elsewhere")
    }
    let own = Set(slots.values.compactMap { $0.lease?.stage })
    for (digest, state) in try store.states() where !own.contains(digest) { board[digest] = state }
  }

  /// Others took this process for dead, as after it was suspended, and have its stages: its workers leave them.
  private func joinAgain() throws(StudyError) {
    for number in slots.keys where slots[number]?.lease != nil {
      slots[number]?.process.kill()
      slots[number]?.lease = nil
      slots[number]?.isReady = false
      slots[number]?.isDismissed = true
    }
    let id = OwnerRecord().id
    owner.id = id
    owner = try store.enter(owner)
    log.owner = owner
    log.write(.rejoined)
    progress.warn("taken for dead by another process after a long silence; joined again")
    try look()
  }
}
