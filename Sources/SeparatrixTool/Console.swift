import ArgumentParser
import Foundation

/// What is written, where. Results go to standard output; progress and complaints to standard error.
enum Console {
  /// Writes a line to standard error.
  static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

  /// Whether standard error is a terminal.
  static var isTerminal: Bool { isatty(STDERR_FILENO) != 0 }

  /// Prints one JSON object and a newline to standard output: keys sorted, never NaN or Infinity.
  static func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    FileHandle.standardOutput.write(try encoder.encode(value) + [10])
  }

  /// Prints rows as columns: the first left-aligned, the others right-aligned, two spaces apart.
  static func printTable(_ header: [String], _ rows: [[String]]) {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    for row in all {
      let cells = row.indices.map { column in
        let gap = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + gap : gap + row[column]
      }
      let line = cells.joined(separator: "  ")
      print(line.prefix(1 + (line.lastIndex { $0 != " " }.map { line.distance(from: line.startIndex, to: $0) } ?? -1)))
    }
  }

  /// Prints names and values, aligned.
  static func printFields(_ fields: [(String, String)]) {
    let width = fields.map { $0.0.count }.max() ?? 0
    for (name, value) in fields { print(name + String(repeating: " ", count: width - name.count + 2) + value) }
  }

  /// Seconds for people: "48 s", "3 min 20 s", "2 h 5 min".
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "?" }
    let s = Int(seconds.rounded())
    if s < 60 { return "\(s) s" }
    if s < 3600 { return "\(s / 60) min \(s % 60) s" }
    if s < 72 * 3600 { return "\(s / 3600) h \(s % 3600 / 60) min" }
    return "\(s / 86400) days \(s % 86400 / 3600) h"
  }

  /// Bytes for people, rounded up to whole MiB, from ten GiB on to whole GiB.
  static func size(_ bytes: Int) -> String {
    let mebibytes = (bytes + 1_048_575) / 1_048_576
    return mebibytes < 10_240 ? "\(mebibytes) MiB" : "\((mebibytes + 1_023) / 1_024) GiB"
  }

  /// A path for people: relative where it lies below the working folder.
  static func short(_ url: URL) -> String {
    let here = FileManager.default.currentDirectoryPath + "/"
    return url.path.hasPrefix(here) ? String(url.path.dropFirst(here.count)) : url.path
  }

  /// A share as a percentage.
  static func percent(_ value: Double?) -> String { value.map { String(format: "%.2f %%", 100 * $0) } ?? "-" }

  /// A number with four decimals, or "-".
  static func number(_ value: Double?) -> String {
    guard let value else { return "-" }
    return abs(value) >= 1e-3 && abs(value) < 1e5 || value == 0
      ? String(format: "%.4f", value) : String(format: "%.3e", value)
  }
}

/// A line of progress: rewritten in place on a terminal, else printed now and then. From any thread.
final class ProgressLine: @unchecked Sendable {
  private let lock = NSLock()
  private let isTerminal = Console.isTerminal
  private var shown = DispatchTime.now().uptimeNanoseconds
  private var isOpen = false

  /// Shows `text`, at most ten times a second on a terminal, every ten seconds elsewhere.
  func show(_ text: @autoclosure () -> String) {
    lock.lock()
    defer { lock.unlock() }
    let now = DispatchTime.now().uptimeNanoseconds
    guard now - shown > (isTerminal ? 100_000_000 : 10_000_000_000) else { return }
    shown = now
    if isTerminal {
      FileHandle.standardError.write(Data("\r\u{1B}[2K\(text())".utf8))
      isOpen = true
    } else {
      Console.complain(text())
    }
  }

  /// Prints a line that stays.
  func keep(_ text: String) {
    clear()
    Console.complain(text)
  }

  /// Removes the line.
  func clear() {
    lock.withLock {
      if isOpen { FileHandle.standardError.write(Data("\r\u{1B}[2K".utf8)) }
      isOpen = false
    }
  }
}

/// Options that every command has.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object on standard output and nothing else there.")
  var json = false
}

extension URL {
  /// A path as typed: `~` and relative paths understood.
  init(typed path: String) { self.init(fileURLWithPath: NSString(string: path).expandingTildeInPath) }
}
