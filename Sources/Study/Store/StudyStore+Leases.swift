import Foundation
import GRDB

/// Owners and leases. Each operation is one transaction, so that of two who want the same stage one gets it.
extension StudyStore {
  /// Everybody who works on the study, or did and has not been found dead yet.
  public func owners() throws(StudyError) -> [OwnerRecord] {
    try read { try OwnerRecord.fetchAll($0, sql: "SELECT * FROM owner ORDER BY number") }
  }

  /// Plans the study and enters a new owner. Where somebody works on it already, the plan must be the one they have.
  /// - Parameters:
  ///   - lost: picks stages whose files are gone from all stages; asked where nobody else is at work.
  /// - Returns: the owner with its number.
  func join(
    study: StudyRecord, runs: [RunRecord], stages: [StageRecord], owner: OwnerRecord, directory: String,
    lost: ([StageRecord]) -> [String] = { _ in [] }
  ) throws(StudyError) -> OwnerRecord {
    try write { database in
      let others = try OwnerRecord.fetchAll(database, sql: "SELECT * FROM owner ORDER BY number")
      if let other = others.first {
        let present = Set(try String.fetchAll(database, sql: "SELECT digest FROM stage WHERE active"))
        guard present == Set(stages.map(\.digest)) else {
          throw StudyError.otherPlan(directory: directory, holder: other.name)
        }
      } else {
        try Self.plan(study: study, runs: runs, stages: stages, in: database)
        try Self.retryFailed(in: database)
        try Self.forget(stages: lost(try Self.stages(database)), in: database)
      }
      var owner = owner
      while others.contains(where: { $0.number == owner.number }) { owner.number += 1 }
      try owner.insert(database)
      return owner
    }
  }

  /// Tells that an owner lives.
  /// - Returns: false when it was taken for dead, and has lost its leases.
  func beat(_ owner: String, at time: Date = Date()) throws(StudyError) -> Bool {
    try write { database in
      try database.execute(
        sql: "UPDATE owner SET beats = beats + 1, heard = ? WHERE id = ?", arguments: [time.iso8601, owner])
      return database.changesCount == 1
    }
  }

  /// Enters an owner again that was taken for dead, under the same number where that is free.
  func enter(_ owner: OwnerRecord) throws(StudyError) -> OwnerRecord {
    try write { database in
      var owner = owner
      let numbers = try Int.fetchAll(database, sql: "SELECT number FROM owner")
      while numbers.contains(owner.number) { owner.number += 1 }
      try owner.insert(database)
      return owner
    }
  }

  /// Removes an owner that left or is dead, with its leases; its stages become pending.
  /// - Parameter owner: as last seen; one that has given a sign of life since stays.
  /// - Returns: digests of the stages it had, or nil when it lives or is gone already.
  func bury(_ owner: OwnerRecord) throws(StudyError) -> [String]? {
    try write { database in
      let held = try String.fetchAll(
        database, sql: "SELECT stage_digest FROM lease WHERE owner = ? ORDER BY stage_digest", arguments: [owner.id])
      try database.execute(
        sql: "DELETE FROM owner WHERE id = ? AND beats = ?", arguments: [owner.id, owner.beats])
      guard database.changesCount == 1 else { return nil }
      try Self.release(in: database)
      return held
    }
  }

  /// Takes an owner out that leaves.
  func leave(_ owner: String) throws(StudyError) {
    try write { database in
      try database.execute(sql: "DELETE FROM owner WHERE id = ?", arguments: [owner])
      try Self.release(in: database)
    }
  }

  /// Stages in nobody's hands become pending.
  static func release(in database: Database) throws {
    try database.execute(
      sql: """
        UPDATE stage SET state = 'pending', error = NULL
        WHERE state = 'running' AND digest NOT IN (SELECT stage_digest FROM lease)
        """)
  }

