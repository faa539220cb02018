import ArgumentParser
import Features
import Foundation
import Measures
import Torch

extension AnalyzeCommand {
  struct UniformityOfFile: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "uniformity",
      abstract: "Alignment within classes and uniformity on the sphere (Wang and Isola 2020).",
      discussion: """
        Example:
          separatrix analyze uniformity features.npy --labels labels.npy
        """)

    @Argument(help: "Feature file, or several, or a glob.") var files: [String]
    @Option(help: "File of labels [n], for the alignment, where the features hold none.") var labels: [String] = []
    @Option(help: "Layer, where the file has several. Default: features, else the last.") var layer: String?
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      let set = try input.read(files, labels: labels)
      let line = ProgressLine()
      let result = try Uniformity.measure(set.layer(layer).rows, labels: set.labels) {
        line.show("uniformity: \(Int(100 * $0)) %")
      }
      line.clear()
      if output.json { return try Console.printJSON(result) }
      print("\(result.n) examples")
      Console.printFields([
        ("alignment", Console.number(result.alignment)), ("uniformity", Console.number(result.uniformity)),
      ])
      for (name, reason) in result.reasons.sorted(by: { $0.key < $1.key }) { print("\(name): \(reason)") }
    }
  }
}
