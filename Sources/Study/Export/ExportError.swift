/// Every way in which an export fails, apart from reading the store (`StudyError`).
public enum ExportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Something else stands where the export should go.
  case notOurs(path: String, reason: String)
  /// A file or folder cannot be written or removed.
  case notWritable(path: String, reason: String)
  /// A file of the study cannot be read.
  case notReadable(path: String, reason: String)

  /// A sentence for people, with what to do about it.
  public var description: String {
    switch self {
    case .notOurs(let path, let reason):
      "\(path): \(reason); nothing was changed, give another path"
    case .notWritable(let path, let reason): "\(path): cannot be written: \(reason)"
    case .notReadable(let path, let reason): "\(path): cannot be read: \(reason)"
    }
  }
}
