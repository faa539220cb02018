/// The lines of a small text file, for label maps, groups and tables.
package enum TextLines {
  /// Lines without their ends; a last empty one does not count. Throws unless the file is UTF-8.
  package static func read(_ path: String) throws(DatasetError) -> [String] {
    let bytes = try StoredFile(path, packing: .byName).contents()
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw DatasetError(
        .badText, file: path, offset: 1, expected: "text in UTF-8", found: "other bytes",
        cure: "save the file as UTF-8")
    }
    // Swift takes \r\n for one character.
    let isEnd: (Character) -> Bool = { $0 == "\n" || $0 == "\r\n" }
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: isEnd).map { trimmed($0) }
    if let first = lines.first, first.hasPrefix("\u{FEFF}") { lines[0] = String(first.dropFirst()) }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  /// The fields of a line of comma-separated values, which may stand in double quotes; a quote inside is written twice
  /// (RFC 4180).
  package static func fields(_ line: String) -> [String] {
    var fields: [String] = []
    var field = ""
    var isQuoted = false
    var last: Character?
    for character in line {
      switch character {
      case "\"":
        if !isQuoted, last == "\"" { field.append("\"") }
        isQuoted.toggle()
      case "," where !isQuoted:
        fields.append(trimmed(Substring(field)))
        field = ""
      default: field.append(character)
      }
      last = character
    }
    return fields + [trimmed(Substring(field))]
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while let first = text.first, first == " " || first == "\t" { text = text.dropFirst() }
    while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
    return String(text)
  }
}
