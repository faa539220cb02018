import Foundation
import Torch

/// Features of examples as files hold them: one or more layers, and outputs, labels and metadata where known. A value
/// that names mapped files; numbers are read when asked for. Where it comes from does not matter: this program's
/// own `.safetensors`, or `.npy`, `.npz` and `.safetensors` from anywhere else.
public struct FeatureSet: Sendable {
  /// What a bare array (`.npy`, or an `.npz` with one array) stands for.
  public enum Role: String, Sendable {
    /// Features of one layer.
    case features
    /// Outputs of a classifier [n, k].
    case outputs
  }

  /// The layers, each [n, d] or [n, c, h, w], in network order where the metadata tell it, else in the order of the file.
  public let layers: [ShardedArray]
  /// Outputs [n, k] of the classifier (logits as its objective defines them), or nil.
  public let outputs: ShardedArray?
  /// The class of each example, or nil.
  public let labels: [Int]?
  /// What the writer noted: network, objective, seed, data, split, program version, plan digest, ...
  public let metadata: [String: String]
  /// The files, in order.
  public let paths: [String]

  /// Number of examples.
  public var count: Int { layers.first?.count ?? outputs?.count ?? labels?.count ?? 0 }

  /// The layer called `name`; without a name `features` if there is one, else the last layer, which is the
  /// penultimate one of a network.
  public func layer(_ name: String? = nil) throws(ArrayFileError) -> ShardedArray {
    let wanted = name ?? "features"
    if let found = layers.first(where: { $0.name == wanted }) { return found }
    if name == nil, let last = layers.last { return last }
    throw ArrayFileError(
      .malformed, file: paths.first ?? "", field: name ?? "features", found: "no such layer",
      expected: layers.isEmpty
        ? "a file with features" : "one of " + layers.map(\.name).joined(separator: ", "))
  }

  /// The labels; an error that says how to give them when there are none.
  public func requireLabels() throws(ArrayFileError) -> [Int] {
    if let labels { return labels }
    throw ArrayFileError(
      .malformed, file: paths.first ?? "", field: "labels", found: "none",
      expected: "an array `labels` in the file, or a file of labels beside it (--labels y.npy)")
  }

  /// The outputs; an error that says what is missing when there are none.
  public func requireOutputs() throws(ArrayFileError) -> ShardedArray {
    if let outputs { return outputs }
    throw ArrayFileError(
      .malformed, file: paths.first ?? "", field: "outputs", found: "none",
      expected: "an array `outputs` [n, k]")
  }

  /// Makes a set from arrays read before.
  init(
    layers: [ShardedArray], outputs: ShardedArray?, labels: [Int]?, metadata: [String: String],
    paths: [String]
  ) throws(ArrayFileError) {
    self.layers = layers
    self.outputs = outputs
    self.labels = labels
    self.metadata = metadata
    self.paths = paths
    let counts =
      layers.map { ($0.name, $0.count) } + (outputs.map { [("outputs", $0.count)] } ?? [])
      + (labels.map { [("labels", $0.count)] } ?? [])
    for (name, other) in counts where other != count {
      throw ArrayFileError(
        .malformed, file: paths.joined(separator: ", "), field: name, found: "\(other) rows",
        expected: "\(count) rows, as many as \(counts[0].0)")
    }
  }
}
