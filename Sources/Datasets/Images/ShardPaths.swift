import Foundation

/// The archives that a pattern names: `*`, `?` and `[...]` as in a shell, and `{000..146}` for numbers in a row.
enum ShardPaths {
  /// Existing files in the order of their names, each once. A pattern that names none is an error.
  static func expand(_ patterns: [String]) throws(DatasetError) -> [String] {
    var paths: [String] = []
    for pattern in patterns {
      var found: [String] = []
      for path in try numbers(pattern) {
        if path.contains(where: { "*?[".contains($0) }) && !FileManager.default.fileExists(atPath: path) {
          found += matches(path)
        } else {
          found.append(path)  // a file that is missing is named by whoever opens it
        }
      }
      guard !found.isEmpty else {
        throw DatasetError(
          .missing, file: pattern, expected: "archives that match", found: "none",
          cure: "check the pattern and quote it")
      }
      paths += found.filter { !paths.contains($0) }
    }
    return paths
  }

  /// The split of each archive: by a word in its name, where both splits are so named; train otherwise. Archives of a
  /// validation split are left out where there are some of a test split.
  static func splits(_ paths: [String]) -> [(path: String, split: Split)] {
    let words = paths.map { path -> String? in
      (path as NSString).lastPathComponent.split { !($0.isLetter || $0.isNumber) }.map(String.init)
        .first { ShardSet.split(named: $0) != nil }
    }
    let told = words.map { $0.flatMap(ShardSet.split(named:)) }
    guard told.contains(.train), told.contains(.test) else { return paths.map { ($0, .train) } }
    let isValidation = words.map { $0.map(ShardSet.isValidation) ?? false }
    let hasTest = zip(told, isValidation).contains { $0 == .test && !$1 }
    return paths.indices.filter { !(hasTest && isValidation[$0]) }.map { (paths[$0], told[$0] ?? .train) }
  }

  private static func numbers(_ pattern: String) throws(DatasetError) -> [String] {
    guard let open = pattern.firstIndex(of: "{"), let close = pattern[open...].firstIndex(of: "}") else {
      return [pattern]
    }
    let inside = pattern[pattern.index(after: open)..<close]
    let ends = inside.components(separatedBy: "..")
    guard ends.count == 2, let low = Int(ends[0]), let high = Int(ends[1]), low >= 0, low <= high,
      high - low < 1_000_000
    else {
      throw DatasetError(
        .badReference, expected: "numbers in a row, as {000..146}", found: "{\(inside)}", cure: "write the range so")
    }
    let rest = try numbers(String(pattern[pattern.index(after: close)...]))
    var paths: [String] = []
    for number in low...high {
      let text = String(number)
      let padded = String(repeating: "0", count: max(ends[0].count - text.count, 0)) + text
      paths += rest.map { pattern[..<open] + padded + $0 }
    }
    return paths
  }

  private static func matches(_ pattern: String) -> [String] {
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(pattern, 0, nil, &result) == 0 else { return [] }
    return (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { String(cString: $0) } }
  }
}
