import ArgumentParser
import Features
import Foundation
import Measures
import Torch

/// How feature files are read, the same for every command that takes them.
struct FeatureInput: ParsableArguments {
  @Flag(help: "Images' layers [n, c, h, w] as means over all places, [n, c]. Default: flattened.") var pool = false
  @Option(help: "What becomes of rows with NaN or infinities: skip leaves them out. Default: an error.")
  var allowNonfinite: String?
  @Option(help: "Threads.") var threads: Int?

  func validate() throws {
    guard allowNonfinite == nil || allowNonfinite == "skip" else {
      throw ValidationError("--allow-nonfinite '\(allowNonfinite ?? "")': expected skip")
    }
    guard threads ?? 1 > 0 else { throw ValidationError("--threads \(threads ?? 0): expected at least 1") }
  }

  /// Reads sets that hold the same examples in the same order, each from files that are its shards.
  func read(
    _ sets: [[String]], labels: [String] = [], role: FeatureSet.Role = .features
  ) throws -> [ReadFeatures] {
    try Machine.setThreads(threads ?? HostMachine.cores)
    var read = try sets.map {
      ReadFeatures(
        try FeatureSet(reading: $0, labels: labels, role: role), labelFiles: labels, pool: pool, role: role)
    }
    for other in read where other.count != read[0].count {
      throw ArrayFileError(
        .malformed, file: other.set.paths.joined(separator: ", "), field: "rows", found: "\(other.count)",
        expected: "\(read[0].count), the examples of \(read[0].set.paths.joined(separator: ", ")) in the same order")
    }
    guard allowNonfinite == "skip", let n = read.first?.count else { return read }
    let bad = Set(try read.flatMap { try $0.nonfinite() })
    guard !bad.isEmpty else { return read }
    let shown = bad.sorted().prefix(10).map(String.init).joined(separator: ", ")
    Console.complain(
      "skipped \(bad.count) of \(n) examples with NaN or infinities: row \(shown)\(bad.count > 10 ? ", ..." : "")")
    let kept = (0..<n).filter { !bad.contains($0) }
    for place in read.indices { read[place] = read[place].keeping(kept) }
    return read
  }

  /// Reads one set.
  func read(_ files: [String], labels: [String] = [], role: FeatureSet.Role = .features) throws -> ReadFeatures {
    try read([files], labels: labels, role: role)[0]
  }
}

/// What was read of one set.
struct ReadFeatures {
  let set: FeatureSet
  private(set) var layers: [CKA.Layer]
  private(set) var outputs: (any RowSource)?
  private(set) var labels: [Int]?
  private(set) var count: Int
  private let labelFiles: [String]
  private let role: FeatureSet.Role
  /// Rows of the files that are kept; nil where all are.
  private var kept: [Int]?

  init(_ set: FeatureSet, labelFiles: [String], pool: Bool, role: FeatureSet.Role) {
    (self.set, self.labelFiles, self.role) = (set, labelFiles, role)
    layers = set.layers.map { CKA.Layer(name: $0.name, rows: pool ? PooledRows($0) : $0) }
    outputs = set.outputs
    labels = set.labels
    count = set.count
  }

  /// The layer called `name`; without a name as `FeatureSet.layer` has it.
  func layer(_ name: String?) throws -> CKA.Layer {
    let wanted = try set.layer(name).name
    return layers.first { $0.name == wanted } ?? layers[0]
  }

  /// The labels; beside outputs each is one of their classes. `option` is how they are given where the file holds none.
  func requireLabels(option: String = "--labels") throws -> [Int] {
    guard let labels else {
      throw error(
        set.paths, "labels", "none", "an array `labels` in the file, or a file of labels beside it (\(option) y.npy)")
    }
    if role == .outputs, let classes = outputs?.dimensions,
      let row = labels.firstIndex(where: { !(0..<classes).contains($0) })
    {
      throw error(
        labelFiles.isEmpty ? set.paths : labelFiles, "labels[\(kept?[row] ?? row)]", "\(labels[row])",
        "a class in 0..<\(classes), the columns of the outputs")
    }
    return labels
  }

  /// The outputs; measures find what is not finite in them.
  func requireOutputs() throws -> any RowSource {
    if let outputs { return outputs }
    return try set.requireOutputs()
  }

  private func error(_ files: [String], _ field: String, _ found: String, _ expected: String) -> ArrayFileError {
    ArrayFileError(.malformed, file: files.joined(separator: ", "), field: field, found: found, expected: expected)
  }

  fileprivate func nonfinite() throws -> [Int] {
    try (layers.map(\.rows) + (outputs.map { [$0] } ?? [])).flatMap { try NonfiniteCount(in: $0).rows }
  }

  fileprivate func keeping(_ places: [Int]) -> ReadFeatures {
    var copy = self
    copy.layers = layers.map { CKA.Layer(name: $0.name, rows: ChosenRows($0.rows, places)) }
    copy.outputs = outputs.map { ChosenRows($0, places) }
    copy.labels = labels.map { labels in places.map { labels[$0] } }
    copy.count = places.count
    copy.kept = places
    return copy
  }
}
