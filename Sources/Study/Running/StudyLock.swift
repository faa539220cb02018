import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The right to run a study: an operating-system lock on `study.lock` in its folder. The system lets go of it when the
/// process ends in whatever way; the file says who holds it.
final class StudyLock {
  private let descriptor: CInt

  /// Takes the lock or says who has it.
  init(directory: URL) throws(StudyError) {
    let path = directory.appendingPathComponent("study.lock").path
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard opened >= 0 else {
      throw errno == ENOSPC
        ? .diskFull(path: path) : .notWritable(path: path, reason: String(cString: strerror(errno)))
    }
    // Somebody who only asks for the holder has it for a moment.
    var code: CInt = 0
    for _ in 0..<10 {
      code = flock(opened, LOCK_EX | LOCK_NB) == 0 ? 0 : errno
      guard code == EWOULDBLOCK else { break }
      usleep(30_000)
    }
    guard code == 0 else {
      defer { close(opened) }
      guard code == EWOULDBLOCK else {
        throw .notWritable(path: path, reason: "cannot be locked: \(String(cString: strerror(code)))")
      }
      let holder = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      let name = holder.trimmingCharacters(in: .whitespacesAndNewlines)
      throw .locked(directory: directory.path, holder: name.isEmpty ? "another process" : name)
    }
    descriptor = opened
    let holder = "process \(getpid()) on \(Host.name), since \(Date().iso8601)\n"
    ftruncate(opened, 0)
    _ = holder.withCString { pwrite(opened, $0, strlen($0), 0) }
  }

  deinit { close(descriptor) }

  /// Who holds the lock of a study's folder now, or nil.
  static func holder(of directory: URL) -> String? {
    let path = directory.appendingPathComponent("study.lock").path
    let opened = open(path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { return nil }
    defer { close(opened) }
    // A shared lock, so that two who ask do not take each other for the study.
    guard flock(opened, LOCK_SH | LOCK_NB) != 0 else { return nil }
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// The machine.
enum Host {
  /// Its name.
  static var name: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Processors that may be used.
  static var processors: Int { ProcessInfo.processInfo.activeProcessorCount }
}
