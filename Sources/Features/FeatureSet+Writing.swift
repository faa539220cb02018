import Foundation
import Torch

extension FeatureSet {
  /// Writes a feature file in one step: the tensors of `layers` [n, d] or [n, c, h, w] in network order, `outputs`
  /// [n, k], `labels` and `metadata`. The order of the layers is noted in the metadata under `layers`.
  public static func write(
    layers: [(name: String, tensor: Tensor)], outputs: Tensor? = nil, labels: [Int]? = nil,
    metadata: [String: String] = [:], to url: URL
  ) throws {
    func item(_ name: String, _ tensor: Tensor) throws -> SafeTensorsFile.Item {
      SafeTensorsFile.Item(
        name: name, type: StoredType(tensor.elementType), shape: tensor.shape, bytes: try tensor.bytes())
    }
    var items = try layers.map { try item($0.name, $0.tensor) }
    if let outputs { items.append(try item("outputs", outputs)) }
    if let labels { items.append(.init(name: "labels", type: .i64, shape: [labels.count], numbers: labels)) }
    try write(items, names: layers.map(\.name), metadata: metadata, to: url)
  }

  /// Writes a feature file whose arrays are made while writing, so that they need not fit in memory.
  public static func write(
    _ items: [SafeTensorsFile.Item], names: [String], metadata: [String: String] = [:], to url: URL
  ) throws {
    var metadata = metadata
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    metadata["layers"] = String(decoding: try encoder.encode(names), as: UTF8.self)
    let counts = items.map { $0.shape.first ?? 0 }
    if let first = counts.first, let odd = counts.firstIndex(where: { $0 != first }) {
      throw ArrayFileError(
        .unwritable, file: url.path, field: items[odd].name, found: "\(counts[odd]) rows",
        expected: "\(first) rows")
    }
    try SafeTensorsFile.write(items, metadata: metadata, to: url)
  }

  /// Writes the .npz file that `numpy.load` reads (arrays stored, not packed).
  public static func writeNPZ(
    _ arrays: [(name: String, tensor: Tensor)], to url: URL
  ) throws {
    try NPZFile.write(
      try arrays.map { (name: $0.name, bytes: try NPYFile.bytes(of: $0.tensor)) }, to: url)
  }
}
