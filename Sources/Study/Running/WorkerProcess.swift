import Foundation
import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How workers are started.
public struct WorkerProgram: Sendable {
  /// The executable; by default the running program.
  public var executable: URL
  /// Its arguments.
  public var arguments: [String]
  /// Variables set on top of the study's own.
  public var environment: [String: String]

  /// A program by its parts.
  public init(executable: URL, arguments: [String], environment: [String: String] = [:]) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
  }

  /// This program's own `worker` command.
  /// - Parameters:
  ///   - threads: computing threads of each worker.
  ///   - device: where they compute; several share one.
  public static func own(threads: Int, device: Device = .cpu) -> WorkerProgram {
    let path = Bundle.main.executablePath ?? CommandLine.arguments.first ?? "separatrix"
    return WorkerProgram(
      executable: URL(fileURLWithPath: path),
      arguments: ["worker", "--threads", "\(threads)"] + (device == .cpu ? [] : ["--device", "\(device)"]),
      environment: ["OMP_NUM_THREADS": "\(threads)", "MKL_NUM_THREADS": "\(threads)"])
  }
}

/// What comes from a worker.
enum WorkerNews: Sendable {
  case event(StageEvent)
  /// A line that is not an event; told once and otherwise passed over.
  case noise(String)
  /// Its output ended: it is gone or going.
  case end
}

/// A worker as the study sees it: one child process. Its messages go into the study's mailbox, its standard error into
/// a log file of its own.
final class WorkerProcess {
  let number: Int
  private let process = Process()
  private let input = Pipe()
  private let log: URL
  private var logStart: UInt64

  /// Starts one.
  /// - Parameters:
  ///   - number: from 1, for people.
  ///   - log: its log, which no other living worker writes.
  ///   - news: told from a thread of its own.
  init(
    number: Int, program: WorkerProgram, log: URL, news: @escaping @Sendable (WorkerNews) -> Void
  ) throws(StudyError) {
    self.number = number
    self.log = log
    if !FileManager.default.fileExists(atPath: log.path) {
      _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    }
    let output = Pipe()
    do {
      let errors = try FileHandle(forWritingTo: log)
      logStart = try errors.seekToEnd()
      process.standardError = errors
    } catch {
      throw .notWritable(path: log.path, reason: error.localizedDescription)
    }
    process.executableURL = program.executable
    process.arguments = program.arguments
    process.environment = ProcessInfo.processInfo.environment.merging(program.environment) { $1 }
    process.standardInput = input
    process.standardOutput = output
    do {
      try process.run()
    } catch {
      throw .worker(program: program.executable.path, reason: error.localizedDescription)
    }
    let handle = output.fileHandleForReading
    let reader = Thread {
      LineReader.read(handle) { line in
        if let event = try? JSONDecoder().decode(StageEvent.self, from: line) {
          news(.event(event))
        } else {
          news(.noise(String(decoding: line, as: UTF8.self)))
        }
      }
      news(.end)
    }
    reader.start()
  }

  var processIdentifier: Int32 { process.processIdentifier }

  /// Hands it a stage. False when it is gone; its end is told as news.
  func send(_ job: StageJob) -> Bool {
    logStart = (try? log.resourceValues(forKeys: [.fileSizeKey]).fileSize).map(UInt64.init) ?? logStart
    guard let line = try? CanonicalJSON.data(job) else { return false }
    return send(line: line)
  }

  /// Asks it to leave its stage at the next good moment and to end.
  func stop() { _ = send(line: Data("\"stop\"".utf8)) }

  private func send(line: Data) -> Bool {
    do {
      try input.fileHandleForWriting.write(contentsOf: line + Data("\n".utf8))
      return true
    } catch {
      return false
    }
  }

  /// Ends it at once.
  func kill() {
    guard process.isRunning else { return }
    _ = signal(SIGKILL)
  }

  private func signal(_ number: Int32) -> Int32 {
    #if canImport(Glibc)
      Glibc.kill(process.processIdentifier, number)
    #else
      Darwin.kill(process.processIdentifier, number)
    #endif
  }

  /// Closes its input and waits until it is gone.
  /// - Returns: how it ended, with the last lines of its log, for people.
  func wait() -> String {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
    let how =
      process.terminationReason == .uncaughtSignal
      ? "the worker was ended by signal \(process.terminationStatus)\(Self.name(of: process.terminationStatus))"
      : "the worker ended with exit code \(process.terminationStatus)"
    let lines = lastLines()
    return lines.isEmpty ? how : "\(how); it wrote: \(lines)"
  }

  private static func name(of signal: Int32) -> String {
    switch signal {
    case SIGKILL: " (SIGKILL; often for want of memory)"
    case SIGSEGV: " (SIGSEGV)"
    case SIGABRT: " (SIGABRT)"
    case SIGTERM: " (SIGTERM)"
    case SIGILL: " (SIGILL)"
    case SIGBUS: " (SIGBUS)"
    default: ""
    }
  }

  private func lastLines() -> String {
    tail(2000).split(separator: "\n").suffix(4).joined(separator: " | ")
  }

  /// The end of what it wrote since it was handed its last stage, at most so many bytes.
  func tail(_ most: UInt64) -> String {
    guard let handle = try? FileHandle(forReadingFrom: log) else { return "" }
    defer { try? handle.close() }
    guard let end = try? handle.seekToEnd() else { return "" }
    guard end > logStart else { return "" }
    let start = max(logStart, end > most ? end - most : 0)
    try? handle.seek(toOffset: start)
    guard let data = try? handle.readToEnd() else { return "" }
    return String(decoding: data, as: UTF8.self)
  }
}
