import ArgumentParser
import Features
import Foundation
import Measures
import Torch

extension AnalyzeCommand {
  struct CKAOfFiles: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "cka",
      abstract: "Centred kernel alignment of every layer of one feature file with every layer of another.",
      discussion: """
        Each argument is a set of its own: a .safetensors, .npy or .npz file, or a glob in quotes whose files are shards of one
        set. The sets hold the same examples in the same order. One set is compared with itself; of several, every pair is.
        With --data the arguments are runs: every network sees the same batches, and nothing is written or kept (minibatch CKA).
        Examples:
          separatrix analyze cka softmax.safetensors cosine.safetensors
          separatrix analyze cka a.npy b.npy --bootstrap 200 --json
          separatrix analyze cka a.npy b.npy --kernel rbf --bandwidth 0.4
          separatrix analyze cka a.npy b.npy --permutations 999
          separatrix analyze cka runs/softmax runs/cosine --data cifar10:data
        """)

    @Argument(help: "Feature files, each a set (quote a glob of shards); or runs, with --data.") var files: [String]
    @Option(help: "debiased, biased or minibatch. Default: debiased; of runs minibatch.") var estimator: String?
    @Option(help: "linear or rbf.") var kernel = "linear"
    @Option(help: "Of the rbf kernel: its width as a multiple of the median distance.") var bandwidth = 0.5
    @Option(help: "Examples of a batch, of the minibatch estimator. Default: 256, of runs what fits in memory.")
    var batch: Int?
    @Option(help: "Half samples for a 95 % interval; 0 for none.") var bootstrap = 0
    @Option(help: "Permutations of a test of unrelatedness, p; 0 for none, 999 for a usual one.") var permutations = 0
    @Option(help: "Seed of the half samples and permutations.") var seed: UInt64 = 0
    @Option(help: "Only these layers, parted by commas.") var layers: String?
    @OptionGroup var runs: RunInput
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      var options = CKA.Options()
      options.estimator = try named(
        CKA.Estimator.self, estimator ?? (runs.data == nil ? "debiased" : "minibatch"), "--estimator")
      switch kernel {
      case "linear": options.kernel = .linear
      case "rbf":
        guard bandwidth > 0, bandwidth.isFinite else {
          throw Outcome.usage("--bandwidth \(bandwidth): expected a number above 0")
        }
        options.kernel = .rbf(bandwidth: bandwidth)
      default: throw Outcome.usage("--kernel '\(kernel)': expected linear or rbf")
      }
      guard bootstrap >= 0, bootstrap != 1 else {
        throw Outcome.usage("--bootstrap \(bootstrap): expected 0, or at least 2 half samples")
      }
      guard permutations >= 0 else { throw Outcome.usage("--permutations \(permutations): expected 0 or more") }
      guard permutations == 0 || options.estimator != .minibatch else {
        throw Outcome.usage(
          "--permutations goes with --estimator debiased or biased: batches' examples cannot change places")
      }
      guard batch ?? 4 >= 4 else { throw Outcome.usage("--batch \(batch ?? 0): expected at least 4 examples") }
      options.batch = batch ?? 256
      options.bootstrap = bootstrap
      options.permutations = permutations
      options.seed = seed
      let result = try runs.data.map { try compareRuns($0, options) } ?? compareFiles(options)
      if output.json { return try Console.printJSON(result) }
      print("\(result.estimator.rawValue) CKA, \(kernel) kernel, \(result.n) examples")
      for pair in result.pairs {
        print("\n\(files[pair.a]) (rows) and \(files[pair.b]) (columns)")
        Console.printTable(
          [""] + result.sets[pair.b],
          zip(result.sets[pair.a], pair.cka).enumerated().map { place, row in
            [row.0]
              + row.1.enumerated().map { column, value in
                guard let value else { return "-" }
                guard let low = pair.low?[place][column], let high = pair.high?[place][column] else {
                  return String(format: "%.4f", value)
                }
                return String(format: "%.4f (%.4f to %.4f)", value, low, high)
              }
          })
        if let p = pair.p, let permutations = result.permutations {
          print("p, of \(permutations) permutations of the second's examples")
          Console.printTable(
            [""] + result.sets[pair.b], zip(result.sets[pair.a], p).map { [$0.0] + $0.1.map(Console.number) })
        }
        for reason in pair.reasons { print("-: \(reason)") }
      }
    }

    private func compareFiles(_ options: CKA.Options) throws -> CKAResult {
      let sets = try input.read(files.map { [$0] }).map { set in
        guard let layers else { return set.layers }
        return try layers.split(separator: ",").map { try set.layer(String($0)) }
      }
      let line = ProgressLine()
      defer { line.clear() }
      let start = Date()
      return try CKA.compare(sets, options) { share in
        let left = -start.timeIntervalSinceNow * (1 - share) / max(share, 1e-9)
        line.show("CKA: \(Int(100 * share)) %, \(Console.duration(left)) left")
      }
    }

    private func compareRuns(_ data: String, _ options: CKA.Options) throws -> CKAResult {
      guard options.estimator == .minibatch, options.kernel == .linear else {
        throw Outcome.usage(
          "with --data CKA is taken batch by batch: --estimator minibatch with the linear kernel only")
      }
      try Machine.setThreads(input.threads ?? HostMachine.cores)
      let blocks = try RunLayers(
        files, data: data, split: runs.split, wanted: layers.map { $0.split(separator: ",").map(String.init) },
        batch: batch,
        device: runs.place.ready(), pictures: runs.pictures)
      var cka = MinibatchCKA(bootstrap: bootstrap, seed: seed)
      let line = ProgressLine()
      defer { line.clear() }
      try blocks.forEachBatch(least: blocks.batch) { sets, done in
        try cka.add(sets)
        line.show("CKA: \(done) of \(blocks.count) images")
      }
      return try cka.result()
    }
  }
}
