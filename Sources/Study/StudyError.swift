import Foundation
import GRDB

/// Every way in which running or reading a study fails, apart from a wrong specification (`SpecificationError`).
public enum StudyError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No study lies in the directory.
  case noStudy(directory: String)
  /// The directory holds a study of another name.
  case otherStudy(present: String, wanted: String)
  /// The store was made by a newer version of the program.
  case newerStore(file: String)
  /// Another process runs the study.
  case locked(directory: String, holder: String)
  /// Another process runs the study by another specification.
  case otherPlan(directory: String, holder: String)
  /// The disk is full.
  case diskFull(path: String)
  /// A folder or file cannot be written or read.
  case notWritable(path: String, reason: String)
  /// The store is damaged or refused an operation.
  case damagedStore(file: String, reason: String)
  /// A worker could not be started.
  case worker(program: String, reason: String)
  /// Data that the study names cannot be loaded.
  case data(name: String, reason: String)

  /// Sorts an error of SQLite or the file system into a case.
  static func store(file: String, _ error: any Error) -> StudyError {
    if let error = error as? StudyError { return error }
    guard let error = error as? DatabaseError else {
      return .notWritable(path: file, reason: String(describing: error))
    }
    switch error.resultCode {
    case .SQLITE_FULL: return .diskFull(path: file)
    case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_IOERR:
      return .notWritable(path: file, reason: error.message ?? "SQLite error \(error.resultCode.rawValue)")
    default: return .damagedStore(file: file, reason: error.description)
    }
  }

  /// A sentence for people, with what to do about it.
  public var description: String {
    switch self {
    case .noStudy(let directory):
      "\(directory): no study here (no study.sqlite); give the directory that `study run` wrote, see `study list`"
    case .otherStudy(let present, let wanted):
      "the directory holds study '\(present)', the specification is of '\(wanted)'; choose another --out"
    case .newerStore(let file):
      "\(file): made by a newer version of separatrix; use that version, or another --out"
    case .locked(let directory, let holder):
      "\(directory): in use by \(holder); wait for it or stop it"
    case .otherPlan(let directory, let holder):
      "\(directory): being run by \(holder), with another specification or other threads; two who share a study need "
        + "the same; wait for it or stop it"
    case .diskFull(let path):
      "\(path): the disk is full; free some space and run the same command again, what is done is kept"
    case .notWritable(let path, let reason):
      "\(path): cannot be written: \(reason)"
    case .damagedStore(let file, let reason):
      "\(file): \(reason)"
    case .worker(let program, let reason):
      "cannot start a worker with \(program): \(reason)"
    case .data(let name, let reason):
      "\(name): \(reason)"
    }
  }
}
