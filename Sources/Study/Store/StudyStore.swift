import Foundation
import GRDB

/// `study.sqlite`: everything a study has planned, done and measured, and all that a report may show.
///
/// Any number of processes read and write at once (WAL where the disk is local); each of them writes from one thread. A value, not a connection to be passed
/// around with care: copies share the same pool.
///
/// - Not promised: rows of runs or stages that the present specification no longer asks for are kept, so that going
///   back costs nothing, but no reading operation returns them.
public struct StudyStore: Sendable {
  private let database: any DatabaseWriter

  /// Opens the store at `file`, making and migrating it as needed.
  public init(at file: URL) throws(StudyError) {
    try self.init(at: file, isOnNetwork: NetworkFolder.holds(file))
  }

  /// - Parameter isOnNetwork: whether other machines may open the file. SQLite's write-ahead log needs memory that all
  ///   share, so that there it keeps a rollback journal, and readers wait for writers.
  init(at file: URL, isOnNetwork: Bool) throws(StudyError) {
    var configuration = Configuration()
    configuration.label = "study"
    configuration.busyMode = .timeout(20)
    // A study is cheap to continue and dear to lose: every commit reaches the disk.
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
    do {
      if isOnNetwork {
        configuration.prepareDatabase { database in
          let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
          guard mode == "delete" else {
            throw StudyError.notWritable(
              path: file.path, reason: "another process has it open in mode '\(mode ?? "?")'")
          }
        }
        database = try DatabaseQueue(path: file.path, configuration: configuration)
      } else {
        database = try DatabasePool(path: file.path, configuration: configuration)
      }
      try Self.migrate(database, file: file.path)
    } catch let error as StudyError {
      throw error
    } catch {
      throw StudyError.store(file: file.path, error)
    }
  }

  /// Opens a store that must exist, such as for a report or a status.
  public init(existing file: URL) throws(StudyError) {
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw .noStudy(directory: file.deletingLastPathComponent().path)
    }
    try self.init(at: file)
  }

  private init(memory: DatabaseQueue) { database = memory }

  /// A store in memory, for tests.
  public static func inMemory() throws(StudyError) -> StudyStore {
    do {
      let queue = try DatabaseQueue()
      try migrate(queue, file: ":memory:")
      return StudyStore(memory: queue)
    } catch let error as StudyError {
      throw error
    } catch {
      throw StudyError.store(file: ":memory:", error)
    }
  }

  private static func migrate(_ database: any DatabaseWriter, file: String) throws {
    if try database.read(Schema.migrator.hasBeenSuperseded) {
      throw StudyError.newerStore(file: file)
    }
    try Schema.migrator.migrate(database)
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(StudyError) -> Value {
    do {
      return try database.read(body)
    } catch {
      throw StudyError.store(file: database.path, error)
    }
  }

  func write<Value>(_ body: (Database) throws -> Value) throws(StudyError) -> Value {
    do {
      return try database.write(body)
    } catch let error as StudyError {
      throw error
    } catch {
      throw StudyError.store(file: database.path, error)
    }
  }

  /// For what SQLite refuses to do within a transaction.
  func outsideTransaction(_ body: (Database) throws -> Void) throws(StudyError) {
    do {
      try database.writeWithoutTransaction(body)
    } catch {
      throw StudyError.store(file: database.path, error)
    }
  }

  /// Writes the log into the main file, unless others are at it, and closes; the store must not be used afterwards.
  public func close() throws(StudyError) {
    do {
      if let pool = database as? DatabasePool {
        try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
      }
      try database.close()
    } catch {
      throw StudyError.store(file: database.path, error)
    }
  }
}
