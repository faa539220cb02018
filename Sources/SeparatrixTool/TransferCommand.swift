import ArgumentParser
import Features
import Foundation
import Torch
import Transfer

struct TransferCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer",
    abstract: "What features are good for: linear probe, few examples, nearest neighbours, fine-tuning, scores.",
    subcommands: [Probe.self, KNN.self, LowShot.self, FineTune.self, Scores.self, Correlate.self])

  /// Training and test features with labels.
  struct Inputs: ParsableArguments {
    @Option(parsing: .upToNextOption, help: "Training features: .safetensors, .npy or .npz; several are shards.")
    var train: [String] = []
    @Option(parsing: .upToNextOption, help: "Training labels, where the features hold none.") var trainLabels:
      [String] = []
    @Option(parsing: .upToNextOption, help: "Test features.") var test: [String] = []
    @Option(parsing: .upToNextOption, help: "Test labels, where the features hold none.") var testLabels: [String] = []
    @Option(help: "Layer, where files have several. Default: features, else the last.") var layer: String?
    @Option(help: "Share of the training features held out to choose on; 0: nothing is chosen.") var holdout = 0.2
    @Option(help: "Seed of the holdout.") var seed: UInt64 = 0
    @Option(help: "Threads.") var threads: Int?

    /// Both sets, from files or from a run.
    func sets(_ source: RunFeatures, layers: Bool = false) throws -> RunFeatures.Sets {
      if source.isGiven {
        guard train.isEmpty, test.isEmpty, trainLabels.isEmpty, testLabels.isEmpty else {
          throw Outcome.usage("features come from files (--train, --test) or from a run (RUN --data), not from both")
        }
        return try source.extract(layers: layers)
      }
      guard !train.isEmpty, !test.isEmpty else {
        throw Outcome.usage("expected features: --train and --test, or a run and --data")
      }
      return RunFeatures.Sets(
        train: try features(train, trainLabels), test: try features(test, testLabels), groups: nil)
    }

    /// Opens a set.
    func features(_ paths: [String], _ labels: [String]) throws -> FeatureSet {
      try FeatureSet(reading: paths, labels: labels)
    }

    /// A layer's rows, `layer`'s unless one is named: as they are in memory where they take no more than 2^28 numbers, else read
    /// block by block.
    func rows(_ set: FeatureSet, layer name: String?, pool: Bool) throws -> any RowSource {
      let source = try set.layer(name ?? layer)
      let rows: any RowSource = pool ? PooledRows(source) : source
      return rows.count * rows.dimensions <= 1 << 28 ? try TensorRows(values(set, layer: name, pool: pool)) : rows
    }

    /// A layer's values, `layer`'s unless one is named; whole numbers become f32.
    func values(_ set: FeatureSet, layer name: String? = nil, pool: Bool = false) throws -> Tensor {
      let rows = try set.layer(name ?? layer)
      let tensor = try pool ? PooledRows(rows).allRows() : rows.allRows()
      let type = tensor.elementType
      return type == .f32 || type == .f64 ? tensor : try tensor.to(.f32)
    }
  }

  struct KNN: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "knn", abstract: "Exact nearest neighbours; k, distance and weighting chosen on the holdout.",
      discussion: """
        Equal distances: the lower index first. softmax weighting is the DINOv2 protocol: votes exp(cos / T).
        Example:
          separatrix transfer knn --train train.safetensors --test test.safetensors
          separatrix transfer knn runs/softmax --data mnist:DIR
          separatrix transfer knn ... --k 200 --distance cosine --weighting softmax --temperature 0.07 --holdout 0
        """)

    @OptionGroup var source: RunFeatures
    @OptionGroup var inputs: Inputs
    @Option(help: "Neighbours, several with commas. Default: 1,3,5,10,20,50,100,200.") var k: String?
    @Option(help: "cosine or euclidean. Default: both.") var distance: String?
    @Option(help: "uniform, distance or softmax. Default: all.") var weighting: String?
    @Option(help: "Temperature of softmax.") var temperature = 0.07
    @Flag(help: "Also recall@k and mAP@R of the test set's neighbours: as many as the largest class has.")
    var retrieval = false
    @OptionGroup var output: OutputOptions

    func run() throws {
      let ks = try k.map { text in
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
          guard let value = Int(part), value > 0 else {
            throw Outcome.usage("--k '\(text)': expected whole numbers of at least 1, as 10 or 1,5,10")
          }
          return value
        }
      }
      var options = KNNOptions(
        ks: ks ?? [],
        distances: try distance.map { [try named(KNNOptions.Distance.self, $0, "--distance")] }
          ?? KNNOptions.Distance.allCases,
        weightings: try weighting.map { [try named(KNNOptions.Weighting.self, $0, "--weighting")] }
          ?? KNNOptions.Weighting.allCases, temperatures: [temperature], holdout: inputs.holdout, seed: inputs.seed)
      options.retrieves = retrieval
      if inputs.holdout == 0 && (options.ks.count != 1 || options.distances.count != 1 || options.weightings.count != 1)
      {
        throw Outcome.usage("--holdout 0 leaves nothing to choose on: give one --k, one --distance and one --weighting")
      }
      try Machine.setThreads(inputs.threads ?? HostMachine.cores)
      let sets = try inputs.sets(source)
      options.groups = sets.groups
      var result = try NearestNeighbors.run(
        train: inputs.rows(sets.train, layer: nil, pool: false), trainLabels: sets.train.requireLabels(),
        test: inputs.rows(sets.test, layer: nil, pool: false), testLabels: sets.test.requireLabels(), options: options)
      result.totalSeconds = ProcessClock.secondsSinceStart
      if output.json { return try Console.printJSON(result) }
      print(
        "\(result.n) examples, \(result.queries) queries, \(result.dimensions) dimensions, \(result.classes) classes")
      if result.table.count > 1 {
        Console.printTable(
          ["k", "distance", "weighting", "holdout"],
          result.table.map {
            [String($0.k), $0.distance.rawValue, $0.weighting.rawValue, Console.percent($0.holdoutAccuracy)]
          })
        print("")
      }
      Console.printFields([
        ("chosen", "k \(result.k), \(result.distance.rawValue), \(result.weighting.rawValue)"),
        ("accuracy", Console.percent(result.accuracy)),
        ("mean per class", Console.percent(result.meanPerClassAccuracy)),
      ])
      if let retrieval = result.retrieval {
        Console.printFields(
          retrieval.recall.sorted { $0.key < $1.key }.map { ("recall@\($0.key)", Console.percent($0.value)) } + [
            ("mAP@R", Console.percent(retrieval.mapAtR))
          ])
      }
      Console.printFields([("seconds", String(format: "%.2f", result.seconds))])
    }
  }
}

/// How long this process has run, its loading included.
enum ProcessClock {
  /// Seconds since the kernel started the process; since the first call where the kernel does not say.
  static var secondsSinceStart: Double {
    let stat = (try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8)) ?? ""
    let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
    let uptime = (try? String(contentsOfFile: "/proc/uptime", encoding: .utf8))?.split(separator: " ").first
    // Field 22 of proc(5), counted from the third behind the name: clock ticks after boot.
    guard fields.count > 19, let ticks = Double(fields[19]), let uptime, let now = Double(uptime) else {
      return ProcessInfo.processInfo.systemUptime
    }
    return now - ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
