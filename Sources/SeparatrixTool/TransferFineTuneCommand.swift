import ArgumentParser
import Datasets
import Foundation
import Study
import Torch
import Training
import Transfer

extension TransferCommand {
  struct FineTune: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "finetune",
      abstract: "Trains a network on in another task: a grid of settings, chosen on a holdout.",
      discussion: """
        Each learning rate and weight decay of a grid is trained without the holdout and judged on it; the best is trained on all
        training images and tested once. The head is new, the objective plain softmax. --out keeps what is done: the same
        line goes on after any end, with any number of --workers.
        Presets: small (1,000 steps of 64, 3 rates x 3 decays) and paper (20,000 steps of 256, 7 rates x 7 decays and none).
        Example:
          separatrix transfer finetune runs/cosine --data fashion-mnist:data --out tuned
          separatrix transfer finetune runs/cosine --data cifar:DIR/a.bin --out tuned --from-scratch --halving
        """)

    @Argument(help: ArgumentHelp("Run folder, or a weights file.", valueName: "run")) var path: String
    @Option(help: "The target: \(DataReference.grammar).") var data: String
    @Option(help: "Folder that keeps what is done.") var out: String
    @Option(help: "small or paper.") var preset = FineTuningOptions.Preset.small.rawValue
    @Option(help: "Steps of each training.") var steps: Int?
    @Option(help: "Samples in a step.") var batch: Int?
    @Option(help: "Learning rates, log-spaced: LOW:HIGH:COUNT.") var rates: String?
    @Option(help: "Weight decays times the rate, log-spaced, beside none: LOW:HIGH:COUNT; or none alone.") var decays:
      String?
    @Option(help: "What is done to training images, as crop+flip, or none.") var augment: String?
    @Option(help: "Share of the training images held out to choose on.") var holdout = 0.2
    @Option(help: "Seed of holdout, head, order and augmentation.") var seed: UInt64 = 0
    @Option(help: "f32 or bf16.") var precision = Precision.f32.rawValue
    @Flag(help: "Begin with the head that a linear probe of the features has (LP-FT).") var probeFirst = false
    @Flag(help: "Also from random weights, with a search of its own.") var fromScratch = false
    @Flag(help: "Give up settings that are behind when the epoch of a third of the steps ends, of a ninth, ...")
    var halving = false
    @Option(help: "Trainings side by side. Default: processors over --threads.") var workers: Int?
    @Option(help: "Threads of each; part of what decides the weights.") var threads = 1
    @Flag(help: "Show the grid and stop.") var dryRun = false
    @OptionGroup var place: DeviceOptions
    @OptionGroup var pictures: PictureOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      let options = try options()
      let reference = try pictures.applied(to: DataReference(parsing: data))
      let device = try place.chosen()
      let workers = workers ?? (device == .cpu ? max(1, HostMachine.cores / max(1, threads)) : 1)
      try options.validate()
      if dryRun { return try show(options, workers) }
      let (train, test) = (try reference.load(.train), try reference.load(.test))
      let tuning = FineTuning(
        URL(typed: path), data: reference, options: options, folder: URL(typed: out), workers: workers,
        catalog: Tool.catalog, device: device)
      let trap = SignalTrap()
      let line = ProgressLine()
      let start = DispatchTime.now().uptimeNanoseconds
      let result: FineTuningResult
      do {
        result = try tuning.run(
          train: train, test: test, comparesScratch: fromScratch,
          progress: { progress in
            let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
            let left = seconds * Double(progress.total - progress.done) / Double(max(1, progress.done))
            line.show(
              "\(progress.done) of at most \(progress.total) steps  \(progress.note)  \(Console.duration(left)) left")
          }, shouldStop: { trap.count > 0 })
      } catch is FineTuning.Interruption {
        line.clear()
        throw Outcome.interrupted("interrupted; the same command line goes on from there")
      }
      line.clear()
      if output.json { return try Console.printJSON(result) }
      show(result)
    }

    private func options() throws -> FineTuningOptions {
      var options = try FineTuningOptions(named(FineTuningOptions.Preset.self, preset, "--preset"))
      options.steps = steps ?? options.steps
      options.batch = batch ?? options.batch
      if let rates { options.learningRates = try grid(rates, "--rates") }
      if let decays { options.decays = decays == "none" ? [0] : [0] + (try grid(decays, "--decays")) }
      if let augment { options.augment = try AugmentationSpec.list(parsing: augment) }
      options.holdout = holdout
      options.seed = seed
      options.precision = try named(Precision.self, precision, "--precision")
      options.start = probeFirst ? .probe : .pretrained
      options.halving = halving
      options.threads = threads
      return options
    }

    private func grid(_ text: String, _ option: String) throws -> [Double] {
      do {
        return try ProbeOptions.parseGrid(text)
      } catch {
        throw Outcome.usage("\(option) '\(text)': expected \(error.expected)")
      }
    }

    private func show(_ options: FineTuningOptions, _ workers: Int) throws {
      let settings = options.learningRates.count * options.decays.count
      if output.json { return try Console.printJSON(options) }
      Console.printFields([
        ("settings", "\(settings): \(options.learningRates.count) rates x \(options.decays.count) decays"),
        ("rates", options.learningRates.map { String(format: "%.3g", $0) }.joined(separator: ", ")),
        (
          "decays times rate",
          options.decays.map { $0 == 0 ? "none" : String(format: "%.3g", $0) }.joined(separator: ", ")
        ),
        ("steps of each", "\(options.steps) of \(options.batch) images"), ("at once", String(workers)),
        ("searches", fromScratch ? "from the network, from random weights" : "from the network"),
      ])
    }

    private func show(_ result: FineTuningResult) {
      print(
        "\(result.network), trained on \(result.trainedOn); \(result.n) images, \(result.classes) classes, \(result.testCount) to test"
      )
      for branch in [result.main] + (result.fromScratch.map { [$0] } ?? []) {
        print("")
        Console.printTable(
          ["start", "rate", "decay", "steps", "holdout", ""],
          branch.grid.map {
            [
              branch.start.rawValue, String(format: "%.3g", $0.point.learningRate),
              $0.point.weightDecay == 0 ? "none" : String(format: "%.3g", $0.point.weightDecay), String($0.steps),
              Console.percent($0.holdoutAccuracy), $0.reason ?? ($0.point == branch.chosen ? "chosen" : ""),
            ]
          })
        print("")
        Console.printFields([
          ("accuracy", Console.percent(branch.accuracy)),
          ("mean per class", Console.percent(branch.meanPerClassAccuracy)),
          ("on the holdout", Console.percent(branch.holdoutAccuracy)),
        ])
        for field in branch.atEdge {
          Console.complain(
            "\(branch.start.rawValue): the chosen \(field == "learning_rate" ? "rate" : "decay") is at the edge of the grid; a wider one "
              + "(--\(field == "learning_rate" ? "rates" : "decays") LOW:HIGH:COUNT) may find better")
        }
      }
    }
  }
}
