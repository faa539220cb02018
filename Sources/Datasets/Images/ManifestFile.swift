import Foundation

/// A list of pictures and their classes: comma-separated with a header, or plain lines of a path and a label.
///
/// With a header the columns `path` (or `file`, `filename`, `image`), `label` (or `class`) and, if wanted, `split`
/// (`train`, `test` or `val`) and `group` are taken; others are passed over. Without one each line is a path and a label,
/// between them a comma, a tab or spaces. A row without a split is of train; where there are rows of `test`, those of `val`
/// are left out. Paths are relative to the list's folder. Labels that are all whole numbers are
/// class numbers, named by the `classes.txt` beside the list if there is one; other labels are class names, in the order
/// of their bytes.
struct ManifestFile {
  private struct Row {
    var path: String
    var label: String
    var split: Split
    /// Whether its split was called `val`.
    var isValidation: Bool
    var group: String?
    /// Its line, from 1.
    var line: Int
  }

  let path: String
  private let rows: [Row]
  let classNames: [String]
  private let numbers: [String: Int]

  init(_ path: String) throws(DatasetError) {
    self.path = path
    let lines = try TextLines.read(path)
    var rows = try Self.rows(lines, path)
    if rows.contains(where: { $0.split == .test && !$0.isValidation }) { rows.removeAll(where: \.isValidation) }
    self.rows = rows
    guard !rows.isEmpty else {
      throw DatasetError(.empty, file: path, expected: "lines of a path and a label", found: "none")
    }
    let labels = Set(rows.map(\.label))
    let asNumbers = labels.compactMap { Int($0) }
    if asNumbers.count == labels.count, let low = asNumbers.min(), let high = asNumbers.max() {
      guard low >= 0, high < 1_000_000 else {
        throw DatasetError(
          .labelOutOfRange, file: path, expected: "class numbers from 0", found: "\(low < 0 ? low : high)",
          cure: "number the classes from 0, or name them")
      }
      let beside = (path as NSString).deletingLastPathComponent + "/classes.txt"
      var names = (0...high).map(String.init)
      if FileManager.default.fileExists(atPath: beside) {
        names = try TextLines.read(beside)
        guard names.count > high else {
          throw DatasetError(
            .labelOutOfRange, file: path, expected: "class numbers in 0..<\(names.count), as classes.txt has",
            found: "\(high)")
        }
      }
      classNames = names
      numbers = Dictionary(labels.map { ($0, Int($0) ?? 0) }) { first, _ in first }
    } else {
      let sorted = labels.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
      classNames = sorted
      numbers = Dictionary(sorted.enumerated().map { ($1, $0) }) { first, _ in first }
    }
  }

  /// The splits of its rows.
  var splits: [Split] {
    let named = Set(rows.map(\.split))
    return Split.allCases.filter(named.contains)
  }

  /// The pictures of a split.
  func index(_ split: Split) throws(DatasetError) -> ImageIndex {
    var names = NameList()
    var labels: [Int] = []
    var groups: [Int] = []
    var number: [String: Int] = [:]
    let rows = rows.filter { $0.split == split }
    let isGrouped = rows.contains { $0.group != nil }
    for row in rows {
      guard names.append([row.path.utf8]) else {
        throw DatasetError(.tooLarge, file: path, expected: "at most 4 GiB of names", found: "more")
      }
      labels.append(numbers[row.label] ?? 0)
      if isGrouped {
        guard let group = row.group else {
          throw DatasetError(
            .badText, file: path, offset: row.line,
            expected: "a group, as other rows of the \(split.rawValue) split have",
            found: "none", cure: "give every row of a split a group, or none")
        }
        groups.append(number[group] ?? number.count)
        number[group] = groups.last
      }
    }
    let folder = (path as NSString).deletingLastPathComponent
    return ImageIndex(
      store: FolderStore(root: folder.isEmpty ? "." : folder, names: names), labels: labels, classNames: classNames,
      groups: isGrouped ? groups : nil)
  }

  private static func rows(_ lines: [String], _ file: String) throws(DatasetError) -> [Row] {
    func bad(_ line: Int, _ expected: String, _ found: String) -> DatasetError {
      DatasetError(.badText, file: file, offset: line + 1, expected: expected, found: found)
    }
    var columns: [String: Int] = ["path": 0, "label": 1]
    var isTable = false
    var rows: [Row] = []
    rows.reserveCapacity(lines.count)
    for (number, line) in lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
      if rows.isEmpty, !isTable, let header = header(TextLines.fields(line)) {
        columns = header
        isTable = true
        continue
      }
      let fields = isTable || line.contains(",") ? TextLines.fields(line) : words(line)
      func field(_ name: String) -> String? {
        columns[name].flatMap { $0 < fields.count && !fields[$0].isEmpty ? fields[$0] : nil }
      }
      guard let path = field("path"), let label = field("label") else {
        throw bad(number, "a path and a label", "\"\(line.prefix(80))\"")
      }
      guard isTable || fields.count == 2 else {
        throw bad(number, "a path and a label alone, where no header names the columns", "\(fields.count) fields")
      }
      let word = (field("split") ?? "train").lowercased()
      let known: [String: Split] = ["train": .train, "test": .test, "val": .test, "validation": .test, "valid": .test]
      guard let split = known[word] else {
        throw bad(number, "train, test or val in the column split", "\"\(word)\"")
      }
      rows.append(
        Row(
          path: path, label: label, split: split, isValidation: word.hasPrefix("val"), group: field("group"),
          line: number + 1))
    }
    return rows
  }

  /// A path, which may hold spaces, and a label, the last word.
  private static func words(_ line: String) -> [String] {
    guard let gap = line.lastIndex(where: { $0 == " " || $0 == "\t" }) else { return [line] }
    let path = line[..<gap].reversed().drop { $0 == " " || $0 == "\t" }.reversed()
    return [String(path), String(line[line.index(after: gap)...])]
  }

  private static func header(_ fields: [String]) -> [String: Int]? {
    let meanings = [
      "path": "path", "file": "path", "filename": "path", "image": "path", "label": "label", "class": "label",
      "wnid": "label", "split": "split", "group": "group",
    ]
    var columns: [String: Int] = [:]
    for (place, field) in fields.enumerated() {
      if let name = meanings[field.lowercased()], columns[name] == nil { columns[name] = place }
    }
    return columns["path"] != nil && columns["label"] != nil ? columns : nil
  }
}
