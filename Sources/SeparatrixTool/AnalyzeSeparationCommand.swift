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
    @Option(help: "Also these layers, parted by commas, or all.") var layers: String?
    @Option(
      parsing: .upToNextOption, help: "Features of held-out examples, measured beside them: how much of it is memory.")
    var heldOut: [String] = []
    @Option(help: "Their labels, where the file holds none.") var heldOutLabels: [String] = []
    @Option(help: "cosine, centered, euclidean, angle or all. Default: all; without angle above 20000 examples.")
    var distance: String?
    @Flag(help: "List every class.") var perClass = false
    @Option(help: "Half samples for 95 % intervals; 0 for none.") var bootstrap = 0
    @Option(help: "Seed of the half samples.") var seed: UInt64 = 0
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      let distances = try chosenDistances()
      guard bootstrap >= 0, bootstrap != 1 else {
        throw Outcome.usage("--bootstrap \(bootstrap): expected 0, or at least 2 half samples")
      }
      var options = ClassSeparation.Options()
      (options.perClass, options.bootstrap, options.seed) = (perClass, bootstrap, seed)
      let set = try input.read(files, labels: labels)
      let other = try heldOut.isEmpty ? nil : input.read(heldOut, labels: heldOutLabels)
      func measure(_ set: ReadFeatures, _ layer: String?) throws -> SeparationResult {
        try ClassSeparation.measure(
          set.layer(layer).rows, labels: set.requireLabels(), distances: distances, options: options)
      }
      let chosen = try set.layer(layer).name
      let wanted =
        try layers.map { text in
          try text == "all" ? set.layers.map(\.name) : text.split(separator: ",").map { try set.layer(String($0)).name }
        } ?? []
      let named = set.set.layers.count > 1 ? chosen : nil
      var report = Separations(
        main: try measure(set, chosen), heldOut: try other.map { try measure($0, layer ?? named) })
      for name in wanted {
        report.layers.append(
          .init(layer: name, result: try measure(set, name), heldOut: try other.map { try measure($0, name) }))
      }
      if output.json { return try Console.printJSON(report) }
      show(report.main, heldOut.isEmpty ? nil : files.joined(separator: " "))
      if let other = report.heldOut {
        print("")
        show(other, heldOut.joined(separator: " "))
      }
      guard !report.layers.isEmpty else { return }
      print("\nby layer, cosine")
      Console.printTable(
        ["layer", "R^2", "R^2 debiased"] + (other == nil ? [] : ["R^2 held out", "debiased held out"]),
        report.layers.map { entry in
          let results = [entry.result, entry.heldOut].compactMap { $0 }
          return [entry.layer]
            + results.flatMap { [Console.number($0.cosine?.r2), Console.number($0.cosine?.r2Debiased)] }
        })
    }

    private func chosenDistances() throws -> Set<ClassSeparation.Distance>? {
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
    }

    private func show(_ result: SeparationResult, _ name: String?) {
      let start = name.map { "\($0): " } ?? ""
      print("\(start)\(result.n) examples, \(result.classes) classes, \(result.dimensions) dimensions")
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

  /// The chosen layer's figures at the top level; the rest where it was asked for.
  private struct Separations: Encodable {
    struct Layer: Encodable {
      let layer: String
      let result: SeparationResult
      let heldOut: SeparationResult?

      enum CodingKeys: String, CodingKey {
        case layer
        case heldOut = "held_out"
      }

      func encode(to encoder: any Encoder) throws {
        try result.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(layer, forKey: .layer)
        try container.encodeIfPresent(heldOut, forKey: .heldOut)
      }
    }

    let main: SeparationResult
    let heldOut: SeparationResult?
    var layers: [Layer] = []

    enum CodingKeys: String, CodingKey {
      case layers
      case heldOut = "held_out"
    }

    func encode(to encoder: any Encoder) throws {
      try main.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encodeIfPresent(heldOut, forKey: .heldOut)
      if !layers.isEmpty { try container.encode(layers, forKey: .layers) }
    }
  }
}
