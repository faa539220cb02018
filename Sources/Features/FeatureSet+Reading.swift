import Foundation
import Torch

extension FeatureSet {
  /// Reads `paths`: files or glob patterns, shards of one set in the order given (a pattern's files in the order of
  /// the numbers in their names). `labels` are files with labels for formats without them; they win over labels in
  /// the files. Throws `ArrayFileError` naming file and field for whatever is missing, malformed or does not fit.
  public init(reading paths: [String], labels labelPaths: [String] = [], role: Role = .features) throws {
    let files = try Self.expand(paths)
    guard !files.isEmpty else {
      throw ArrayFileError(
        .unreadable, file: paths.joined(separator: " "), field: "files", found: "none",
        expected: "at least one file")
    }
    let shards = try files.map { try Shard($0, role: role) }
    let first = shards[0]
    let names = first.layers.map(\.name)
    for shard in shards.dropFirst() {
      guard Set(shard.layers.map(\.name)) == Set(names), (shard.outputs == nil) == (first.outputs == nil),
        (shard.labels == nil) == (first.labels == nil)
      else {
        throw ArrayFileError(
          .malformed, file: shard.path, field: "arrays", found: shard.names.joined(separator: ", "),
          expected: "those of \(first.path): \(first.names.joined(separator: ", "))")
      }
    }
    let layers = try names.map { name in
      try ShardedArray(name: name, shards.compactMap { shard in shard.layers.first { $0.name == name } })
    }
    let outputs = try first.outputs.map { _ in try ShardedArray(name: "outputs", shards.compactMap(\.outputs))
    }
    var labels = first.labels == nil ? nil : try shards.flatMap { try $0.labels?.integers() ?? [] }
    if !labelPaths.isEmpty {
      let given = try Self.readLabels(labelPaths)
      let count = layers.first?.count ?? outputs?.count ?? given.count
      guard given.count == count else {
        throw ArrayFileError(
          .malformed, file: labelPaths.joined(separator: ", "), field: "labels", found: "\(given.count) rows",
          expected: "\(count) rows, one for each example of \(files.joined(separator: ", "))")
      }
      labels = given
    }
    let metadata = first.metadata.filter { pair in shards.allSatisfy { $0.metadata[pair.key] == pair.value } }
    try self.init(layers: layers, outputs: outputs, labels: labels, metadata: metadata, paths: files)
  }

  /// Labels from `.npy`, `.npz` or `.safetensors` files: the array `labels`, or the only one there is.
  public static func readLabels(_ paths: [String]) throws -> [Int] {
    try columns(paths).flatMap { try $0.integers() }
  }

  /// One number an example from such files.
  public static func readNumbers(_ paths: [String]) throws -> [Double] {
    try columns(paths).flatMap { try $0.doubles(rows: 0..<$0.count) }
  }

  private static func columns(_ paths: [String]) throws -> [StoredArray] {
    try expand(paths).map { path in
      let arrays = try Shard.arrays(in: path).arrays
      guard let array = arrays.first(where: { $0.name == "labels" }) ?? (arrays.count == 1 ? arrays[0] : nil)
      else {
        throw ArrayFileError(
          .malformed, file: path, field: "labels", found: arrays.map(\.name).joined(separator: ", "),
          expected: "an array `labels`, or one array only")
      }
      guard !array.shape.isEmpty, array.rowCount == 1 else {
        throw ArrayFileError(
          .malformed, file: path, field: "\(array.name).shape", found: "\(array.shape)", expected: "[n]")
      }
      return array
    }
  }

  /// Replaces patterns by the files that match them. A name without wildcards stands for itself.
  static func expand(_ paths: [String]) throws(ArrayFileError) -> [String] {
    var files: [String] = []
    for path in paths {
      if FileManager.default.fileExists(atPath: path) || !path.contains(where: { "*?[".contains($0) }) {
        files.append(path)
        continue
      }
      var found = glob_t()
      defer { globfree(&found) }
      var matches: [String] = []
      if glob(path, 0, nil, &found) == 0, let names = found.gl_pathv {
        matches = (0..<Int(found.gl_pathc)).compactMap { names[$0].map { String(cString: $0) } }
      }
      guard !matches.isEmpty else {
        throw ArrayFileError(
          .unreadable, file: path, field: "pattern", found: "no file that matches",
          expected: "at least one file")
      }
      files += matches.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
    }
    return files
  }
}

