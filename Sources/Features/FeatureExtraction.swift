import Datasets
import Foundation
import Torch
import Training

/// From a trained network and samples to a feature file: features, outputs, labels, and where they came from.
public enum FeatureExtraction {
  /// The name under which the pooled penultimate features are kept.
  public static let pooled = "features"

  /// Writes the feature file of `samples` to `url`: the pooled features as `features`, the objective's `outputs`, the
  /// `labels`, and each block named in `layers` [n, c, h, w]. All in evaluation mode, f32, without augmentation.
  /// Returns what was predicted.
  @discardableResult
  public static func write(
    _ trained: TrainedModel, _ samples: Samples, data: String, split: String, layers: [String] = [], to url: URL,
    progress: (Int) -> Void = { _ in }
  ) throws -> Predictions {
    let blocks = layers.filter { $0 != pooled && $0 != "pooled" }
    let predictions = try trained.predict(samples, layers: blocks, progress: progress)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let about = trained.description
    try FeatureSet.write(
      layers: predictions.layers + [(pooled, predictions.features)], outputs: predictions.outputs,
      labels: predictions.labels,
      metadata: [
        "network": about.network.name, "width": about.network.width.map(String.init) ?? "default",
        "objective": about.objective.description, "seed": String(about.seed), "data": data, "split": split,
        "trained_on": about.data, "plan_digest": about.planDigest, "program": "separatrix \(programVersion)",
        "class_names": String(decoding: try encoder.encode(samples.classNames), as: UTF8.self),
      ], to: url)
    return predictions
  }
}
