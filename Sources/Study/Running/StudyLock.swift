import Foundation
import Training

/// The right to run a study: the lock of `study.lock` in its folder.
enum StudyLock {
  /// Takes the lock or says who has it.
  static func take(_ directory: URL) throws(StudyError) -> FileLock {
    do {
      return try FileLock(file(directory))
    } catch {
      switch error {
      case .held(let holder): throw .locked(directory: directory.path, holder: holder)
      case .file(let path, _, ENOSPC): throw .diskFull(path: path)
      case .file(let path, let operation, let code):
        throw .notWritable(path: path, reason: "cannot \(operation): \(String(cString: strerror(code)))")
      }
    }
  }

  /// Who holds the lock of a study's folder now, or nil.
  static func holder(of directory: URL) -> String? { FileLock.holder(of: file(directory)) }

  private static func file(_ directory: URL) -> URL { directory.appendingPathComponent("study.lock") }
}
