import ArgumentParser
import Features
import Foundation
import Measures
import Torch

extension AnalyzeCommand {
  struct Separation: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Class separation R^2 = 1 - within/total under four distances, plain and debiased.",
      discussion: """
        Takes .safetensors of this program or any other, .npy and .npz; several files are shards of one set.
        Example:
          separatrix analyze separation features.npy --labels labels.npy --json
        """)

    @Argument(help: "Feature file, or several, or a glob.") var files: [String]
    @Option(help: "File of labels [n], where the features hold none.") var labels: [String] = []
    @Option(help: "Layer, where the file has several. Default: features, else the last.") var layer: String?
    @Option(help: "cosine, centered, euclidean, angle or all. Default: all; without angle above 20000 examples.")
    var distance: String?
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      let set = try input.read(files, labels: labels)
      let rows = try set.layer(layer).rows
      let distances: Set<ClassSeparation.Distance>? =
        switch distance {
        case nil: nil
        case "all": Set(ClassSeparation.Distance.allCases)
        case "cosine": [.cosine]
        case "centered": [.centeredCosine]
        case "euclidean": [.squaredEuclidean]
        case "angle": [.angle]
        case .some(let other):
          throw Outcome.usage("--distance '\(other)': expected cosine, centered, euclidean, angle or all")
        }
      let result = try ClassSeparation.measure(rows, labels: try set.requireLabels(), distances: distances)
      if output.json { return try Console.printJSON(result) }
      print("\(result.n) examples, \(result.classes) classes, \(result.dimensions) dimensions")
      let entries: [(String, SeparationResult.Entry?)] = [
        ("cosine", result.cosine), ("centered cosine", result.centeredCosine),
        ("squared Euclidean", result.squaredEuclidean), ("angle", result.angle),
      ]
      Console.printTable(
        ["distance", "within", "total", "R^2", "R^2 debiased"],
        entries.compactMap { name, entry in
          entry.map {
            [
              name, Console.number($0.within), Console.number($0.total), Console.number($0.r2),
              Console.number($0.r2Debiased),
            ]
          }
        })
      for (name, entry) in entries { if let reason = entry?.reason { print("\(name): \(reason)") } }
    }
  }
}
