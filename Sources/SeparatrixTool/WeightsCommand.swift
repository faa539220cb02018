import ArgumentParser
import Datasets
import Foundation
import Networks
import Objectives
import Training

struct WeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights",
    abstract: "State dictionaries of torchvision and timm (.safetensors) to and from networks.",
    subcommands: [List.self, Import.self, Export.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What is in a weights file, and which network it fits; the networks there are.",
      discussion: "Example:\n  separatrix weights list resnet50.safetensors")

    @Argument(help: "A weights file. Without it: the networks.") var file: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
      guard let file else { return try networks() }
      let summary = try StateDictionary(URL(typed: file)).summary(networks: Tool.catalog.networks)
      if output.json { return try Console.printJSON(summary) }
      Console.printFields([
        ("tensors", String(summary.tensors)), ("parameters", String(summary.parameters)),
        ("types", summary.types.joined(separator: " ")), ("network", summary.network?.name ?? "none of those known"),
        ("classes", summary.classes.map(String.init) ?? "-"),
      ])
    }

    private func networks() throws {
      struct Entry: Encodable {
        let name, summary: String
        let features, imageSize: Int
        enum CodingKeys: String, CodingKey {
          case name, summary, features
          case imageSize = "image_size"
        }
      }
      let all = Tool.catalog.networks.map {
        Entry(
          name: $0.name, summary: $0.summary, features: $0.features($0.defaultWidth), imageSize: $0.defaultImageSize)
      }
      if output.json { return try Console.printJSON(all) }
      Console.printFields(all.map { ($0.name, "\($0.summary); \($0.features) features, \($0.imageSize) px") })
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a weights file for evaluate, extract and train --init from a state dictionary.",
      discussion: """
        Names and shapes are checked one by one. Images are normalized with ImageNet's mean and deviation, those of
        inception-v3 with 0.5 and 0.5 (what torchvision's transform_input comes to), unless said otherwise. Classes of
        ImageNet are named by their WordNet ids.
        Example:
          separatrix weights import resnet50.safetensors --out resnet50-imagenet.safetensors
        """)

    @Argument(help: "A state dictionary with torchvision's names, .safetensors.") var file: String
    @Option(help: "The network. Default: the one that it fits.") var network: String?
    @Option(help: "Side of the images that it takes. Default: the network's own.") var imageSize: Int?
    @Option(help: "Mean of each channel, in [0, 1], with commas. Default: that of the published weights.")
    var mean: String?
    @Option(help: "Standard deviation of each channel. Default: that of the published weights.")
    var deviation: String?
    @Option(help: "A file with a class name a line. Default: WordNet ids for 1000 classes, else numbers.") var classes:
      String?
    @Option(help: "The weights file to write.") var out: String
    @OptionGroup var output: OutputOptions

    func run() throws {
      let dictionary = try StateDictionary(URL(typed: file))
      let summary = dictionary.summary(networks: Tool.catalog.networks)
      guard var spec = summary.network ?? network.map({ NetworkSpec(name: $0) }) else {
        throw Outcome.badInput(
          "\(file) fits no network that is known; name the nearest with --network to see how it differs: "
            + Tool.catalog.networks.map(\.name).joined(separator: ", "))
      }
      if let network, network != spec.name { spec = NetworkSpec(name: network) }
      guard let architecture = Tool.catalog.networks.first(where: { $0.name == spec.name }) else {
        throw Outcome.usage("--network '\(spec.name)': known are \(Tool.catalog.networks.map(\.name))")
      }
      let side = imageSize ?? architecture.defaultImageSize
      let model = try dictionary.model(spec, size: side, networks: Tool.catalog.networks)
      let channels = summary.channels ?? 3
      let description = try TrainedModel.Description(
        importing: file, network: spec, shape: ImageShape(channels: channels, height: side, width: side),
        classNames: names(model.head.classes),
        normalization: Normalization(
          mean: numbers(mean, "--mean", architecture.importMean, channels),
          deviation: numbers(deviation, "--deviation", architecture.importDeviation, channels)))
      try TrainedModel.write(
        model.parameters.entries.map { ($0.name, $0.tensor) }, description, to: URL(typed: out))
      if architecture.leastAuxiliarySize != nil, model.auxiliaryHead == nil {
        Console.complain("note: \(file) has no auxiliary branch (AuxLogits...); neither has \(out)")
      }
      if output.json { return try Console.printJSON(description) }
      print(
        "\(out): \(spec.name), \(model.head.classes) classes, images of \(side) px, mean "
          + "\(description.normalization.mean), deviation \(description.normalization.deviation)")
      print("next: separatrix extract \(out) --data ... --out features.safetensors")
    }

    private func names(_ count: Int) throws -> [String] {
      guard let classes else {
        return count == ImageNetClasses.wordNetIDs.count ? ImageNetClasses.wordNetIDs : (0..<count).map(String.init)
      }
      guard let text = try? String(contentsOf: URL(typed: classes), encoding: .utf8) else {
        throw Outcome.badInput("--classes \(classes): cannot be read; expected a class name a line")
      }
      let names = text.split(whereSeparator: \.isNewline).map(String.init)
      guard names.count == count else {
        throw Outcome.badInput(
          "--classes \(classes): expected \(count) lines, one for each class, found \(names.count)")
      }
      return names
    }

    private func numbers(
      _ text: String?, _ option: String, _ published: [Double], _ count: Int
    ) throws -> [Double] {
      guard let text else {
        guard published.count == count else {
          throw Outcome.usage("\(option): expected \(count) number\(count == 1 ? "" : "s") for these images")
        }
        return published
      }
      let values = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
      guard values.count == count, values.allSatisfy(\.isFinite), option == "--mean" || values.allSatisfy({ $0 > 0 })
      else { throw Outcome.usage("\(option) '\(text)': expected \(count) number\(count == 1 ? "" : "s") with commas") }
      return values
    }
  }

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes a run's weights as torchvision's load_state_dict takes them.",
      discussion: "Example:\n  separatrix weights export runs/cosine --out cosine.safetensors")

    @Argument(help: ArgumentHelp("Run folder, or a weights file.", valueName: "run")) var path: String
    @Option(help: "The .safetensors file to write.") var out: String
    @OptionGroup var output: OutputOptions

    func run() throws {
      let trained = try TrainedModel(URL(typed: path), catalog: Tool.catalog)
      try StateDictionary.write(trained.model, to: URL(typed: out))
      let summary = try StateDictionary(URL(typed: out)).summary(networks: Tool.catalog.networks)
      if output.json { return try Console.printJSON(summary) }
      print("\(out): \(trained.description.network.name), \(summary.tensors) tensors, \(summary.parameters) parameters")
    }
  }
}
