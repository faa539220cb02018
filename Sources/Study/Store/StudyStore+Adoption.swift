import GRDB

extension StudyStore {
  /// Records that a stage is done because another study did it: when, where and how long it took there.
  /// - Returns: false, and nothing is recorded, when the lease was lost.
  func adopt(
    _ lease: Lease, as stage: StageRecord, measurements: [MeasurementRecord], epochs: [EpochRecord],
    detail: EvaluationDetail?
  ) throws(StudyError) -> Bool {
    try write { database in
      guard try Self.end(lease, in: database) else { return false }
      for measurement in measurements { try measurement.insert(database, onConflict: .replace) }
      for epoch in epochs { try epoch.insert(database, onConflict: .replace) }
      if let detail { try Self.record(detail, in: database) }
      try database.execute(
        sql: """
          UPDATE stage SET state = 'done', error = NULL, started_at = ?, finished_at = ?, host = ?, seconds = ?
          WHERE digest = ?
          """, arguments: [stage.startedAt, stage.finishedAt, stage.host, stage.seconds, lease.stage])
      return true
    }
  }
}
