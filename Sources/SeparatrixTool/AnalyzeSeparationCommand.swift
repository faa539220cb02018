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
    @Flag(help: "List every class.") var perClass = false
    @Option(help: "Half samples for 95 % intervals; 0 for none.") var bootstrap = 0
    @Option(help: "Seed of the half samples.") var seed: UInt64 = 0
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
      guard bootstrap >= 0, bootstrap != 1 else {
        throw Outcome.usage("--bootstrap \(bootstrap): expected 0, or at least 2 half samples")
      }
      var options = ClassSeparation.Options()
      options.perClass = perClass
      options.bootstrap = bootstrap
      options.seed = seed
      let result = try ClassSeparation.measure(
        rows, labels: set.requireLabels(), distances: distances, options: options)
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
              name, Console.number($0.within), Console.number($0.total), text($0.r2, $0.r2Interval),
              text($0.r2Debiased, $0.r2DebiasedInterval),
            ]
          }
        })
      for (name, entry) in entries { if let reason = entry?.reason { print("\(name): \(reason)") } }
      for (name, entry) in entries {
        guard let classes = entry?.perClass else { continue }
        print("\nby class, \(name)")
        Console.printTable(
          ["class", "examples", "within", "1 - within/total"],
          classes.map { [String($0.label), String($0.n), Console.number($0.within), Console.number($0.r2)] })
      }
    }

    private func text(_ value: Double?, _ interval: SeparationResult.Entry.Interval?) -> String {
      Console.number(value) + (interval.map { " (\(Console.number($0.low)) to \(Console.number($0.high)))" } ?? "")
    }
  }
}
