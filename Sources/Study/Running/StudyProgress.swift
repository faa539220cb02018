import Foundation

/// How far a study is, for people.
public struct ProgressSnapshot: Sendable {
  /// A stage in work.
  public struct Running: Sendable {
    /// Number of the worker, from 1.
    public var worker: Int
    /// The run's label and seed, such as `softmax, seed 0`.
    public var run: String
    /// The stage, such as `probe mnist`.
    public var stage: String
    /// What it is doing.
    public var note: String
    /// How far it is, 0 to 1, where known.
    public var share: Double?
    /// Since when, in seconds.
    public var seconds: Double
  }
  /// Stages in all, done, and failed.
  public var total = 0
  /// Stages done, earlier calls included.
  public var done = 0
  /// Stages failed.
  public var failed = 0
  /// Stages in work by other processes.
  public var elsewhere = 0
  /// Stages a minute in this call; nil before the first is done.
  public var rate: Double?
  /// Seconds left, as far as can be said.
  public var secondsLeft: Double?
  /// Stages in work, by worker.
  public var running: [Running] = []
}

/// Shows progress: a table that is drawn over itself on a terminal, a line for each finished stage elsewhere.
public final class StudyProgress {
  private let output: FileHandle
  private let isTerminal: Bool
  private let hasColour: Bool
  private var drawnLines = 0
  private var lastDraw = Date.distantPast

  /// - Parameters:
  ///   - output: where it goes.
  ///   - isTerminal: whether to draw; found out by default.
  public init(output: FileHandle = .standardOutput, isTerminal: Bool? = nil) {
    self.output = output
    self.isTerminal = isTerminal ?? (isatty(output.fileDescriptor) == 1)
    let environment = ProcessInfo.processInfo.environment
    hasColour = self.isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  /// A line that stays.
  public func say(_ line: String) {
    erase()
    write(line + "\n")
  }

  /// A line about something wrong, that stays.
  public func warn(_ line: String) { say(hasColour ? "\u{1B}[31m\(line)\u{1B}[0m" : line) }

  /// Shows how far the study is; on a terminal at most five times a second.
  public func show(_ snapshot: @autoclosure () -> ProgressSnapshot, force: Bool = false) {
    guard isTerminal, force || Date().timeIntervalSince(lastDraw) >= 0.2 else { return }
    lastDraw = Date()
    let snapshot = snapshot()
    let width = Terminal.width(output.fileDescriptor)
    let lines = Self.table(snapshot).map { String($0.prefix(max(20, width - 1))) }
    erase()
    write(lines.joined(separator: "\n") + "\n")
    drawnLines = lines.count
  }

  /// A finished stage: a line where nothing is drawn, nothing on a terminal, whose table says it.
  public func finished(_ line: String, _ snapshot: ProgressSnapshot) {
    if isTerminal {
      show(snapshot, force: true)
    } else {
      let digits = "\(snapshot.total)".count
      let count = String(repeating: " ", count: digits - "\(snapshot.done)".count) + "\(snapshot.done)"
      write("[\(count)/\(snapshot.total)] \(line)\(Self.left(snapshot).map { "  \($0)" } ?? "")\n")
    }
  }

  /// Ends the drawing.
  public func end() { erase() }

  private func erase() {
    guard drawnLines > 0 else { return }
    write("\u{1B}[\(drawnLines)A\u{1B}[J")
    drawnLines = 0
  }

  private func write(_ text: String) { try? output.write(contentsOf: Data(text.utf8)) }

  // MARK: Words

  static func table(_ snapshot: ProgressSnapshot) -> [String] {
    let runs = snapshot.running.map(\.run)
    let stages = snapshot.running.map(\.stage)
    let runWidth = runs.map(\.count).max() ?? 0
    let stageWidth = stages.map(\.count).max() ?? 0
    var lines = snapshot.running.map { row in
      let share = row.share.map { " \(bar($0))" } ?? String(repeating: " ", count: 11)
      return "  \(row.worker)  \(pad(row.run, runWidth))  \(pad(row.stage, stageWidth))\(share)  "
        + "\(pad(clock(row.seconds), 7))  \(row.note)"
    }
    var summary = "\(snapshot.done) of \(snapshot.total) stages done"
    if snapshot.failed > 0 { summary += ", \(snapshot.failed) failed" }
    if snapshot.elsewhere > 0 { summary += ", \(snapshot.elsewhere) in work elsewhere" }
    if let left = left(snapshot) { summary += "  \(left)" }
    lines.append(summary)
    return lines
  }

  private static func left(_ snapshot: ProgressSnapshot) -> String? {
    var parts: [String] = []
    if let rate = snapshot.rate { parts.append("\(String(format: "%.1f", rate)) stages/min") }
    if let seconds = snapshot.secondsLeft { parts.append("about \(clock(seconds)) left") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private static func bar(_ share: Double) -> String {
    let filled = Int((min(1, max(0, share)) * 10).rounded())
    return String(repeating: "#", count: filled) + String(repeating: ".", count: 10 - filled)
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// `12 s`, `3:05`, `1:02:33`.
  public static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e8 else { return "long" }
    let whole = Int(max(0, seconds).rounded())
    if whole < 60 { return "\(whole) s" }
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let hours = whole / 3600
    let minutes = whole / 60 % 60
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
  }
}
