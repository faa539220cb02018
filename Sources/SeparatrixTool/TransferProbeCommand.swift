import ArgumentParser
import Features
import Foundation
import Torch
import Transfer

extension TransferCommand {
  struct Probe: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "L2-regularized logistic regression, solved to a stated gradient norm at every lambda.",
      discussion: """
        lambda multiplies ||W||^2/2 against the sum of the examples' losses (scikit-learn's C = 1/lambda); the bias is free
        of penalty. It is chosen on the holdout, a validation set or folds, then fitted on all training examples. Examples with any
        number of classes (--train-targets [n, classes] of 1, 0, -1 for not known) get one-vs-rest fits and average precisions.
        Example:
          separatrix transfer probe runs/softmax --data mnist:DIR
          separatrix transfer probe --train train.safetensors --test test.safetensors --json
          separatrix transfer probe --train x.npy --train-labels y.npy --test xt.npy --test-labels yt.npy --folds 5
          separatrix transfer probe --train train.safetensors --test test.safetensors --layer all --pool
          separatrix transfer probe --train x.npy --train-targets t.npy --test xt.npy --test-targets tt.npy
        """)

    @OptionGroup var source: RunFeatures
    @OptionGroup var inputs: Inputs
    @Option(parsing: .upToNextOption, help: "Features to choose lambda on, in place of a holdout.") var validation:
      [String] =
        []
    @Option(parsing: .upToNextOption, help: "Their labels, where the features hold none.") var validationLabels:
      [String] = []
    @Option(help: "Choose lambda by this many folds of the training features, in place of a holdout.") var folds: Int?
    @Option(
      parsing: .upToNextOption, help: "Training targets [n, classes] of 1, 0 or -1 (not known), in place of labels.")
    var trainTargets: [String] = []
    @Option(parsing: .upToNextOption, help: "Test targets, likewise.") var testTargets: [String] = []
    @Option(help: "Penalties, log-spaced: LOW:HIGH:COUNT.") var lambdas = "1e-6:1e5:45"
    @Option(
      help: "protocol: gradients at most 1e-5 of those at zero weights; high: the objective's last digits, much later.")
    var accuracy = "protocol"
    @Flag(help: "Bring features to mean 0 and deviation 1 by the training set.") var standardize = false
    @Flag(help: "Bring each feature vector to length 1.") var normalize = false
    @Flag(help: "Penalize the bias, too.") var penalizeBias = false
    @Option(help: "What classes count: balanced, or LABEL:WEIGHT with commas, 1 for the rest.") var classWeights:
      String?
    @Option(help: "File of one number a training example: what it counts.") var sampleWeights: String?
    @Option(help: "File of one whole number a training example: groups that the holdout does not divide.") var groups:
      String?
    @Option(help: "File of each training example's superclass: also says how subclasses are told apart within it.")
    var superclasses: String?
    @Flag(help: "Images' layers [n, c, h, w] as means over all places.") var pool = false
    @Option(
      help:
        "Megabytes that features may take in memory; beyond it they go through a file in TMPDIR. Default: a quarter of it."
    )
    var memory: Int?
    @Option(help: "Keep lambdas, weights and biases in this .safetensors file.") var out: String?
    @OptionGroup var processes: ProcessOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      let options = try options()
      if try processes.launch(cure: "run the same command line again") { return }
      let place = try processes.place()
      try Machine.setThreads(inputs.threads ?? processes.usualThreads(place))
      let group = try place.map { try ProcessGroup($0, timeout: processes.timeout) }
      do {
        try run(options, group)
      } catch let error as TorchError where error.kind == .noContact {
        throw Outcome.failed("\(error); run the same command line again")
      }
    }

    /// Rank 0 speaks and writes for all of `group`.
    private func run(_ options: ProbeOptions, _ group: ProcessGroup?) throws {
      let speaks = (group?.rank ?? 0) == 0
      let several = !trainTargets.isEmpty || !testTargets.isEmpty
      if several { return try runSeveral(options, group) }
      let sets = try inputs.sets(source, layers: inputs.layer == "all")
      let (train, test) = (sets.train, sets.test)
      var options = options
      if options.groups == nil, folds == nil { options.groups = sets.groups }
      let judge = try validation.isEmpty ? nil : inputs.features(validation, validationLabels)
      if inputs.layer == "all" { return try runLayers(options, train, test, judge, group) }
      let outcome = try probe(options, train, test, judge, layer: inputs.layer, group)
      guard speaks else { return }
      if let out { try outcome.write(to: URL(typed: out)) }
      var result = outcome.result
      result.totalSeconds = ProcessClock.secondsSinceStart
      if output.json { return try Console.printJSON(result) }
      show(result)
    }

    private func options() throws -> ProbeOptions {
      var options = ProbeOptions(
        lambdas: try ProbeOptions.parseGrid(lambdas), holdout: inputs.holdout, seed: inputs.seed,
        groups: try groups.map { try FeatureSet.readLabels([$0]) },
        accuracy: try named(ProbeOptions.Accuracy.self, accuracy, "--accuracy"), standardizes: standardize)
      options.folds = folds
      if let memory {
        guard (0...1_000_000_000).contains(memory) else {
          throw Outcome.usage("--memory \(memory): expected megabytes, 0 to 1000000000")
        }
        options.memory = memory * 1_000_000
      }
      options.normalizes = normalize
      options.penalizesBias = penalizeBias
      options.sampleWeights = try sampleWeights.map { try FeatureSet.readNumbers([$0]) }
      options.superclasses = try superclasses.map { try FeatureSet.readLabels([$0]) }
      if let classWeights {
        options.classWeights =
          try classWeights == "balanced"
          ? .balanced
          : .given(
            Dictionary(
              classWeights.split(separator: ",", omittingEmptySubsequences: false).map { part in
                let fields = part.split(separator: ":", omittingEmptySubsequences: false)
                guard fields.count == 2, let label = Int(fields[0]), let weight = Double(fields[1]) else {
                  throw Outcome.usage(
                    "--class-weights '\(classWeights)': expected balanced, or LABEL:WEIGHT with commas, as 0:1,3:2.5")
                }
                return (label, weight)
              }, uniquingKeysWith: { $1 }))
      }
      return options
    }

    private func probe(
      _ options: ProbeOptions, _ train: FeatureSet, _ test: FeatureSet, _ judge: FeatureSet?, layer: String?,
      _ group: ProcessGroup?
    ) throws -> LinearProbe.Outcome {
      let line = ProgressLine()
      defer { line.clear() }
      return try LinearProbe.run(
        train: inputs.rows(train, layer: layer, pool: pool), trainLabels: train.requireLabels(),
        validation: judge.map { try inputs.rows($0, layer: layer, pool: pool) },
        validationLabels: judge?.requireLabels() ?? [], test: inputs.rows(test, layer: layer, pool: pool),
        testLabels: test.requireLabels(), options: options, group: group
      ) { line.show("\(layer.map { $0 + ": " } ?? "")\($0.done) of \($0.total) fits") }
    }

    private func show(_ result: ProbeResult) {
      print(
        "\(result.n) examples, \(result.dimensions) dimensions, \(result.classes) classes; \(result.path.count) lambdas"
      )
      Console.printTable(
        ["lambda", "objective", "gradient", "steps", result.folds == nil ? "holdout" : "folds", "test", ""],
        result.path.map {
          [
            String(format: "%.2e", $0.lambda), String(format: "%.6g", $0.objective),
            String(format: "%.1e", $0.gradientNorm), String($0.iterations), Console.percent($0.holdoutAccuracy),
            Console.percent($0.testAccuracy), Self.state($0),
          ]
        })
      print("")
      var fields = [
        ("lambda", result.lambda.map { String(format: "%.3e", $0) } ?? "none chosen"),
        ("accuracy", Console.percent(result.accuracy)),
        ("mean per class", Console.percent(result.meanPerClassAccuracy)),
      ]
      if let coarse = result.superclassAccuracy, let within = result.withinSuperclassAccuracy {
        fields += [("of the right superclass", Console.percent(coarse)), ("within it", Console.percent(within))]
      }
      fields += [
        ("gradient at zero", String(format: "%.4g", result.gradientNormAtZero)),
        ("largest gradient ratio", String(format: "%.1e", result.largestGradientRatio)),
        ("seconds", String(format: "%.2f", result.seconds)),
      ]
      Console.printFields(fields)
      if result.atEdge == true { warnOfEdge() }
      if let reason = result.reason { print(reason) }
    }

    private static func state(_ entry: ProbeResult.Entry) -> String {
      entry.converged ? entry.certified ? "certified" : "converged" : "not converged"
    }

    private func warnOfEdge() {
      Console.complain(
        "the chosen lambda is at the edge of the grid; a wider one (--lambdas LOW:HIGH:COUNT) may find better")
    }

    // MARK: Every layer

    private struct Layers: Encodable {
      struct Layer: Encodable {
        let layer: String
        let result: ProbeResult
      }
      let layers: [Layer]
    }

    private func runLayers(
      _ options: ProbeOptions, _ train: FeatureSet, _ test: FeatureSet, _ judge: FeatureSet?, _ group: ProcessGroup?
    ) throws {
      guard out == nil else { throw Outcome.usage("--out keeps the fits of one layer: name it with --layer") }
      let layers = try train.layers.map {
        Layers.Layer(layer: $0.name, result: try probe(options, train, test, judge, layer: $0.name, group).result)
      }
      guard (group?.rank ?? 0) == 0 else { return }
      if output.json { return try Console.printJSON(Layers(layers: layers)) }
      Console.printTable(
        ["layer", "dimensions", "lambda", "holdout", "accuracy", "mean per class"],
        layers.map {
          [
            $0.layer, String($0.result.dimensions), $0.result.lambda.map { String(format: "%.2e", $0) } ?? "none",
            Console.percent($0.result.holdoutAccuracy), Console.percent($0.result.accuracy),
            Console.percent($0.result.meanPerClassAccuracy),
          ]
        })
    }

    // MARK: Several classes an example

    private func runSeveral(_ options: ProbeOptions, _ group: ProcessGroup?) throws {
      guard !trainTargets.isEmpty, !testTargets.isEmpty, validation.isEmpty, out == nil, inputs.layer != "all",
        superclasses == nil, !source.isGiven, !inputs.train.isEmpty, !inputs.test.isEmpty
      else {
        throw Outcome.usage(
          "--train-targets and --test-targets go together, with --train and --test, and without a run, --validation, "
            + "--out, --superclasses or --layer all")
      }
      func targets(_ paths: [String]) throws -> Tensor {
        try FeatureSet(reading: paths).layer(nil).allRows().to(.f64)
      }
      let line = ProgressLine()
      var result = try MultiLabelProbe.run(
        train: inputs.rows(inputs.features(inputs.train, []), layer: nil, pool: pool),
        trainTargets: targets(trainTargets),
        test: inputs.rows(inputs.features(inputs.test, []), layer: nil, pool: pool), testTargets: targets(testTargets),
        options: options, group: group
      ) { line.show("\($0.done) of \($0.total) fits") }
      line.clear()
      guard (group?.rank ?? 0) == 0 else { return }
      result.totalSeconds = ProcessClock.secondsSinceStart
      if output.json { return try Console.printJSON(result) }
      print("\(result.n) examples, \(result.dimensions) dimensions, \(result.classes) classes")
      Console.printTable(
        ["lambda", "objective", "gradient", "steps", "holdout mAP", ""],
        result.path.map {
          [
            String(format: "%.2e", $0.fit.lambda), String(format: "%.6g", $0.fit.objective),
            String(format: "%.1e", $0.fit.gradientNorm), String($0.fit.iterations), Console.percent($0.holdoutMAP),
            Self.state($0.fit),
          ]
        })
      print("")
      Console.printFields([
        ("lambda", result.lambda.map { String(format: "%.3e", $0) } ?? "none chosen"),
        ("mAP, 11 points", Console.percent(result.map)), ("mAP, area", Console.percent(result.mapArea)),
        ("seconds", String(format: "%.2f", result.seconds)),
      ])
      if result.atEdge == true { warnOfEdge() }
      if let reason = result.reason { print(reason) }
    }
  }
}
