import ArgumentParser
import Features
import Foundation
import Measures
import Torch

extension AnalyzeCommand {
  struct SimilarityOfFiles: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "similarity",
      abstract: "Procrustes, RSA, mutual k-NN and SVCCA of two feature files.",
      discussion: """
        The files hold the same examples in the same order.
        Example:
          separatrix analyze similarity old.npy new.npy --neighbors 10
        """)

    @Argument(help: "Feature file, or a glob in quotes.") var first: String
    @Argument(help: "Feature file of the same examples.") var second: String
    @Option(help: "Layer of the first. Default: features, else the last.") var layer: String?
    @Option(help: "Layer of the second. Default: as the first's.") var otherLayer: String?
    @Option(help: "Neighbours of mutual k-NN.") var neighbors = 10
    @Option(help: "Share of the variance that SVCCA keeps.") var variance = 0.99
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      guard neighbors > 0 else { throw Outcome.usage("--neighbors \(neighbors): expected at least 1") }
      guard variance > 0, variance <= 1 else {
        throw Outcome.usage("--variance \(variance): expected a share above 0, at most 1")
      }
      let sets = try input.read([[first], [second]])
      var options = Similarity.Options()
      options.neighbors = neighbors
      options.variance = variance
      let result = try Similarity.compare(
        sets[0].layer(layer).rows, sets[1].layer(otherLayer ?? layer).rows, options)
      if output.json { return try Console.printJSON(result) }
      print("\(result.n) examples")
      Console.printTable(
        ["measure", "value", "alike"],
        [
          ["Procrustes distance", Console.number(result.procrustes), "0"],
          ["RSA, Pearson", Console.number(result.rsa), "1"],
          ["RSA, Spearman", Console.number(result.rsaSpearman), "1"],
          ["mutual \(result.neighbors)-NN", Console.number(result.mutualKNN), "1"],
          ["SVCCA, \(Console.percent(result.variance)) of the variance", Console.number(result.svcca), "1"],
        ])
      for (name, reason) in result.reasons.sorted(by: { $0.key < $1.key }) { print("\(name): \(reason)") }
    }
  }
}
