/// A coarser labelling of a set: a text file with the columns class,label, one line for each class of the set.
///
/// A class is given by its number or its name. Labels that are all whole numbers become classes in ascending order;
/// others in the order in which they first occur. A header `class,label` may come first. A class that the file
/// leaves out is an error, so that nothing disappears in silence; use `classes` to leave classes out.
struct LabelMap: Sendable {
  private var path: String
  private var entries: [(line: Int, class: String, label: String)]

  /// Reads a label map.
  init(_ path: String) throws(DatasetError) {
    self.path = path
    entries = []
    for (place, line) in try TextLines.read(path).enumerated() where !line.isEmpty {
      let fields = TextLines.fields(line)
      guard fields.count == 2, !fields[0].isEmpty, !fields[1].isEmpty else {
        throw DatasetError(
          .badText, file: path, offset: place + 1, expected: "class,label", found: "\"\(line)\"")
      }
      if place == 0, fields[0].lowercased() == "class" { continue }
      // Whole numbers in one spelling, so that 07 and 7 are one label.
      entries.append((place + 1, fields[0], Int(fields[1]).map(String.init) ?? fields[1]))
    }
  }

  /// How many different labels it gives.
  var labelCount: Int { Set(entries.map(\.label)).count }

  /// The samples with the labels of the map.
  func applied(to samples: Samples) throws(DatasetError) -> Samples {
    var labelOf: [Int: String] = [:]
    for entry in entries {
      let number = Int(entry.class) ?? samples.classNames.firstIndex(of: entry.class) ?? -1
      guard samples.classNames.indices.contains(number), labelOf[number] == nil else {
        throw DatasetError(
          .badText, file: path, offset: entry.line,
          expected: "a class in 0..<\(samples.classCount), or its name, once", found: "\"\(entry.class)\"")
      }
      labelOf[number] = entry.label
    }
    if let left = samples.classNames.indices.first(where: { labelOf[$0] == nil }) {
      throw DatasetError(
        .badText, file: path, expected: "a label for each of \(samples.classCount) classes",
        found: "none for class \(left) (\(samples.classNames[left]))",
        cure: "add the line; to leave classes out, list the others under `classes`")
    }
    var names: [String] = []
    for entry in entries where !names.contains(entry.label) { names.append(entry.label) }
    let numbers = names.compactMap { Int($0) }
    if numbers.count == names.count { names = Set(numbers).sorted().map(String.init) }
    var result = samples
    result.classNames = names
    let number = samples.classNames.indices.map { c in names.firstIndex { $0 == labelOf[c] } ?? 0 }
    result.labels = samples.labels.map { number[$0] }
    return result
  }
}
