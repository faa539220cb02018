import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Counts SIGINT, SIGTERM and SIGHUP, instead of letting them end the process, while it exists. One at a time; asked from any thread.
public final class SignalTrap: @unchecked Sendable {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  private let lock = NSLock()
  private let readEnd: CInt
  private var seen = 0

  /// Begins to count.
  public init() {
    var ends: [CInt] = [-1, -1]
    _ = pipe(&ends)
    for end in ends where end >= 0 {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    readEnd = ends[0]
    trapEnd = ends[1]
    // A handler may do little more than write to a pipe.
    for number in Self.signals {
      signal(number) { _ in
        var byte: UInt8 = 1
        _ = write(trapEnd, &byte, 1)
      }
    }
    signal(SIGPIPE, SIG_IGN)
  }

  deinit {
    for number in Self.signals { signal(number, SIG_DFL) }
    let end = trapEnd
    trapEnd = -1
    close(end)
    close(readEnd)
  }

  /// How many have come.
  public var count: Int {
    lock.lock()
    defer { lock.unlock() }
    var bytes = [UInt8](repeating: 0, count: 64)
    let got = read(readEnd, &bytes, bytes.count)
    if got > 0 { seen += got }
    return seen
  }
}

/// Where the handler writes. Written only while no handler is set.
nonisolated(unsafe) private var trapEnd: CInt = -1