/// One file of a set.
private struct Shard {
  var path: String
  var layers: [StoredArray]
  var outputs: StoredArray?
  var labels: StoredArray?
  var metadata: [String: String]

  var names: [String] {
    layers.map(\.name) + (outputs == nil ? [] : ["outputs"]) + (labels == nil ? [] : ["labels"])
  }

  init(_ path: String, role: FeatureSet.Role) throws {
    self.path = path
    let (arrays, metadata) = try Self.arrays(in: path)
    // A .npy array has no name but its file's, which says nothing.
    let isNameless = try MappedFile(URL(fileURLWithPath: path), inParts: true).withBytes { $0.first } == 0x93
    self.metadata = metadata
    if arrays.count == 1, isNameless || !["features", "outputs", "labels"].contains(arrays[0].name) {
      let only = arrays[0]
      let array = StoredArray(
        path: only.path, name: role.rawValue, type: only.type, shape: only.shape, storage: only.storage)
      layers = role == .features ? [array] : []
      outputs = role == .outputs ? array : nil
    } else {
      outputs = arrays.first { $0.name == "outputs" }
      labels = arrays.first { $0.name == "labels" }
      layers = arrays.filter { $0.name != "outputs" && $0.name != "labels" && $0.shape.count >= 2 }
    }
    if role == .outputs, outputs == nil, layers.count == 1 {
      outputs = layers[0]
      layers = []
    }
    for array in layers + (outputs.map { [$0] } ?? []) {
      guard array.shape.count >= 2, array.rowCount > 0 else {
        throw ArrayFileError(
          .malformed, file: path, field: "\(array.name).shape", found: "\(array.shape)",
          expected: "[n, d] with at least one column")
      }
    }
    if let labels, labels.shape.isEmpty || labels.rowCount != 1 {
      throw ArrayFileError(
        .malformed, file: path, field: "labels.shape", found: "\(labels.shape)", expected: "[n]")
    }
    if let text = metadata["layers"], let order = FeatureSet.layerNames(text) {
      let places = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
      let given = layers.enumerated().sorted {
        (places[$0.element.name] ?? .max, $0.offset) < (places[$1.element.name] ?? .max, $1.offset)
      }
      layers = given.map(\.element)
    }
  }

  /// All arrays of a file, whatever its format, told by its first bytes.
  static func arrays(in path: String) throws(ArrayFileError) -> (
    arrays: [StoredArray], metadata: [String: String]
  ) {
    let url = URL(fileURLWithPath: path)
    let start = try MappedFile(url, inParts: true).withBytes { Array($0.prefix(9)) }
    if start.starts(with: [0x93, 0x4e, 0x55, 0x4d]) { return ([try NPYFile.read(url)], [:]) }
    if start.starts(with: [0x50, 0x4b]) {
      let file = try NPZFile(url)
      var arrays: [StoredArray] = []
      for name in file.names { arrays.append(try file.array(name)) }
      return (arrays, [:])
    }
    guard url.pathExtension == "safetensors" || start.last == UInt8(ascii: "{") && start.count == 9 else {
      throw ArrayFileError(
        .unsupported, file: path, field: "format", found: start.isEmpty ? "an empty file" : "bytes of another format",
        expected: "a .safetensors, .npy or .npz file")
    }
    let file = try SafeTensorsFile(url, inParts: true)
    let arrays = file.entries.map {
      StoredArray(
        path: path, name: $0.name, type: $0.type, shape: $0.shape, storage: .mapped(file.file, $0.range))
    }
    return (arrays, file.metadata)
  }
}

extension FeatureSet {
  /// The names in the metadata entry `layers`: a JSON list, or names parted by commas.
  static func layerNames(_ text: String) -> [String]? {
    if let names = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) { return names }
    return text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
