import Foundation

/// Shows how far a study is until it is finished: drawn over itself on a terminal, elsewhere a line for each change.
public final class StudyWatch {
  private let directory: URL
  private let every: Double
  private let output: FileHandle
  private let isTerminal: Bool

  /// - Parameters:
  ///   - directory: folder of the study, which other processes run.
  ///   - every: seconds between two looks.
  ///   - isTerminal: whether to draw; found out by default.
  public init(
    directory: URL, every: Double = 2, output: FileHandle = .standardOutput, isTerminal: Bool? = nil
  ) {
    self.directory = directory
    self.every = every
    self.output = output
    self.isTerminal = isTerminal ?? (isatty(output.fileDescriptor) == 1)
  }

  /// Looks until the study is finished.
  /// - Parameter isStopping: asked ten times a second; true ends the watch.
  /// - Returns: the study as last seen.
  @discardableResult
  public func run(isStopping: () -> Bool = { false }) throws(StudyError) -> StudyStatus {
    var drawn = 0
    var last = ""
    while true {
      let status = try StudyStatus(directory: directory)
      if isTerminal {
        let (width, height) = (Terminal.width(output.fileDescriptor), Terminal.height(output.fileDescriptor))
        let lines = Self.lines(status, most: max(2, height - 1)).map { String($0.prefix(max(20, width - 1))) }
        guard write((drawn > 0 ? "\u{1B}[\(drawn)A\u{1B}[J" : "") + lines.joined(separator: "\n") + "\n") else {
          return status
        }
        drawn = lines.count
      } else if status.summary != last {
        last = status.summary
        guard write(last + (Self.left(status).map { "; \($0)" } ?? "") + "\n") else { return status }
      }
      if status.isFinished { return status }
      let next = OwnerWatch.now + every
      while OwnerWatch.now < next {
        if isStopping() { return status }
        Thread.sleep(forTimeInterval: min(0.1, every))
      }
    }
  }

  /// False when nobody reads any more.
  private func write(_ text: String) -> Bool { (try? output.write(contentsOf: Data(text.utf8))) != nil }

  /// Runs that are at work or failed, as many as there is room for, and the summary.
  static func lines(_ status: StudyStatus, most: Int) -> [String] {
    var tail = [status.summary]
    if let holder = status.holder { tail.append("being run by \(holder)") }
    if let left = left(status) { tail.append(left) }
    tail = Array(tail.prefix(most))
    let shown = status.runs.filter { $0.state == .running } + status.runs.filter { $0.state == .failed }
    let width = shown.map { name($0).count }.max() ?? 0
    let lines = shown.map { run in
      "  \(name(run))\(String(repeating: " ", count: width - name(run).count))  \(run.state.rawValue)  \(run.stage)"
        + (run.state == .failed ? run.error.map { "  \($0)" } ?? "" : "")
    }
    let room = most - tail.count
    guard lines.count > room else { return lines + tail }
    guard room > 0 else { return tail }
    return Array(lines.prefix(room - 1)) + ["  and \(lines.count - room + 1) more"] + tail
  }

  private static func name(_ run: StudyStatus.Run) -> String { "\(run.objective), seed \(run.seed)" }

  private static func left(_ status: StudyStatus) -> String? {
    guard let seconds = status.remainingSeconds, seconds > 0 else { return nil }
    return "about \(StudyProgress.clock(seconds)) left"
  }
}
