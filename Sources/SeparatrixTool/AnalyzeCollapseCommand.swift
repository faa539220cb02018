import ArgumentParser
import Features
import Foundation
import Measures
import Networks
import Torch

extension AnalyzeCommand {
  struct CollapseOfFile: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "collapse",
      abstract:
        "Neural collapse NC1 to NC4, class-distance normalized variance, variability collapse index, for every layer.",
      discussion: """
        NC3 and NC4 need the head: a weight file of this program or of torchvision's layout (its last matrix [classes, d]), or an
        array [classes, d] in .npy.
        Example:
          separatrix analyze collapse features.safetensors --weights runs/softmax/weights.safetensors
        """)

    @Argument(help: "Feature file, or several, or a glob.") var files: [String]
    @Option(help: "File of labels [n], where the features hold none.") var labels: [String] = []
    @Option(help: "Layer for the main figures. Default: features, else the last.") var layer: String?
    @Option(help: "The head's weights.") var weights: String?
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      let set = try input.read(files, labels: labels)
      let labels = try set.requireLabels()
      let chosen = try set.layer(layer)
      let head = try weights.map { try HeadFile.read($0, dimensions: chosen.rows.dimensions) }
      let result = try Collapse.measure(chosen.rows, labels: labels, head: head)
      let others = try set.layers.map { layer in
        let of = layer.name == chosen.name ? result : try Collapse.measure(layer.rows, labels: labels)
        return Layer(layer: layer.name, separation: of.separation, nc1: of.nc1)
      }
      if output.json { return try Console.printJSON(Report(result: result, layers: others)) }
      print("\(result.n) examples, \(result.classes) classes, \(result.dimensions) dimensions, layer \(chosen.name)")
      Console.printFields([
        ("NC1, within by between", Console.number(result.nc1)),
        ("NC2, unequal lengths", Console.number(result.nc2Equinorm)),
        ("NC2, unequal angles", Console.number(result.nc2Equiangle)),
        ("NC3, head against means", Console.number(result.nc3)),
        ("NC4, head against nearest mean", Console.percent(result.nc4)),
        ("CDNV", Console.number(result.cdnv)),
        ("VCI", Console.number(result.vci)),
      ])
      if others.count > 1 {
        Console.printTable(
          ["layer", "tr(S_W S_B^+)", "NC1"],
          others.map { [$0.layer, Console.number($0.separation), Console.number($0.nc1)] })
      }
      for (name, reason) in result.reasons.sorted(by: { $0.key < $1.key }) { print("\(name): \(reason)") }
    }

    private struct Layer: Encodable {
      let layer: String
      let separation, nc1: Double?
      enum CodingKeys: String, CodingKey { case layer, separation, nc1 }
      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(layer, forKey: .layer)
        try container.encode(separation, forKey: .separation)
        try container.encode(nc1, forKey: .nc1)
      }
    }

    private struct Report: Encodable {
      let result: CollapseResult
      let layers: [Layer]
      enum CodingKeys: String, CodingKey { case layers }
      func encode(to encoder: any Encoder) throws {
        try result.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(layers, forKey: .layers)
      }
    }
  }
}

/// A classifier's last layer from a file.
enum HeadFile {
  /// The only matrix [classes, dimensions] that is called as heads are (fc, head, classifier, linear), else the only one there is.
  static func read(_ path: String, dimensions: Int) throws -> Collapse.Head {
    let url = URL(typed: path)
    guard url.pathExtension == "safetensors" else {
      return Collapse.Head(weight: try FeatureSet(reading: [path]).layer().allRows(), bias: nil)
    }
    let file = try StateDictionary(url)
    let matrices = file.entries.filter { $0.value.shape.count == 2 && $0.value.shape[1] == dimensions }.keys.sorted()
    let named = matrices.filter { name in
      ["fc", "head", "classifier", "linear"].contains { name.hasPrefix("\($0).") || name.contains(".\($0).") }
    }
    guard let name = named.count == 1 ? named[0] : matrices.count == 1 ? matrices[0] : nil,
      let weight = try file.tensor(name)
    else {
      throw ArrayFileError(
        .malformed, file: path, field: "weights",
        found: matrices.isEmpty ? "no matrix [classes, \(dimensions)]" : matrices.joined(separator: ", "),
        expected: "one matrix [classes, \(dimensions)], as fc.weight")
    }
    let bias = try file.tensor(name.replacingOccurrences(of: "weight", with: "bias"))
    return Collapse.Head(weight: weight, bias: bias?.shape == [weight.shape[0]] ? bias : nil)
  }
}
