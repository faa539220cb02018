import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file held by this process through the operating system: let go of when the process ends, however it ends. The
/// file's text says who holds it.
public final class FileLock: Sendable {
  /// Why a lock could not be had.
  public enum Failure: Error {
    /// Somebody else has it; who, as the file says.
    case held(by: String)
    /// The file cannot be opened or locked; `code` is the system's error number.
    case file(path: String, operation: String, code: CInt)
  }

  private let descriptor: CInt

  /// Takes the lock of `file`, which is made if need be.
  public init(_ file: URL) throws(Failure) {
    let path = file.path
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard opened >= 0 else { throw .file(path: path, operation: "open", code: errno) }
    // Somebody who only asks for the holder has it for a moment.
    var code: CInt = 0
    for _ in 0..<10 {
      code = flock(opened, LOCK_EX | LOCK_NB) == 0 ? 0 : errno
      guard code == EWOULDBLOCK else { break }
      usleep(30_000)
    }
    guard code == 0 else {
      close(opened)
      guard code == EWOULDBLOCK else { throw .file(path: path, operation: "lock", code: code) }
      throw .held(by: Self.text(of: path))
    }
    descriptor = opened
    let holder = "process \(getpid()) on \(Self.hostName), since \(Date().formatted(.iso8601))\n"
    ftruncate(opened, 0)
    _ = holder.withCString { pwrite(opened, $0, strlen($0), 0) }
  }

  deinit { close(descriptor) }

  /// Who holds the lock of `file` now, or nil.
  public static func holder(of file: URL) -> String? {
    let opened = open(file.path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { return nil }
    defer { close(opened) }
    // A shared lock, so that two who ask do not take each other for the holder.
    guard flock(opened, LOCK_SH | LOCK_NB) != 0 else { return nil }
    return text(of: file.path)
  }

  /// The machine's name.
  public static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func text(of path: String) -> String {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let name = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return name.isEmpty ? "another process" : name
  }
}