  /// Begins an attempt at a stage.
  /// - Parameters:
  ///   - needs: stages that must be done.
  ///   - doesWithout: whether those of them that failed are done without.
  /// - Returns: nil when somebody else has it or has done it, a need is not done any more, or the owner was taken for
  ///   dead.
  func claim(
    stage digest: String, needs: [String] = [], doesWithout: Bool = false, owner: OwnerRecord, at time: Date = Date()
  ) throws(StudyError) -> Lease? {
    try write { database in
      let isKnown = try Bool.fetchOne(
        database, sql: "SELECT EXISTS (SELECT 1 FROM owner WHERE id = ?)", arguments: [owner.id])
      guard isKnown == true else { return nil }
      for need in needs {
        let state = try StageState.fetchOne(
          database, sql: "SELECT state FROM stage WHERE digest = ?", arguments: [need])
        guard state == .done || (state == .failed && doesWithout) else { return nil }
      }
      let attempt = try Int.fetchOne(
        database,
        sql: """
          UPDATE stage SET state = 'running', attempts = attempts + 1, started_at = ?, finished_at = NULL, host = ?,
            error = NULL WHERE digest = ? AND state = 'pending' AND active RETURNING attempts
          """, arguments: [time.iso8601, owner.place.host, digest])
      guard let attempt else { return nil }
      try database.execute(
        sql: "INSERT INTO lease (stage_digest, owner, attempt) VALUES (?, ?, ?)",
        arguments: [digest, owner.id, attempt])
      return Lease(stage: digest, owner: owner.id, attempt: attempt)
    }
  }

  /// Records that a stage is done, with what it measured.
  /// - Returns: false, and nothing is recorded, when the lease was lost.
  func finish(
    _ lease: Lease, seconds: Double, measurements: [MeasurementRecord], at time: Date = Date()
  ) throws(StudyError) -> Bool {
    try write { database in
      guard try Self.end(lease, in: database) else { return false }
      for measurement in measurements { try measurement.insert(database, onConflict: .replace) }
      try database.execute(
        sql: "UPDATE stage SET state = 'done', error = NULL, finished_at = ?, seconds = seconds + ? WHERE digest = ?",
        arguments: [time.iso8601, max(0, seconds), lease.stage])
      return true
    }
  }

  /// Puts a stage that was left on request back among the pending ones.
  /// - Returns: false when the lease was lost.
  @discardableResult
  func interrupt(_ lease: Lease, seconds: Double) throws(StudyError) -> Bool {
    try write { database in
      guard try Self.end(lease, in: database) else { return false }
      try database.execute(
        sql: "UPDATE stage SET state = 'pending', error = NULL, seconds = seconds + ? WHERE digest = ?",
        arguments: [max(0, seconds), lease.stage])
      return true
    }
  }

  /// Records an epoch that a stage tells of, if its owner still has the stage.
  func record(epoch: EpochRecord, under lease: Lease) throws(StudyError) {
    try write { database in
      if try Self.holds(lease, in: database) { try epoch.insert(database, onConflict: .replace) }
    }
  }

  /// Digests of the stages that these owners have.
  func leased(by owners: [String]) throws(StudyError) -> Set<String> {
    try read { database in
      let rows = try Row.fetchAll(database, sql: "SELECT stage_digest, owner FROM lease")
      return Set(rows.filter { owners.contains($0[1]) }.map { $0[0] })
    }
  }

  /// How far every active stage is.
  func states() throws(StudyError) -> [String: StageState] {
    try read { database in
      var states: [String: StageState] = [:]
      let rows = try Row.fetchCursor(database, sql: "SELECT digest, state FROM stage WHERE active")
      while let row = try rows.next() { states[row[0]] = row[1] }
      return states
    }
  }

  static func holds(_ lease: Lease, in database: Database) throws -> Bool {
    try Bool.fetchOne(
      database,
      sql: "SELECT EXISTS (SELECT 1 FROM lease WHERE stage_digest = ? AND owner = ? AND attempt = ?)",
      arguments: [lease.stage, lease.owner, lease.attempt]) ?? false
  }

  /// Gives a lease back; false when it was lost.
  static func end(_ lease: Lease, in database: Database) throws -> Bool {
    try database.execute(
      sql: "DELETE FROM lease WHERE stage_digest = ? AND owner = ? AND attempt = ?",
      arguments: [lease.stage, lease.owner, lease.attempt])
    return database.changesCount == 1
  }
}
