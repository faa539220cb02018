import ArgumentParser
import Features
import Foundation
import Measures
import Torch

extension AnalyzeCommand {
  struct SpectrumOfFile: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "spectrum",
      abstract: "Singular values, participation ratio, effective rank, RankMe and alpha of features.",
      discussion: """
        Example:
          separatrix analyze spectrum features.npy --alpha-ranks 11:200
        """)

    @Argument(help: "Feature file, or several, or a glob.") var files: [String]
    @Option(help: "Layer, where the file has several. Default: features, else the last.") var layer: String?
    @Option(help: "Ranks that alpha is fitted on, LOW:HIGH. Default: 11:500, or what there is.") var alphaRanks: String?
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      let ranks: ClosedRange<Int>? = try alphaRanks.map { text in
        let ends = text.split(separator: ":").map { Int($0) }
        guard ends.count == 2, let low = ends[0], let high = ends[1], low >= 1, low < high else {
          throw Outcome.usage("--alpha-ranks '\(text)': expected LOW:HIGH, as 11:200")
        }
        return low...high
      }
      let result = try Spectrum.measure(input.read(files).layer(layer).rows, alphaRanks: ranks)
      if output.json { return try Console.printJSON(result) }
      print("\(result.n) examples, \(result.dimensions) dimensions")
      let fitted = result.alphaRanks.map { ", ranks \($0[0]) to \($0[1])" } ?? ""
      Console.printFields([
        ("largest singular value", Console.number(result.singularValues.first)),
        ("participation ratio", Console.number(result.participationRatio)),
        ("effective rank", Console.number(result.effectiveRank)),
        ("RankMe", Console.number(result.rankMe)),
        ("alpha", Console.number(result.alpha) + fitted),
      ])
      for (name, reason) in result.reasons.sorted(by: { $0.key < $1.key }) { print("\(name): \(reason)") }
    }
  }

  struct SparsityOfFile: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "sparsity", abstract: "The share of numbers that are not 0, layer by layer.",
      discussion: """
        Example:
          separatrix analyze sparsity features.safetensors
          separatrix analyze sparsity runs/softmax --data cifar10:data
        """)

    @Argument(help: "Feature file, or several, or a glob; with --data one run.") var files: [String]
    @OptionGroup var runs: RunInput
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      let layers =
        try runs.data.map(ofRun) ?? input.read(files).layers.map { try Sparsity.measure($0.rows, name: $0.name) }
      if output.json { return try Console.printJSON(["layers": layers]) }
      Console.printTable(
        ["layer", "not 0"], layers.map { [$0.layer, Console.percent($0.nonzeroFraction)] })
    }

    /// Over all samples, batch by batch.
    private func ofRun(_ data: String) throws -> [Sparsity.Layer] {
      guard files.count == 1 else { throw Outcome.usage("with --data sparsity takes one run, got \(files.count)") }
      try Machine.setThreads(input.threads ?? HostMachine.cores)
      let blocks = try RunLayers(
        files, data: data, split: runs.split, wanted: nil, batch: nil, device: runs.place.ready(),
        pictures: runs.pictures)
      var nonzero = [Double](repeating: 0, count: blocks.names[0].count)
      let line = ProgressLine()
      defer { line.clear() }
      var start = 0
      try blocks.forEachBatch(least: 1) { sets, end in
        for (place, layer) in sets[0].enumerated() {
          nonzero[place] +=
            try Sparsity.measure(layer.rows, name: layer.name).nonzeroFraction * Double(layer.rows.count)
        }
        start = end
        line.show("sparsity: \(end) of \(blocks.count) images")
      }
      return zip(blocks.names[0], nonzero).map {
        Sparsity.Layer(layer: $0, nonzeroFraction: $1 / Double(max(start, 1)))
      }
    }
  }
}
