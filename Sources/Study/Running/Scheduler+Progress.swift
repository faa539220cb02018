import Foundation

/// Words and figures for people.
extension Scheduler {
  func name(of digest: String?) -> String {
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

  func snapshot() -> ProgressSnapshot {
    var snapshot = ProgressSnapshot()
    snapshot.total = board.digests.count
    snapshot.done = board.count(.done)
    snapshot.failed = board.count(.failed)
    let elapsed = Date().timeIntervalSince(began)
    if doneNow > 0, elapsed > 0 { snapshot.rate = Double(doneNow) / elapsed * 60 }
    for (number, slot) in slots.sorted(by: { $0.key < $1.key }) {
      guard let lease = slot.lease, let stage = stages[lease.stage]?.record, let run = runs[stage.runDigest]
      else { continue }
      snapshot.running.append(
        ProgressSnapshot.Running(
          worker: number, run: Self.subject(of: stage, run), stage: Self.name(of: stage), note: slot.note,
          share: slot.share, seconds: Date().timeIntervalSince(slot.started)))
    }
    snapshot.elsewhere = board.count(.running) - snapshot.running.count
    // Looks at every stage: once a second is enough.
    if let estimated, Date().timeIntervalSince(estimated.at) < 1 {
      snapshot.secondsLeft = estimated.seconds
    } else {
      snapshot.secondsLeft = secondsLeft()
      estimated = (Date(), snapshot.secondsLeft)
    }
    return snapshot
  }

  private func secondsLeft() -> Double? {
    var known = measured.map { (digest: $0.key, seconds: $0.value) }
    var partly: [String: Double] = [:]
    for slot in slots.values {
      guard let stage = slot.lease?.stage else { continue }
      partly[stage] = slot.share ?? 0
      if let share = slot.share, share > 0.05 { known.append((stage, Date().timeIntervalSince(slot.started) / share)) }
    }
    guard !known.isEmpty else { return nil }
    let estimate = prior.corrected(by: known)
    var left = 0.0
    for (digest, state) in zip(board.digests, board.states) where state == .pending || state == .running {
      left += estimate.seconds(of: digest) * (1 - (partly[digest] ?? 0))
    }
    return left / Double(max(1, min(options.workers, board.digests.count)))
  }
}
