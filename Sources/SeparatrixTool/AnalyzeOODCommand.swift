import ArgumentParser
import Features
import Foundation
import Measures
import Torch

extension AnalyzeCommand {
  struct OODOfFiles: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ood",
      abstract: "How well a classifier tells unfamiliar examples from familiar ones, by six scores.",
      discussion: """
        Bare arrays are outputs (logits); files with `features` and `outputs` give every score. Mahalanobis and k-NN need features of
        training examples (--fit), Mahalanobis with labels.
        Example:
          separatrix analyze ood --in test.safetensors --out other.safetensors --fit train.safetensors
        """)

    @Option(name: .customLong("in"), parsing: .upToNextOption, help: "Familiar examples.") var familiar: [String]
    @Option(name: .customLong("out"), parsing: .upToNextOption, help: "Unfamiliar examples.") var unfamiliar: [String]
    @Option(parsing: .upToNextOption, help: "Training examples, with features and labels.") var fit: [String] = []
    @Option(help: "File of labels of the training examples.") var fitLabels: [String] = []
    @Option(help: "Layer of the features. Default: features, else the last.") var layer: String?
    @Option(help: "Which nearest training example counts, of k-NN. Default: 50, or all there are.") var neighbors: Int?
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      guard neighbors ?? 1 > 0 else { throw Outcome.usage("--neighbors \(neighbors ?? 0): expected at least 1") }
      func examples(_ files: [String]) throws -> OutOfDistribution.Examples {
        let set = try input.read(files, role: .outputs)
        return .init(outputs: set.outputs, features: set.layers.isEmpty ? nil : try set.layer(layer).rows)
      }
      let training = try fit.isEmpty ? nil : input.read(fit, labels: fitLabels)
      let result = try OutOfDistribution.measure(
        familiar: examples(familiar), unfamiliar: examples(unfamiliar),
        training: training.map { .init(features: try $0.layer(layer).rows, labels: $0.labels) },
        neighbors: neighbors ?? min(50, training?.count ?? 50))
      if output.json { return try Console.printJSON(result) }
      print("\(result.familiar) familiar examples, \(result.unfamiliar) unfamiliar ones")
      Console.printTable(
        ["score", "AUROC", "AUPR in", "AUPR out", "FPR at 95 %"],
        OutOfDistributionResult.names.compactMap { name in
          result.scores[name].map {
            [
              name, Console.number($0.auroc), Console.number($0.auprIn), Console.number($0.auprOut),
              Console.percent($0.fpr95),
            ]
          }
        })
      for name in OutOfDistributionResult.names { if let reason = result.reasons[name] { print("\(name): \(reason)") } }
    }
  }
}
