import ArgumentParser
import Foundation
import Torch
import Transfer

extension TransferCommand {
  struct LowShot: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "lowshot", abstract: "Linear probes from few examples a class, over repeated draws.",
      discussion: """
        lambda is chosen by folds inside each draw; from one example a class it is the mean squared length of the centred features.
        Draws are nested, and equal for every embedding of the same examples, so that accuracies can be compared draw by draw.
        Example:
          separatrix transfer lowshot --train train.safetensors --test test.safetensors --shots 1,5,20 --draws 20
        """)

    @Option(parsing: .upToNextOption, help: "Training features: .safetensors, .npy or .npz; several are shards.")
    var train: [String]
    @Option(parsing: .upToNextOption, help: "Training labels, where the features hold none.") var trainLabels:
      [String] = []
    @Option(parsing: .upToNextOption, help: "Test features.") var test: [String]
    @Option(parsing: .upToNextOption, help: "Test labels, where the features hold none.") var testLabels: [String] = []
    @Option(help: "Layer, where files have several. Default: features, else the last.") var layer: String?
    @Option(help: "Examples a class, with commas.") var shots = "1,2,5,10,20,50"
    @Option(help: "Draws of each.") var draws = 10
    @Option(help: "Seed of the draws.") var seed: UInt64 = 0
    @Option(help: "Penalties to choose among, log-spaced: LOW:HIGH:COUNT.") var lambdas = "1e-3:1e4:15"
    @Flag(help: "Bring each feature vector to length 1.") var normalize = false
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      var options = Transfer.LowShot.Options()
      options.shots = try shots.split(separator: ",", omittingEmptySubsequences: false).map { part in
        guard let value = Int(part), value > 0 else {
          throw Outcome.usage("--shots '\(shots)': expected whole numbers of at least 1, as 1,5,20")
        }
        return value
      }
      guard draws > 0 else { throw Outcome.usage("--draws \(draws): expected at least 1") }
      options.draws = draws
      options.seed = seed
      options.lambdas = try ProbeOptions.parseGrid(lambdas)
      options.normalizes = normalize
      let (x, y) = (try input.read(train, labels: trainLabels), try input.read(test, labels: testLabels))
      func values(_ set: ReadFeatures) throws -> Tensor {
        let tensor = try set.layer(layer).rows.allRows()
        return tensor.elementType == .f64 ? tensor : try tensor.to(.f32)
      }
      let line = ProgressLine()
      let result = try Transfer.LowShot.run(
        train: values(x), trainLabels: x.requireLabels(option: "--train-labels"), test: values(y),
        testLabels: y.requireLabels(option: "--test-labels"), options: options
      ) { line.show("\($0) of \($1) probes") }
      line.clear()
      if output.json { return try Console.printJSON(result) }
      print("\(result.n) examples, \(result.dimensions) dimensions, \(result.classes) classes; \(result.draws) draws")
      Console.printTable(
        ["a class", "accuracy", "standard error", "mean per class", ""],
        result.curve.map {
          [
            String($0.shots), Console.percent($0.accuracy), Console.percent($0.standardError),
            Console.percent($0.meanPerClassAccuracy), $0.reason ?? "",
          ]
        })
    }
  }
}
