import Dispatch

/// Tells which owners of a study are dead, by this process's own clock.
///
/// Where an owner's process can be looked up (same machine, same start of it) that decides, at once. Elsewhere an owner
/// is dead when its count of beats stood still for `patience` seconds since this watch first saw that count.
struct OwnerWatch {
  /// Seconds without a beat after which an owner is taken for dead.
  var patience = 20.0
  private var seen: [String: (beats: Int, at: Double)] = [:]

  enum Verdict {
    case alive, dead, unknown
  }

  init(patience: Double = 20) { self.patience = patience }

  /// Looks at an owner.
  /// - Parameter now: seconds of a clock that only goes forward.
  mutating func verdict(on owner: OwnerRecord, now: Double = OwnerWatch.now) -> Verdict {
    if let isAlive = owner.place.isAlive { return isAlive ? .alive : .dead }
    guard let last = seen[owner.id] else {
      seen[owner.id] = (owner.beats, now)
      return .unknown
    }
    if last.beats != owner.beats {
      seen[owner.id] = (owner.beats, now)
      return .alive
    }
    return now - last.at > patience ? .dead : .unknown
  }

  /// Seconds of the clock that a change of the date does not touch.
  static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
}
