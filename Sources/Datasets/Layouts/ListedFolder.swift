import Foundation

/// The folder of a listed set, which may lie directly in the one named or in a folder of its own inside.
struct ListedFolder {
  /// The folder named.
  let directory: String
  /// What comes before every path: "" or the inner folder with a slash.
  let prefix: String

  /// A folder that is known.
  init(directory: String, prefix: String) {
    self.directory = directory
    self.prefix = prefix
  }

  /// Finds the first of `folders` (the named one is "") that holds any of `markers`, which tell the set.
  init(_ directory: String, of set: String, in folders: [String], markers: [String]) throws(DatasetError) {
    let prefixes = folders.map { $0.isEmpty ? "" : $0 + "/" }
    let found = prefixes.first { prefix in
      markers.contains { FileManager.default.fileExists(atPath: directory + "/" + prefix + $0) }
    }
    guard let found else {
      _ = try FolderListing(directory)  // says what is wrong with the folder itself
      let sought = prefixes.map { $0 + (markers.first ?? "") }
      throw DatasetError(
        .missing, file: directory, expected: "the folder of \(set): it holds " + sought.joined(separator: ", or "),
        found: "none of them", cure: "see `data list \(set)` for the layout")
    }
    self.directory = directory
    prefix = found
  }

  /// The path of something in the set's folder, for opening it.
  func full(_ path: String) -> String { directory + "/" + prefix + path }

  /// Whether it exists.
  func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: full(path)) }

  /// The lines of a text file, empty ones left out, with their numbers from 1.
  func lines(_ path: String) throws(DatasetError) -> [(number: Int, text: String)] {
    let lines = try TextLines.read(full(path)).enumerated().map { ($0.offset + 1, $0.element) }
    return lines.filter { !$0.1.isEmpty }
  }

  /// The names of the folders in a folder, in the order of their bytes.
  func folders(_ path: String) throws(DatasetError) -> [String] {
    try FolderListing(full(path)).folders.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The pictures in a folder, in the order of their bytes.
  func pictures(_ path: String) throws(DatasetError) -> [[UInt8]] {
    try FolderListing(full(path)).files.filter { FolderListing.namesPicture($0) }
  }

  /// Adds every picture of a folder.
  func add(_ path: String, label: Int, to images: inout ListedImages) throws(DatasetError) {
    let folder = Array((prefix + path + "/").utf8)
    for name in try FolderListing(full(path)).files {
      if FolderListing.namesPicture(name) {
        try images.append([folder, name], label: label)
      } else {
        images.passedOver.add(name)
      }
    }
  }

  /// Adds every picture of a folder of folders; `label` gives the class of a folder's name. A folder that is no class is
  /// refused.
  func addClasses(
    in path: String, inner: String = "", to images: inout ListedImages, label: (String) -> Int?
  ) throws(DatasetError) {
    for name in try folders(path) {
      let folder = (path.isEmpty ? "" : path + "/") + name
      guard let label = label(name) else {
        throw DatasetError(
          .badText, file: full(folder), expected: "a folder whose name is a class of the set", found: "\"\(name)\"",
          cure: "move it elsewhere")
      }
      try add(inner.isEmpty ? folder : folder + "/" + inner, label: label, to: &images)
    }
  }

  /// The complaint about a line of a text file.
  func bad(_ path: String, _ line: Int, expected: String, found: String) -> DatasetError {
    DatasetError(
      .badText, file: full(path), offset: line, expected: expected, found: "\"\(found.prefix(80))\"",
      cure: "get the file again")
  }

  /// The number of each name.
  static func numbers(_ names: [String]) -> [String: Int] {
    Dictionary(names.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
  }

  /// In the order of their bytes, each once.
  static func sorted(_ names: some Sequence<String>) -> [String] {
    Set(names).sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
  }
}
