import ArgumentParser
import Features
import Foundation
import Torch
import Transfer

struct TransferCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer",
    abstract: "What features are good for: linear probe, nearest neighbours, scores without training.",
    subcommands: [Probe.self, KNN.self, Scores.self])

  /// Training and test features with labels.
  struct Inputs: ParsableArguments {
    @Option(parsing: .upToNextOption, help: "Training features: .safetensors, .npy or .npz; several are shards.")
    var train: [String]
    @Option(parsing: .upToNextOption, help: "Training labels, where the features hold none.") var trainLabels:
      [String] = []
    @Option(parsing: .upToNextOption, help: "Test features.") var test: [String]
    @Option(parsing: .upToNextOption, help: "Test labels, where the features hold none.") var testLabels: [String] = []
    @Option(help: "Layer, where files have several. Default: features, else the last.") var layer: String?
    @Option(help: "Share of the training features held out to choose on; 0: nothing is chosen.") var holdout = 0.2
    @Option(help: "Seed of the holdout.") var seed: UInt64 = 0
    @Option(help: "Threads.") var threads: Int?

    /// Reads both sets. The kind of the numbers stays as it is; whole numbers become f32.
    func load() throws -> (train: Tensor, trainLabels: [Int], test: Tensor, testLabels: [Int]) {
      try Machine.setThreads(threads ?? HostMachine.cores)
      func read(_ paths: [String], _ labels: [String]) throws -> (Tensor, [Int]) {
        let set = try FeatureSet(reading: paths, labels: labels)
        let tensor = try set.layer(layer).allRows()
        let type = tensor.elementType
        return (type == .f32 || type == .f64 ? tensor : try tensor.to(.f32), try set.requireLabels())
      }
      let (x, y) = try read(train, trainLabels)
      let (xt, yt) = try read(test, testLabels)
      return (x, y, xt, yt)
    }
  }

  struct Probe: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "L2-regularized multinomial logistic regression, solved to a stated gradient norm at every lambda.",
      discussion: """
        lambda multiplies ||W||^2/2 against the sum of the examples' losses (scikit-learn's C = 1/lambda); the bias is free
        of penalty. It is chosen on the holdout, then fitted on training set and holdout together.
        Example:
          separatrix transfer probe --train train.safetensors --test test.safetensors --json
          separatrix transfer probe --train x.npy --train-labels y.npy --test xt.npy --test-labels yt.npy
        """)

    @OptionGroup var inputs: Inputs
    @Option(help: "Penalties, log-spaced: LOW:HIGH:COUNT.") var lambdas = "1e-6:1e5:45"
    @Option(help: "high: the objective's last digits; protocol: gradients within the protocol's bound, much sooner.")
    var accuracy = "high"
    @Flag(help: "Bring features to mean 0 and deviation 1 by the training set.") var standardize = false
    @Option(help: "Keep lambdas, weights and biases in this .safetensors file.") var out: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
      let options = ProbeOptions(
        lambdas: try ProbeOptions.parseGrid(lambdas), holdout: inputs.holdout, seed: inputs.seed,
        accuracy: try named(ProbeOptions.Accuracy.self, accuracy, "--accuracy"), standardizes: standardize)
      let data = try inputs.load()
      let line = ProgressLine()
      let outcome = try LinearProbe.run(
        train: data.train, trainLabels: data.trainLabels, test: data.test, testLabels: data.testLabels, options: options
      ) { line.show("\($0.done) of \($0.total) fits") }
      line.clear()
      if let out { try outcome.write(to: URL(typed: out)) }
      var result = outcome.result
      result.totalSeconds = ProcessClock.secondsSinceStart
      if output.json { return try Console.printJSON(result) }
      print(
        "\(result.n) examples, \(result.dimensions) dimensions, \(result.classes) classes; \(result.path.count) lambdas"
      )
      Console.printTable(
        ["lambda", "objective", "gradient", "steps", "holdout", "test"],
        result.path.map {
          [
            String(format: "%.2e", $0.lambda), String(format: "%.6g", $0.objective),
            String(format: "%.1e", $0.gradientNorm),
            String($0.iterations), Console.percent($0.holdoutAccuracy), Console.percent($0.testAccuracy),
          ]
        })
      print("")
      Console.printFields([
        ("lambda", result.lambda.map { String(format: "%.3e", $0) } ?? "none chosen"),
        ("accuracy", Console.percent(result.accuracy)),
        ("mean per class", Console.percent(result.meanPerClassAccuracy)),
        ("gradient at zero", String(format: "%.4g", result.gradientNormAtZero)),
        ("largest gradient ratio", String(format: "%.1e", result.largestGradientRatio)),
        ("seconds", String(format: "%.2f", result.seconds)),
      ])
      if let reason = result.reason { print(reason) }
    }
  }

  struct KNN: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "knn", abstract: "Exact nearest neighbours; k, distance and weighting chosen on the holdout.",
      discussion: """
        Equal distances: the lower index first. softmax weighting is the DINOv2 protocol: votes exp(cos / T).
        Example:
          separatrix transfer knn --train train.safetensors --test test.safetensors
          separatrix transfer knn ... --k 200 --distance cosine --weighting softmax --temperature 0.07 --holdout 0
        """)

    @OptionGroup var inputs: Inputs
    @Option(help: "Neighbours, several with commas. Default: 1,3,5,10,20,50,100,200.") var k: String?
    @Option(help: "cosine or euclidean. Default: both.") var distance: String?
    @Option(help: "uniform, distance or softmax. Default: all.") var weighting: String?
    @Option(help: "Temperature of softmax.") var temperature = 0.07
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
      let options = KNNOptions(
        ks: ks ?? [],
        distances: try distance.map { [try named(KNNOptions.Distance.self, $0, "--distance")] }
          ?? KNNOptions.Distance.allCases,
        weightings: try weighting.map { [try named(KNNOptions.Weighting.self, $0, "--weighting")] }
          ?? KNNOptions.Weighting.allCases, temperatures: [temperature], holdout: inputs.holdout, seed: inputs.seed)
      if inputs.holdout == 0 && (options.ks.count != 1 || options.distances.count != 1 || options.weightings.count != 1)
      {
        throw Outcome.usage("--holdout 0 leaves nothing to choose on: give one --k, one --distance and one --weighting")
      }
      let data = try inputs.load()
      var result = try NearestNeighbors.run(
        train: data.train, trainLabels: data.trainLabels, test: data.test, testLabels: data.testLabels, options: options
      )
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
        ("seconds", String(format: "%.2f", result.seconds)),
      ])
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
