import ArgumentParser
import Features
import Foundation
import Measures
import Torch

extension AnalyzeCommand {
  struct AgreementOfFiles: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "agreement",
      abstract: "How alike classifiers answer, whether one is better, and what they are worth together.",
      discussion: """
        Takes outputs [n, classes] of two or more classifiers for the same examples: bare arrays, or files with `outputs`.
        Example:
          separatrix analyze agreement a.npy b.npy --labels labels.npy
        """)

    @Argument(help: "Files of outputs, each a classifier; quote a glob of shards.") var files: [String]
    @Option(help: "File of labels [n], where the first file holds none.") var labels: [String] = []
    @Option(help: "Exchanges of the permutation test; 0 for none.") var permutations = 10_000
    @Option(help: "Seed of the exchanges.") var seed: UInt64 = 0
    @Flag(help: "The outputs are probabilities. Default: logits.") var probabilities = false
    @Option(help: "An ensemble to measure beside the pairs and all, as places: 1,3,4. May be repeated.")
    var subset: [String] = []
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      guard files.count >= 2 else { throw Outcome.usage("agreement needs the outputs of at least two classifiers") }
      guard permutations >= 0 else { throw Outcome.usage("--permutations \(permutations): expected 0 or more") }
      let sets = try input.read(files.map { [$0] }, labels: labels, role: .outputs)
      var options = Agreement.Options()
      options.permutations = permutations
      options.seed = seed
      options.kind = probabilities ? .probabilities : .logits
      options.subsets = try subset.map { text in
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
          guard let place = Int(part.trimmingCharacters(in: .whitespaces)), (1...files.count).contains(place) else {
            throw Outcome.usage(
              "--subset \(text): expected places of classifiers, 1 to \(files.count), parted by commas")
          }
          return place - 1
        }
      }
      for members in options.subsets where Set(members).count < members.count {
        throw Outcome.usage(
          "--subset \(members.map { String($0 + 1) }.joined(separator: ",")): a classifier counts once")
      }
      let labels = try sets.first { $0.labels != nil }?.requireLabels()
      let result = try Agreement.compare(sets.map { try $0.requireOutputs() }, labels: labels, options)
      if output.json { return try Console.printJSON(result) }
      print("\(result.n) examples, \(result.classes) classes")
      for (place, file) in files.enumerated() {
        print("\(place + 1): \(file)" + (result.accuracies.map { ", top-1 \(Console.percent($0[place]))" } ?? ""))
      }
      Console.printTable(
        ["pair", "agree", "kappa", "both together", "either right", "errors' kappa", "McNemar p", "permutation p"],
        result.pairs.map { pair in
          [
            "\(pair.a + 1) and \(pair.b + 1)", Console.percent(pair.agreement), Console.number(pair.kappa),
            Console.percent(pair.ensembleAccuracy), Console.percent(pair.eitherRight),
            Console.number(pair.errorConsistency), Console.number(pair.mcnemarP), Console.number(pair.permutationP),
          ]
        })
      print("different answers, mean over pairs: \(Console.percent(result.diversity))")
      for ensemble in result.subsets {
        let members = ensemble.members.map { String($0 + 1) }.joined(separator: ", ")
        print("\(members) together: \(Console.percent(ensemble.accuracy))")
      }
      if let all = result.ensembleAccuracy { print("all together: \(Console.percent(all))") }
      if let reason = result.reason { print("accuracies: \(reason) (--labels y.npy)") }
    }
  }
}
