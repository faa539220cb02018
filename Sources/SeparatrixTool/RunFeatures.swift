import ArgumentParser
import Datasets
import Features
import Foundation
import Torch
import Training

/// Features of a data set taken from a run, in place of feature files.
struct RunFeatures: ParsableArguments {
  @Argument(help: ArgumentHelp("With --data: a run folder or weights file to take features from.", valueName: "run"))
  var run: String?
  @Option(help: "The target, in place of --train and --test: \(DataReference.grammar).") var data: String?
  @Option(help: "Only these classes of the target, numbers with commas, as 1,3,5.") var classes: String?
  @OptionGroup var place: DeviceOptions
  @OptionGroup var pictures: PictureOptions

  /// Both splits of a target as a network sees them.
  struct Sets {
    let train, test: FeatureSet
    /// The groups of the training images, which a holdout must not divide.
    let groups: [Int]?
  }

  /// Whether a run was named.
  var isGiven: Bool { run != nil || data != nil }

  /// The target's features; `layers`: every block, too.
  func extract(layers: Bool) throws -> Sets {
    guard let run, let data else {
      throw Outcome.usage("a run and --data go together, as: runs/softmax --data mnist:DIR")
    }
    let trained = try pictures.applied(
      to: TrainedModel(URL(typed: run), catalog: Tool.catalog, device: place.ready()))
    var reference = try pictures.applied(to: DataReference(parsing: data))
    if let classes {
      reference.classes = try classes.split(separator: ",", omittingEmptySubsequences: false).map { part in
        guard let number = Int(part), number >= 0 else {
          throw Outcome.usage("--classes '\(classes)': expected numbers with commas, as 1,3,5")
        }
        return number
      }
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("separatrix-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // Mapped files live on without a name.
    defer { try? FileManager.default.removeItem(at: folder) }
    var groups: [Int]?
    func features(_ split: Split) throws -> FeatureSet {
      var samples = try reference.load(split)
      if split == .train { groups = samples.groups }
      if samples.shape != trained.description.shape { samples = samples.converted(to: trained.description.shape) }
      let blocks = layers ? try trained.predict(samples.selecting([0])).layerNames : []
      let file = folder.appendingPathComponent("\(split.rawValue).safetensors")
      let line = ProgressLine()
      defer { line.clear() }
      try FeatureExtraction.write(
        trained, samples, data: reference.description, split: split.rawValue, layers: blocks, to: file
      ) { line.show("\(split.rawValue): \($0) of \(samples.count) images") }
      return try FeatureSet(reading: [file.path])
    }
    let train = try features(.train)
    return Sets(train: train, test: try features(.test), groups: groups)
  }
}
