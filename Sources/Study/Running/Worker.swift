import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The worker's side of a study: the hidden command `separatrix worker`.
///
/// Reads one `StageJob` a line on standard input and answers with `StageEvent`s, one a line, on standard output; the
/// last one for a job is `done`, `failed` or `interrupted`. A line `"stop"` asks for the stage in work to be left at the
/// next good moment. The worker ends when its input ends, at once and in the middle of a stage, so that it never
/// outlives the study: stages can be continued.
public enum Worker {
  /// What a stage may ask and tell while it works.
  public struct Context: Sendable {
    /// Tells the study something.
    public let send: @Sendable (StageEvent) -> Void
    /// Whether the stage should be left now, in a state that can be continued.
    public let isStopping: @Sendable () -> Bool

    /// Makes a context.
    public init(
      send: @escaping @Sendable (StageEvent) -> Void, isStopping: @escaping @Sendable () -> Bool
    ) {
      self.send = send
      self.isStopping = isStopping
    }
  }

  /// The body of stages: does one and returns what it measured, or throws `StageFailure`, `StageInterruption` or any
  /// other error.
  public typealias Body = (StageJob, Context) throws -> [MeasurementRecord]

  /// Works until the input ends.
  /// - Parameters:
  ///   - diesWithParent: whether the kernel should end the process when its parent dies (Linux).
  ///   - atEnd: what to do when the input ends, on whichever thread notices; by default the process ends.
  public static func run(
    input: FileHandle = .standardInput, output: FileHandle = .standardOutput, diesWithParent: Bool = true,
    atEnd: (@Sendable () -> Void)? = nil, _ body: Body
  ) {
    // A closed pipe shows as an error at the next write; the terminal's Ctrl-C is the study's to handle.
    signal(SIGPIPE, SIG_IGN)
    if diesWithParent {
      signal(SIGINT, SIG_IGN)
      signal(SIGHUP, SIG_IGN)
      signal(SIGTERM, SIG_DFL)
      endWithParent()
    }
    let inbox = Mailbox<Message>()
    let stopping = Flag()
    let writer = LineWriter(output)
    let reader = Thread {
      LineReader.read(input) { line in
        if String(decoding: line, as: UTF8.self) == "\"stop\"" {
          stopping.raise()
          inbox.put(.stop)
        } else {
          inbox.put(.job(line))
        }
      }
      if let atEnd { atEnd() } else { _exit(0) }
      inbox.put(.end)
    }
    reader.start()
    let context = Context(send: { writer.write($0) }, isStopping: { stopping.isRaised })
    writer.write(.ready)
    while case .job(let line) = inbox.take() {
      writer.write(reply(to: line, context, body))
    }
  }

  private enum Message: Sendable {
    case job(Data)
    case stop
    case end
  }

  private static func reply(to line: Data, _ context: Context, _ body: Body) -> StageEvent {
    do {
      let job = try JSONDecoder().decode(StageJob.self, from: line)
      return .done(try body(job, context))
    } catch is StageInterruption {
      return .interrupted
    } catch let failure as StageFailure {
      return .failed(failure.description, lasting: failure.isLasting)
    } catch {
      return .failed(String(describing: error), lasting: false)
    }
  }

  /// Asks the kernel to kill this process when the thread that started it ends. The study starts workers from the
  /// thread that runs it to its end. A second safeguard beside the end of input.
  public static func endWithParent() {
    #if os(Linux)
      // `prctl` is variadic in C, which Swift cannot call; its arguments are plain words in registers either way.
      typealias Call =
        @convention(c) (CInt, CUnsignedLong, CUnsignedLong, CUnsignedLong, CUnsignedLong) -> CInt
      guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "prctl") else { return }
      let prctl = unsafeBitCast(symbol, to: Call.self)
      let setParentDeathSignal: CInt = 1
      _ = prctl(setParentDeathSignal, CUnsignedLong(SIGKILL), 0, 0, 0)
    #endif
  }
}

/// Thrown by a stage that was asked to stop and can be continued.
public struct StageInterruption: Error, Sendable {
  /// Makes one.
  public init() {}
}

/// Something that can become true once, seen by every thread.
final class Flag: @unchecked Sendable {
  private let lock = NSLock()
  private var value = false

  var isRaised: Bool { lock.withLock { value } }
  func raise() { lock.withLock { value = true } }
}

/// Writes events as lines, each whole, from any thread.
private final class LineWriter: @unchecked Sendable {
  private let lock = NSLock()
  private let handle: FileHandle

  init(_ handle: FileHandle) { self.handle = handle }

  func write(_ event: StageEvent) {
    lock.withLock {
      guard var line = try? JSONEncoder().encode(event) else { return }
      line.append(UInt8(ascii: "\n"))
      try? handle.write(contentsOf: line)
    }
  }
}
