import Dispatch
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Turns SIGINT, SIGTERM and SIGHUP into a count, instead of the end of the process, while it exists.
public final class SignalTrap {
  private let counter = SignalCounter()
  private var sources: [any DispatchSourceSignal] = []

  /// Begins to count.
  public init() {
    let queue = DispatchQueue(label: "signals")
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { [counter] in counter.increase() }
      source.resume()
      sources.append(source)
    }
    signal(SIGPIPE, SIG_IGN)
  }

  deinit {
    for source in sources { source.cancel() }
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
  }

  /// How many have come.
  public var count: Int { counter.value }
}

private final class SignalCounter: @unchecked Sendable {
  private let lock = NSLock()
  private var number = 0

  var value: Int { lock.withLock { number } }
  func increase() { lock.withLock { number += 1 } }
}
