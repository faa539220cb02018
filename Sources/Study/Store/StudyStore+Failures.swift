import Foundation
import GRDB

/// A failed attempt at a stage.
public struct FailureRecord: Codable, Hashable, Sendable, FetchableRecord, PersistableRecord {
  /// The table of these rows.
  public static let databaseTableName = "failure"
  /// The stage.
  public var stageDigest: String
  /// Number of the attempt, from 1.
  public var attempt: Int
  /// When, ISO 8601 in UTC.
  public var time: String
  /// Name of the machine.
  public var host: String
  /// Why.
  public var error: String
  /// The end of what the worker wrote while it had the stage.
  public var log: String
  /// Whether it counts against the retries of the present effort; running a study again counts from 0.
  public var counted: Bool = true

  enum CodingKeys: String, CodingKey {
    case attempt, time, host, error, log, counted
    case stageDigest = "stage_digest"
  }
}

extension StudyStore {
  /// What became of a stage after a failed attempt.
  enum AfterFailure: Equatable {
    /// It is pending again.
    case triedAgain
    /// It failed for good, and those that need it with it.
    case failed
    /// Nothing was recorded: the lease was lost.
    case leaseLost
  }

  /// Records that an attempt failed, and either puts the stage back or gives it up with all that need it.
  /// - Parameters:
  ///   - retries: how many failed attempts are followed by another one.
  ///   - lasting: whether another attempt fails the same way for certain, also in a resumed study.
  ///   - dependents: stages that cannot be done without this one, and why, for people.
  func fail(
    _ lease: Lease, error: String, log: String, host: String, seconds: Double, retries: Int, lasting: Bool,
    dependents: (digests: [String], reason: String), at time: Date = Date()
  ) throws(StudyError) -> AfterFailure {
    try write { database in
      guard try Self.end(lease, in: database) else { return .leaseLost }
      let before = try Int.fetchOne(
        database, sql: "SELECT count(*) FROM failure WHERE stage_digest = ? AND counted", arguments: [lease.stage])
      let failure = FailureRecord(
        stageDigest: lease.stage, attempt: lease.attempt, time: time.iso8601, host: host, error: error, log: log)
      try failure.insert(database)
      let isFinal = lasting || (before ?? 0) >= retries
      try database.execute(
        sql: """
          UPDATE stage SET state = ?, error = ?, lasting = ?, finished_at = ?, seconds = seconds + ? WHERE digest = ?
          """,
        arguments: [
          isFinal ? StageState.failed : .pending, error, isFinal && lasting, time.iso8601, max(0, seconds), lease.stage,
        ])
      guard isFinal else { return .triedAgain }
      for digest in dependents.digests {
        try database.execute(
          sql: """
            UPDATE stage SET state = 'failed', error = ?, lasting = ?, finished_at = ?
            WHERE digest = ? AND state = 'pending'
            """, arguments: [dependents.reason, lasting, time.iso8601, digest])
      }
      return .failed
    }
  }

  /// Every failed attempt at active stages, in the order of stages and attempts.
  public func failures() throws(StudyError) -> [FailureRecord] {
    try read { database in
      try FailureRecord.fetchAll(
        database,
        sql: """
          SELECT failure.* FROM failure JOIN stage ON stage.digest = failure.stage_digest
          WHERE stage.active ORDER BY stage.position, attempt
          """)
    }
  }
}
