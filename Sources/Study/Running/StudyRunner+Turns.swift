import Foundation
import Training

extension StudyRunner {
  /// Does something in a study's folder while no other process does, such as writing the report: waits for its turn, two
  /// minutes at most. Where the file system knows no locks it does not wait.
  public static func alone<Value>(in directory: URL, _ body: () throws -> Value) throws -> Value {
    let lock = turn(directory)
    defer { withExtendedLifetime(lock) {} }
    return try body()
  }

  private static func turn(_ directory: URL) -> FileLock? {
    let deadline = OwnerWatch.now + 120
    while true {
      do {
        return try FileLock(directory.appendingPathComponent("report.lock"))
      } catch {
        guard case .held = error, OwnerWatch.now < deadline else { return nil }
      }
    }
  }
}
