import Foundation
import GRDB

extension StudyStore {
  /// Makes the store hold exactly this plan: new runs and stages are added, those asked for again keep their state and
  /// results, those no longer asked for become inactive. Stages that are `running` by nobody's lease become pending.
  public func plan(study: StudyRecord, runs: [RunRecord], stages: [StageRecord]) throws(StudyError) {
    try write { try Self.plan(study: study, runs: runs, stages: stages, in: $0) }
  }

  /// The same within a transaction that is open already.
  static func plan(study: StudyRecord, runs: [RunRecord], stages: [StageRecord], in database: Database) throws {
    if let present = try StudyRecord.fetchOne(database), present.name != study.name {
      throw StudyError.otherStudy(present: present.name, wanted: study.name)
    }
    try database.execute(
      sql: """
        INSERT INTO study (id, name, spec_yaml, spec_json, created_at, program_version) VALUES (1, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET spec_yaml = excluded.spec_yaml, spec_json = excluded.spec_json,
          program_version = excluded.program_version
        """,
      arguments: [study.name, study.specYAML, study.specJSON, study.createdAt, study.programVersion])
    try database.execute(sql: "UPDATE run SET active = 0; UPDATE stage SET active = 0")
    for run in runs {
      try database.execute(
        sql: """
          INSERT INTO run (digest, label, objective, objective_json, network, seed, plan_json, position)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET label = excluded.label,
            plan_json = excluded.plan_json, position = excluded.position, active = 1
          """,
        arguments: [
          run.digest, run.label, run.objective, run.objectiveJSON, run.network, run.seed, run.planJSON,
          run.position,
        ])
    }
    for stage in stages {
      try database.execute(
        sql: """
          INSERT INTO stage (digest, run_digest, kind, target, position) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (digest) DO UPDATE SET target = excluded.target, position = excluded.position, active = 1
          """,
        arguments: [stage.digest, stage.runDigest, stage.kind, stage.target, stage.position])
      // A target may have been renamed: its numbers go under the present name. Other stages keep theirs, which may name
      // layers or corruptions.
      guard stage.kind.isOfTarget else { continue }
      try database.execute(
        sql: "UPDATE measurement SET target = ?1 WHERE stage_digest = ?2 AND target <> ?1 AND target <> ''",
        arguments: [stage.target, stage.digest])
    }
    try release(in: database)
  }

  /// Makes failed stages pending again, so that a resumed study tries them once more; not those that would fail in the
  /// same way for certain.
  /// - Returns: how many there were.
  @discardableResult
  public func retryFailed() throws(StudyError) -> Int {
    try write { try Self.retryFailed(in: $0) }
  }

  /// The same within a transaction that is open already.
  @discardableResult
  static func retryFailed(in database: Database) throws -> Int {
    try database.execute(sql: "UPDATE failure SET counted = 0")
    try database.execute(
      sql: "UPDATE stage SET state = 'pending', error = NULL WHERE state = 'failed' AND active AND NOT lasting")
    return database.changesCount
  }

  /// Makes stages pending although they were done, because what they left is gone.
  public func forget(stages digests: [String]) throws(StudyError) {
    try write { try Self.forget(stages: digests, in: $0) }
  }

  /// The same within a transaction that is open already.
  static func forget(stages digests: [String], in database: Database) throws {
    for digest in digests {
      try database.execute(
        sql: "UPDATE stage SET state = 'pending', error = NULL, finished_at = NULL WHERE digest = ? AND state = 'done'",
        arguments: [digest])
      try database.execute(
        sql: "DELETE FROM pair_measurement WHERE stage_digest = ? AND EXISTS "
          + "(SELECT 1 FROM stage WHERE digest = stage_digest AND state = 'pending')", arguments: [digest])
    }
  }

  /// Records that an attempt at a stage begins.
  public func start(stage digest: String, host: String, at time: Date = Date()) throws(StudyError) {
    try write { database in
      try database.execute(
        sql: """
          UPDATE stage SET state = 'running', attempts = attempts + 1, started_at = ?, finished_at = NULL, host = ?,
            error = NULL WHERE digest = ?
          """, arguments: [time.iso8601, host, digest])
    }
  }

  /// Records that a stage is done, with what it measured, in one transaction.
  public func finish(
    stage digest: String, seconds: Double, measurements: [MeasurementRecord], at time: Date = Date()
  ) throws(StudyError) {
    try write { database in
      for measurement in measurements { try measurement.insert(database, onConflict: .replace) }
      try database.execute(
        sql:
          "UPDATE stage SET state = 'done', error = NULL, finished_at = ?, seconds = seconds + ? WHERE digest = ?",
        arguments: [time.iso8601, max(0, seconds), digest])
    }
  }

  /// Records that an attempt failed. With `final` false the stage is pending again, for another attempt; with
  /// `lasting` a resumed study does not try again.
  public func fail(
    stage digest: String, error: String, seconds: Double, final: Bool, lasting: Bool = false,
    at time: Date = Date()
  ) throws(StudyError) {
    try write { database in
      try database.execute(
        sql: """
          UPDATE stage SET state = ?, error = ?, lasting = ?, finished_at = ?, seconds = seconds + ? WHERE digest = ?
          """,
        arguments: [
          final ? StageState.failed : .pending, error, final && lasting, time.iso8601, max(0, seconds),
          digest,
        ])
    }
  }

  /// Puts a stage that was stopped on request back among the pending ones.
  public func interrupt(stage digest: String, seconds: Double) throws(StudyError) {
    try write { database in
      try database.execute(
        sql: "UPDATE stage SET state = 'pending', error = NULL, seconds = seconds + ? WHERE digest = ?",
        arguments: [max(0, seconds), digest])
    }
  }

  /// Records an epoch; the same epoch told again, as after a resumption, replaces the earlier row.
  public func record(epoch: EpochRecord) throws(StudyError) {
    try write { try epoch.insert($0, onConflict: .replace) }
  }

  /// Records how the study was made; a key told again replaces the earlier value.
  public func record(facts: [String: String]) throws(StudyError) {
    try write { database in
      for (key, value) in facts.sorted(by: { $0.key < $1.key }) {
        try database.execute(
          sql: "INSERT OR REPLACE INTO fact (key, value) VALUES (?, ?)", arguments: [key, value])
      }
    }
  }
}

extension Date {
  /// ISO 8601 in UTC, to the second.
  var iso8601: String { formatted(.iso8601) }
}
