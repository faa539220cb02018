import GRDB

extension StudyStore {
  /// The study, or nil where nothing was planned yet.
  public func study() throws(StudyError) -> StudyRecord? {
    try read { try Self.study($0) }
  }

  /// The runs that the specification asks for, in its order.
  public func runs() throws(StudyError) -> [RunRecord] {
    try read { try Self.runs($0) }
  }

  /// Their stages, in the specification's order: by run, and within a run by dependency.
  public func stages() throws(StudyError) -> [StageRecord] {
    try read { try Self.stages($0) }
  }

  /// What their finished stages measured, in the order of stages and then by name and split.
  public func measurements() throws(StudyError) -> [MeasurementRecord] {
    try read { try Self.measurements($0) }
  }

  /// The epochs of all active runs, in the order of runs and then of time.
  public func epochs() throws(StudyError) -> [EpochRecord] {
    try read { try Self.epochs($0) }
  }

  /// What is known of how the study was made: versions, digests of data sets, threads. Sort the keys to show them.
  public func facts() throws(StudyError) -> [String: String] {
    try read { database in
      var facts: [String: String] = [:]
      for row in try Row.fetchAll(database, sql: "SELECT key, value FROM fact") {
        facts[row["key"]] = row["value"]
      }
      return facts
    }
  }
}

/// The same within a transaction that is open already.
extension StudyStore {
  static func study(_ database: Database) throws -> StudyRecord? { try StudyRecord.fetchOne(database) }

  static func runs(_ database: Database) throws -> [RunRecord] {
    try RunRecord.fetchAll(database, sql: "SELECT * FROM run WHERE active ORDER BY position, digest")
  }

  static func stages(_ database: Database) throws -> [StageRecord] {
    try StageRecord.fetchAll(database, sql: "SELECT * FROM stage WHERE active ORDER BY position, digest")
  }

  static func measurements(_ database: Database) throws -> [MeasurementRecord] {
    try MeasurementRecord.fetchAll(
      database,
      sql: """
        SELECT measurement.* FROM measurement JOIN stage ON stage.digest = measurement.stage_digest
        WHERE stage.active AND stage.state = 'done' ORDER BY stage.position, name, target, split
        """)
  }

  static func epochs(_ database: Database) throws -> [EpochRecord] {
    try EpochRecord.fetchAll(
      database,
      sql: """
        SELECT epoch.* FROM epoch JOIN run ON run.digest = epoch.run_digest
        WHERE run.active ORDER BY run.position, epoch.epoch
        """)
  }
}
