import Datasets

/// A CSV file with a header, for tables that people write.
struct TextTable {
  /// One line.
  struct Row {
    /// Its number in the file, from 1.
    let line: Int
    fileprivate let fields: [String: String]

    /// The field of a column; nil where it is empty or there is no such column.
    subscript(column: String) -> String? { fields[column].flatMap { $0.isEmpty ? nil : $0 } }
  }

  let path: String
  let columns: [String]
  let rows: [Row]

  /// Reads a table that has all of `required` and none but these and `optional`, in any order. Empty lines do not count.
  init(_ path: String, required: [String], optional: [String] = []) throws {
    self.path = path
    let lines = try TextLines.read(path).enumerated().map { ($0 + 1, $1) }.filter { !$1.isEmpty }
    let names = (lines.first.map { TextLines.fields($0.1) } ?? []).map { $0.lowercased() }
    func wrong(_ line: Int, _ expected: String, _ found: String) -> DatasetError {
      DatasetError(.badText, file: path, offset: line, expected: expected, found: found)
    }
    guard required.allSatisfy(names.contains), Set(names).count == names.count,
      names.allSatisfy((required + optional).contains)
    else {
      throw wrong(
        lines.first?.0 ?? 1,
        "a header \(required.joined(separator: ","))" + (optional.map { "[,\($0)]" }.joined()),
        "\"\(names.joined(separator: ","))\"")
    }
    rows = try lines.dropFirst().map { number, line in
      let fields = TextLines.fields(line)
      guard fields.count == names.count else {
        throw wrong(number, "\(names.count) fields", "\(fields.count) in \"\(line)\"")
      }
      return Row(line: number, fields: Dictionary(zip(names, fields)) { first, _ in first })
    }
    guard !rows.isEmpty else { throw wrong(lines.count + 1, "at least one line below the header", "none") }
    columns = names
  }

  /// An error about one line.
  func error(_ row: Row, expected: String, found: String) -> DatasetError {
    DatasetError(.badText, file: path, offset: row.line, expected: expected, found: found)
  }

  /// The field of a column that must not be empty.
  func text(_ row: Row, _ column: String) throws -> String {
    guard let text = row[column] else { throw error(row, expected: "a value for \(column)", found: "none") }
    return text
  }
}
