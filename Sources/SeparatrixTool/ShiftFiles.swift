import Foundation
import Measures

/// A file of outputs on a shifted set, and what is known of the shift.
struct ShiftFile {
  let path: String
  let name: String
  let corruption: String?
  let severity: Int?
  let labels: String?

  /// By the file's name: NAME-SEVERITY or NAME_SEVERITY before the extension, SEVERITY one digit from 1 to 9; any other name is a plain
  /// shifted set.
  init(named path: String) {
    let stem = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    (self.path, name, labels) = (path, stem, nil)
    let end = stem.suffix(2)
    if stem.count > 2, let mark = end.first, "-_".contains(mark), let digit = end.last, ("1"..."9").contains(digit) {
      (corruption, severity) = (String(stem.dropLast(2)), digit.wholeNumberValue)
    } else {
      (corruption, severity) = (nil, nil)
    }
  }

  private init(path: String, corruption: String?, severity: Int?, labels: String?) {
    let stem = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    name = severity.map { "\(corruption ?? stem) \($0)" } ?? corruption ?? stem
    (self.path, self.labels) = (path, labels)
    (self.corruption, self.severity) = (severity == nil ? nil : corruption, severity)
  }

  /// By a table with the columns file,corruption,severity and, if wanted, labels; paths are relative to the table's folder. Without a
  /// severity the set is a plain one, called as its corruption if that is given.
  static func read(_ table: String) throws -> [ShiftFile] {
    let table = try TextTable(
      URL(typed: table).path, required: ["file", "corruption", "severity"], optional: ["labels"])
    let folder = URL(fileURLWithPath: table.path).deletingLastPathComponent()
    func path(_ text: String) -> String { URL(fileURLWithPath: text, relativeTo: folder).path }
    return try table.rows.map { row in
      let severity = try row["severity"].map { text in
        guard let number = Int(text), number > 0 else {
          throw table.error(row, expected: "a severity of at least 1, or none", found: "\"\(text)\"")
        }
        return number
      }
      if severity != nil { _ = try table.text(row, "corruption") }
      return ShiftFile(
        path: path(try table.text(row, "file")), corruption: row["corruption"], severity: severity,
        labels: row["labels"].map(path))
    }
  }
}

extension Shift.Reference {
  /// `alexnet`, or a table with the columns corruption,severity,error (a share, 0 to 1) or corruption,severity,error_percent (0 to 100).
  /// Severity `clean` or 0 is the clean error, whatever the corruption's name, which may be empty.
  init(reading text: String) throws {
    guard text != "alexnet" else {
      self = .alexNet
      return
    }
    let table = try TextTable(
      URL(typed: text).path, required: ["corruption", "severity"], optional: ["error", "error_percent"])
    let unit = table.columns.contains("error_percent") ? "error_percent" : "error"
    let most = unit == "error" ? 1.0 : 100
    guard table.columns.count == 3 else {
      throw Outcome.badInput(
        "\(table.path), line 1: expected one column of errors, error (0 to 1) or error_percent (0 to 100), found "
          + table.columns.joined(separator: ","))
    }
    self.init(name: text, clean: nil, errors: [:])
    for row in table.rows {
      let (severity, number) = (try table.text(row, "severity"), try table.text(row, unit))
      guard let value = Double(number), value >= 0, value <= most else {
        let hint = unit == "error" ? " (a share; call the column error_percent for percent)" : " (percent)"
        throw table.error(row, expected: "an error from 0 to \(Int(most))" + hint, found: "\"\(number)\"")
      }
      let error = value / most
      guard let place = severity == "clean" ? 0 : Int(severity), place >= 0 else {
        throw table.error(
          row, expected: "a severity of at least 1, or clean (or 0) for the clean error", found: "\"\(severity)\"")
      }
      let known: Double?
      if place == 0 {
        known = clean
        clean = error
      } else {
        known = errors[try table.text(row, "corruption"), default: [:]].updateValue(error, forKey: place)
      }
      if known != nil {
        throw table.error(row, expected: "one line for each corruption and severity", found: "a second one")
      }
    }
    guard !errors.isEmpty else {
      throw Outcome.badInput("\(table.path): expected errors of at least one corruption, found the clean error only")
    }
  }
}
