import ArgumentParser
import Features
import Foundation
import Measures
import Transfer

extension AnalyzeCommand {
  struct RetrievalOfFile: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "retrieval",
      abstract: "How well an example finds its class: recall@k, mAP@R, the vote of the 10 nearest.",
      discussion: """
        Every example looks for its class among all others, by cosine.
        Example:
          separatrix analyze retrieval features.npy --labels labels.npy
        """)

    @Argument(help: "Feature file, or several, or a glob.") var files: [String]
    @Option(help: "File of labels [n], where the features hold none.") var labels: [String] = []
    @Option(help: "Layer, where the file has several. Default: features, else the last.") var layer: String?
    @Flag(help: "List every class.") var perClass = false
    @OptionGroup var retrieval: RetrievalOptions
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      let options = try retrieval.options()
      let set = try input.read(files, labels: labels)
      let line = ProgressLine()
      defer { line.clear() }
      var result = try Retrieval.measure(set.layer(layer).rows, labels: set.requireLabels(), options) {
        line.show("retrieval: \(Int(100 * $0)) %")
      }
      line.clear()
      result.listsClasses = perClass
      if output.json { return try Console.printJSON(result) }
      print(
        "\(result.n) examples, \(result.classes) classes, \(result.dimensions) dimensions, \(result.queries) queries"
          + (result.leftOut > 0 ? ", of which \(result.leftOut) are alone in their class" : ""))
      Console.printTable(
        ["measure", "value", "95 % interval"],
        result.entries.map { entry in
          let ends = entry.low.flatMap { low in
            entry.high.map { "\(Console.percent(low)) to \(Console.percent($0))" }
          }
          return [ComparisonFindings.title(entry.name), Console.percent(entry.value), ends ?? "-"]
        })
      for (name, reason) in result.reasons.sorted(by: { $0.key < $1.key }) {
        print("\(ComparisonFindings.title(name)): \(reason)")
      }
      guard perClass else { return }
      print("\nby class")
      Console.printTable(
        ["class", "queries"] + result.entries.map { ComparisonFindings.title($0.name) },
        result.perClass.map { [String($0.label), String($0.n)] + $0.values.map(Console.percent) })
    }
  }
}
