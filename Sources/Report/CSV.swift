/// Comma-separated values as RFC 4180 has them, with line feeds: every digit of every number, nothing
/// rounded.
enum CSV {
  static func text(header: [String], rows: [[String]]) -> String {
    ([header] + rows).map { $0.map(\.csv).joined(separator: ",") + "\n" }.joined()
  }

  /// A number, or nothing.
  static func number(_ value: Double?) -> String { value.map(Format.exact) ?? "" }
}
