import Foundation

extension StudyStore {
  /// Takes out every owner that is dead. Waits where that shows only in time, as for one on another machine.
  /// - Parameters:
  ///   - patience: seconds without a sign of life after which such an owner is taken for dead.
  ///   - say: told once, before it waits.
  func awaitVerdicts(patience: Double, say: (String) -> Void) throws(StudyError) {
    var watch = OwnerWatch(patience: patience)
    var alive: Set<String> = []
    var hasSaid = false
    while true {
      var open: [OwnerRecord] = []
      for owner in try owners() where !alive.contains(owner.id) {
        switch watch.verdict(on: owner) {
        case .alive: alive.insert(owner.id)
        case .dead: _ = try bury(owner)
        case .unknown: open.append(owner)
        }
      }
      guard let first = open.first else { return }
      if !hasSaid { say("waiting for a sign of life of \(first.name) (up to \(Int(patience)) s)") }
      hasSaid = true
      Thread.sleep(forTimeInterval: 0.2)
    }
  }
}
