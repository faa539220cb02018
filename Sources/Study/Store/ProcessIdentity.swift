import Foundation
import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where a process runs, in a way that a process number used again does not deceive.
public struct ProcessIdentity: Hashable, Sendable {
  /// Name of the machine.
  public var host: String
  /// The machine's present start and the space of its process numbers; empty where they cannot be told.
  public var boot: String
  /// The process.
  public var process: Int
  /// When it began, in the kernel's count; empty where that cannot be told.
  public var start: String

  /// A place by its parts.
  public init(host: String, boot: String, process: Int, start: String) {
    self.host = host
    self.boot = boot
    self.process = process
    self.start = start
  }

  /// That of this process.
  public static let own = ProcessIdentity(
    host: FileLock.hostName, boot: boot, process: Int(getpid()), start: start(of: Int(getpid())) ?? "")

  /// Whether the process lives; nil where that cannot be told from here.
  public var isAlive: Bool? {
    guard !boot.isEmpty, !start.isEmpty, boot == Self.own.boot, host == Self.own.host else { return nil }
    return Self.start(of: process) == start
  }

  private static var boot: String {
    #if os(Linux)
      guard
        let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8),
        // Two containers on one machine have process numbers of their own.
        let space = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
      else { return "" }
      return "\(text.trimmingCharacters(in: .whitespacesAndNewlines)) \(space)"
    #else
      return ""
    #endif
  }

  /// When a process began, or nil where there is none, or one that only waits to be asked how it ended.
  private static func start(of process: Int) -> String? {
    #if os(Linux)
      guard let line = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let end = line.lastIndex(of: ")")
      else { return nil }
      // After the name in parentheses: the state is the first, the start the twentieth.
      let fields = line[line.index(after: end)...].split(separator: " ")
      guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
      return String(fields[19])
    #else
      return nil
    #endif
  }
}
