extension DatasetFacts {
  /// The list as lines of a table: name, classes, parts, size, metric, how it comes, tags.
  public static func table(_ list: [DatasetFacts] = standard) -> [String] {
    let head = ["name", "classes", "train", "test", "size", "metric", "comes by", "tags"]
    let rows = [head] + list.map(\.row)
    let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let isNumber = (1...3).contains(column)
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        line += (line.isEmpty ? "" : "  ") + (isNumber ? padding + cell : cell + padding)
      }
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }

  private var row: [String] {
    let way = isFetchable ? "data fetch" : needsForm != nil ? "by hand" : "none known"
    let sizes = [count("train") ?? count("all"), count("test")].map { $0.map(Self.grouped) ?? "-" }
    return [name, Self.grouped(classes)] + sizes
      + [imageSize, metric.rawValue, way, tags.map(\.rawValue).sorted().joined(separator: " ")]
  }

  /// All that is known of the set, as lines of at most some 110 characters (addresses may be longer).
  public var details: [String] {
    var lines = ["\(title) (\(name))", ""]
    func add(_ key: String, _ text: String) {
      let lead = key + String(repeating: " ", count: max(1, 12 - key.count))
      for (place, part) in Self.wrapped(text, width: 96).enumerated() {
        lines.append((place == 0 ? lead : String(repeating: " ", count: 12)) + part)
      }
    }
    add("classes", Self.grouped(classes))
    add("images", parts.map { "\($0.name) \(Self.grouped($0.n))" }.joined(separator: ", "))
    add("size", imageSize + (channels == 1 ? ", gray" : ", colour"))
    add("metric", metric.rawValue)
    add("tags", tags.isEmpty ? "none" : tags.map(\.rawValue).sorted().joined(separator: ", "))
    add("layout", layout)
    add("cite", "\(citation.authors) (\(citation.year)). \(citation.title). \(citation.venue).")
    add("homepage", homepage)
    add("licence", licence.terms + (licence.seenAt.map { " [\($0)]" } ?? ""))
    if let notes { add("notes", notes) }
    add("by hand", needsForm ?? "nothing")
    lines.append("")
    lines.append(downloads.isEmpty ? "files: none known" : "files")
    for download in downloads { lines += download.lines }
    return lines
  }

  /// 1,234,567.
  static func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place).isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return text
  }

  private static func wrapped(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      let last = lines[lines.count - 1]
      if last.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

extension DatasetFacts.Download {
  /// The file, its size, address and checksums, and where they were seen.
  var lines: [String] {
    var lines = ["  " + file + (bytes.map { ", \(DatasetFacts.grouped($0)) bytes" } ?? "")]
    lines.append("    address  " + (url ?? "none known, or only by hand"))
    if let sha256 { lines.append("    sha256   " + sha256) }
    if let md5 { lines.append("    md5      " + md5) }
    if sha256 == nil, md5 == nil { lines.append("    checksum none known") }
    lines += seenAt.map { "    seen at  \($0)" }
    return lines
  }
}
