import Foundation
import Torch

/// A table of text with a header.
struct CSVTable {
  private let path: String
  /// The header.
  let names: [String]
  private let rows: [[String]]

  /// Reads a file; refuses rows of another length than the header's.
  init(_ url: URL) throws {
    path = url.path
    guard let text = try? String(contentsOf: url, encoding: .utf8) else {
      throw ArrayFileError(
        .unreadable, file: path, field: "text", found: "no text in UTF-8", expected: "a table with a header")
    }
    // No field holds a comma; quotes around one are dropped, as is a mark of the byte order.
    let trimmed = CharacterSet(charactersIn: " \t\"\u{FEFF}")
    let lines = text.split(whereSeparator: \.isNewline).map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: trimmed) }
    }
    names = lines.first ?? []
    rows = Array(lines.dropFirst())
    guard names.count > 1, rows.count > 1 else {
      throw error("rows", found: "\(rows.count)", expected: "a header of at least two columns and at least two rows")
    }
    for (place, row) in rows.enumerated() where row.count != names.count {
      throw error("line \(place + 2)", found: "\(row.count) fields", expected: "\(names.count), as in the header")
    }
  }

  /// A column by name.
  func column(_ name: String) throws -> (name: String, values: [String]) {
    guard let place = names.firstIndex(of: name) else {
      throw error("column", found: "no '\(name)'", expected: "one of \(names.joined(separator: ", "))")
    }
    return (name, rows.map { $0[place] })
  }

  /// A column's numbers; what is empty is NaN.
  func numbers(_ name: String) throws -> [Double] {
    try column(name).values.enumerated().map { place, text in
      if text.isEmpty { return .nan }
      guard let value = Double(text) else {
        throw error("\(name), line \(place + 2)", found: text, expected: "a number, or nothing")
      }
      return value
    }
  }

  /// Whether all that a column has are numbers.
  func isNumeric(_ name: String) -> Bool {
    guard let values = try? column(name).values else { return false }
    return values.contains { !$0.isEmpty } && values.allSatisfy { $0.isEmpty || Double($0) != nil }
  }

  /// What is wrong with this table.
  func error(_ field: String, found: String, expected: String) -> ArrayFileError {
    ArrayFileError(.malformed, file: path, field: field, found: found, expected: expected)
  }
}
