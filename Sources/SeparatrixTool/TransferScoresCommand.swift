import ArgumentParser
import Features
import Foundation
import Measures
import Transfer

extension TransferCommand {
  struct Scores: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How well features may serve new labels, without training: LogME, H-score, TransRate, GBC, LEEP, NCE.",
      discussion: """
        Features of the new task's examples by the network in question, with the new labels. Higher is better; compare networks on the
        same examples only. LEEP and NCE take the network's own outputs [n, source classes] for them.
        Example:
          separatrix transfer scores features.safetensors --labels y.npy --outputs z.npy
        """)

    @Argument(help: "Feature file, or several, or a glob.") var files: [String]
    @Option(help: "File of labels [n], where the features hold none.") var labels: [String] = []
    @Option(parsing: .upToNextOption, help: "The source classifier's outputs, where the features' file holds none.")
    var outputs: [String] = []
    @Flag(help: "The outputs are probabilities. Default: logits.") var probabilities = false
    @Option(help: "Layer, where the file has several. Default: features, else the last.") var layer: String?
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      let set = try input.read(files, labels: labels)
      let source = try outputs.isEmpty ? set.outputs : input.read(outputs, role: .outputs).requireOutputs()
      let result = try TransferScores.measure(
        set.layer(layer).rows, labels: set.requireLabels(), outputs: source,
        kind: probabilities ? .probabilities : .logits)
      if output.json { return try Console.printJSON(result) }
      print("\(result.n) examples, \(result.classes) classes, \(result.dimensions) dimensions")
      Console.printFields([
        ("LogME", Console.number(result.logME)), ("H-score", Console.number(result.hScore)),
        ("  with a shrunk covariance", Console.number(result.hScoreShrinkage)),
        ("TransRate", Console.number(result.transRate)), ("GBC", Console.number(result.gbc)),
        ("  with a variance for each direction", Console.number(result.gbcDiagonal)),
        ("LEEP", Console.number(result.leep)), ("NCE", Console.number(result.nce)),
      ])
      for (name, reason) in result.reasons.sorted(by: { $0.key < $1.key }) { print("\(name): \(reason)") }
    }
  }
}
