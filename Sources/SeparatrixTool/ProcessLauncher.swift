import Foundation
import Study
import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Runs one command line in several processes on this machine that work on one thing together, as `torchrun` would: each
/// finds its place in its environment. They end when one fails, when the launcher is asked to stop, and with it.
struct ProcessLauncher {
  /// How many.
  let count: Int
  /// What to do when one fails.
  let cure: String

  /// The launcher's process number, in the environment of those it started.
  private static let variable = "SEPARATRIX_LAUNCHER"

  /// Whether this process was started by a launcher.
  static var hasStartedThis: Bool { ProcessInfo.processInfo.environment[variable] != nil }

  /// In a process that a launcher started: makes it end with the launcher, however that ends.
  static func followLauncher() {
    Worker.endWithParent()
    // The launcher holds the other end; it may have been gone before the kernel was asked.
    Thread {
      var byte: UInt8 = 0
      while read(STDIN_FILENO, &byte, 1) > 0 {}
      _exit(1)
    }.start()
  }

  /// Runs this process's command line and returns when all have ended well. Their exit codes otherwise become this one's.
  func run() throws {
    let trap = SignalTrap()
    let port = try Self.freePort()
    let ranks = try (0..<count).map { rank in
      try RankProcess(
        ProcessPlace(
          rank: rank, worldSize: count, localRank: rank, localSize: count, masterAddress: "127.0.0.1",
          masterPort: port), launcher: (Self.variable, "\(getpid())"))
    }
    defer { for rank in ranks { rank.end() } }
    var isStopping = false
    var deadline: Date?
    while ranks.contains(where: \.isRunning) {
      if trap.count > 0, !isStopping {
        isStopping = true
        for rank in ranks { rank.kill(SIGTERM) }
      }
      if deadline == nil, ranks.contains(where: { $0.failure != nil }) { deadline = Date(timeIntervalSinceNow: 0.3) }
      // The others cannot go on; a moment is left to those that fail of the same cause.
      if let deadline, Date() > deadline {
        if let first = Self.cause(ranks) { throw outcome(first, isStopping) }
      }
      usleep(20_000)
    }
    if let first = Self.cause(ranks) { throw outcome(first, isStopping) }
    if ranks.contains(where: { $0.code == 4 }) { throw Outcome(code: 4) }
  }

  /// The failure that comes first: of those seen together a signal, then the lowest rank.
  private static func cause(_ ranks: [RankProcess]) -> RankProcess? {
    ranks.first { $0.failure?.isSignal == true } ?? ranks.first { $0.failure != nil }
  }

  private func outcome(_ rank: RankProcess, _ isStopping: Bool) -> Outcome {
    guard let failure = rank.failure else { return Outcome(code: 1) }
    let next = cure
    if isStopping, failure.isSignal, failure.number == SIGTERM {
      return .interrupted("interrupted before rank \(rank.number) was ready; \(next)")
    }
    let said = rank.lastWords
    let words = said.isEmpty ? "" : "\n  it said: " + said
    if failure.isSignal {
      return Outcome(
        code: 1,
        message:
          "error: rank \(rank.number) was killed by signal \(failure.number)\(Self.name(failure.number)); \(next)"
          + words)
    }
    // Rank 0 writes where the launcher does.
    return Outcome(
      code: failure.number,
      message: "rank \(rank.number) ended with exit code \(failure.number)"
        + (rank.number == 0 ? "" : words) + (failure.number == 1 ? "; \(next)" : ""))
  }

  private static func name(_ signal: Int32) -> String {
    switch signal {
    case SIGKILL: " (SIGKILL; often for want of memory)"
    case SIGTERM: " (SIGTERM)"
    case SIGSEGV: " (SIGSEGV)"
    case SIGBUS: " (SIGBUS)"
    case SIGABRT: " (SIGABRT)"
    case SIGILL: " (SIGILL)"
    default: ""
    }
  }

  /// A port of the loopback interface that was free a moment ago.
  private static func freePort() throws -> Int {
    #if canImport(Glibc)
      let stream = Int32(SOCK_STREAM.rawValue)
    #else
      let stream = SOCK_STREAM
    #endif
    let descriptor = socket(AF_INET, stream, 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    guard descriptor >= 0, code == 0 else {
      throw Outcome.failed("no port of 127.0.0.1 is to be had: \(String(cString: strerror(errno)))")
    }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}

/// One of the processes of a launcher.
private final class RankProcess {
  let number: Int
  private let process = Process()
  private let input = Pipe()
  private let tail = Tail()

  /// How a process failed: an exit code that is neither 0 nor 4, or a signal.
  struct Failure {
    let number: Int32
    let isSignal: Bool
  }

  init(_ place: ProcessPlace, launcher: (name: String, value: String)) throws {
    number = place.rank
    process.executableURL = URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments.first ?? "")
    process.arguments = Array(CommandLine.arguments.dropFirst())
    process.environment = ProcessInfo.processInfo.environment.merging(place.environment) { $1 }
      .merging([launcher.name: launcher.value]) { $1 }
    process.standardInput = input
    if place.rank > 0 {
      // Rank 0 speaks for all; the others' last words are kept.
      let errors = Pipe()
      process.standardOutput = FileHandle.nullDevice
      process.standardError = errors
      tail.follow(errors.fileHandleForReading)
    }
    do {
      try process.run()
    } catch {
      throw Outcome.failed("rank \(place.rank) cannot be started: \(error.localizedDescription)")
    }
  }

  var isRunning: Bool { process.isRunning }

  /// The exit code, or nil.
  var code: Int32? { process.isRunning || process.terminationReason != .exit ? nil : process.terminationStatus }

  var failure: Failure? {
    guard !process.isRunning else { return nil }
    if process.terminationReason == .uncaughtSignal {
      return Failure(number: process.terminationStatus, isSignal: true)
    }
    let code = process.terminationStatus
    return [0, 4].contains(code) ? nil : Failure(number: code, isSignal: false)
  }

  /// The end of what it wrote to standard error.
  var lastWords: String { tail.text }

  /// Ends it at once, if it has not ended, and waits for that.
  func end() {
    kill(SIGKILL)
    process.waitUntilExit()
  }

  func kill(_ signal: Int32) {
    guard process.isRunning else { return }
    #if canImport(Glibc)
      _ = Glibc.kill(process.processIdentifier, signal)
    #else
      _ = Darwin.kill(process.processIdentifier, signal)
    #endif
  }
}

/// The last of what comes through a pipe.
private final class Tail: @unchecked Sendable {
  private let lock = NSLock()
  private var bytes: [UInt8] = []
  private let ended = DispatchSemaphore(value: 0)

  func follow(_ handle: FileHandle) {
    Thread { [self] in
      while let data = try? handle.read(upToCount: 4096), !data.isEmpty {
        lock.withLock { bytes = (bytes + data).suffix(2000) }
      }
      ended.signal()
    }.start()
  }

  /// Its last lines, once it has ended.
  var text: String {
    if ended.wait(timeout: .now() + 0.5) == .success { ended.signal() }
    return lock.withLock {
      String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(3).joined(separator: " | ")
    }
  }
}
