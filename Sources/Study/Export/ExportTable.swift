import Foundation

/// Which of a study's results one tidy table holds.
public enum ExportContent: String, Codable, Sendable, CaseIterable {
  /// What was measured of single runs: `ResultTable`.
  case runs
  /// What was measured of two runs, or of two layers of one: `PairResultTable`.
  case pairs
}

/// A tidy table of a study's results, a measurement a row.
public protocol ExportTable: Sendable {
  /// A measurement with what it is of. Decoding a row of another table fails.
  associatedtype Row: Codable
  /// The names of the columns, in order.
  static var columns: [String] { get }
  /// The rows, in the order of the specification.
  var rows: [Row] { get }
  /// A row's fields in the order of the columns; what is missing is empty.
  static func fields(of row: Row) -> [String]
  /// Digests of the runs that a row is of.
  static func runs(of row: Row) -> [String]
}

extension ExportTable {
  /// As comma-separated values with a header (RFC 4180, line feeds): every digit of every number; what is missing is
  /// empty.
  public var csv: String {
    let lines = rows.map { Self.fields(of: $0).map(quoted).joined(separator: ",") }
    return ([Self.header] + lines).map { $0 + "\n" }.joined()
  }

  /// As one JSON object a line, with the columns' names as sorted keys; what is missing is null.
  public func jsonLines() throws(StudyError) -> String {
    var text = ""
    for row in rows { text += try CanonicalJSON.text(row) + "\n" }
    return text
  }

  /// The first line of the comma-separated values, by which an earlier export is known.
  static var header: String { columns.joined(separator: ",") }

  /// The shortest text that reads back as the same number; whole numbers without a point.
  static func exact(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
  }

  private func quoted(_ field: String) -> String {
    field.contains { $0 == "," || $0 == "\"" || $0.isNewline }
      ? "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : field
  }
}
