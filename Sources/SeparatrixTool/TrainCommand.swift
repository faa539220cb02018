import ArgumentParser
import Datasets
import Foundation
import Networks
import Objectives
import Study
import Torch
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Trains one network; the same line resumes it.",
    discussion: """
      Example:
        separatrix train --network resnet8 --objective cosine-softmax:temperature=0.05 --data fashion-mnist:data \\
          --epochs 10 --out runs/cosine

      Objectives: \(Objectives.standard.map { $0.name }.joined(separator: ", ")); with parameters as name:key=value,...;
      combined with +; paper/NAME for the published values. Without parameters they take values scaled for the number of
      classes.
      """)

  @Option(help: "A plan in YAML, as a run folder holds it; the options below change it.") var plan: String?
  @Option(
    help: ArgumentHelp(
      "A recipe; options given beside it change it.",
      discussion: TrainingPreset.standard.map { "\($0.name): \($0.summary)." }.joined(separator: "\n"))) var preset:
    String?
  @Option(help: "Network; `separatrix weights list` has all, as resnet20 or resnet50.") var network: String?
  @Option(help: "Widths of a projector between features and head, with commas; thrown away for transfer.")
  var projector: String?
  @Option(help: "Channels of the network's first stage.") var width: Int?
  @Option(help: "Objective, as label-smoothing:smoothing=0.1+logit-penalty.") var objective: String?
  @Option(help: "Data: \(DataReference.grammar).") var data: String?
  @Option(help: "Passes over the training samples.") var epochs: Int?
  @Option(help: "Seed of first weights, order and augmentation.") var seed: UInt64?
  @Option(help: "Samples in a step.") var batch: Int?
  @Option(help: "Optimizer: sgd (Nesterov momentum) or adamw.") var optimizer: String?
  @Option(help: "Highest learning rate; adamw: 0.001 unless given.") var learningRate: Double?
  @Option(help: "Epochs of linear warm-up.") var warmup: Double?
  @Option(help: "Decay after the warm-up: cosine, exponential, step or constant.") var decay: String?
  @Option(help: "Nesterov momentum.") var momentum: Double?
  @Option(help: "Weight decay on weights (not on biases and batch norm).") var weightDecay: Double?
  @Option(help: "Share of the old value in the average of all variables; 0: no average.") var ema: Double?
  @Option(
    help: ArgumentHelp(
      "Augmentation, as flip+shift or crop+flip+color-jitter:brightness=0.4; none.",
      discussion: "Known: \(Augmentations.standard.map { $0.name }.joined(separator: ", ")).")) var augment: String?
  @Option(help: "Most that the norm of all gradients together may be.") var clip: Double?
  @Option(help: "Parts that a batch is cut into for a step, to save memory.") var accumulate: Int?
  @Option(
    help: "Epochs without a better holdout accuracy after which training ends; the best epoch's weights are kept.")
  var patience: Int?
  @Option(help: "Side of the images in evaluation, where it differs from training's.") var testSize: Int?
  @Option(
    name: .customLong("init"),
    help: "Begin with these weights: a run folder or a weights file; the head is new where its size differs.")
  var initial: String?
  @Option(help: "Type of activations: f32 or bf16.") var precision: String?
  @Option(help: "Share of the training samples held out.") var holdout: Double?
  @Option(help: "Seed of the holdout.") var holdoutSeed: UInt64?
  @Option(help: "Threads of each operation (part of the plan).") var threads: Int?
  @OptionGroup var devices: DeviceOptions
  @Flag(help: "Let CUDA take its fastest kernels, which do not give the same bits each time (part of the plan).")
  var nondeterministic = false
  @Option(help: "Folder of the run.") var out: String
  @OptionGroup var processes: ProcessOptions
  @Option(
    help: "Batch norm over the batch of all processes: on (default), or off: over each one's share (part of the plan)."
  ) var syncBn: String?
  @Option(help: "Write a checkpoint every SECONDS, or every N steps as Nsteps.") var checkpointEvery = "30"
  @Flag(help: "Show the plan, its size and stop.") var dryRun = false
  @OptionGroup var pictures: PictureOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    guard let interval = CheckpointInterval(parsing: checkpointEvery) else {
      throw Outcome.usage("--checkpoint-every '\(checkpointEvery)': expected seconds, as 30, or steps, as 500steps")
    }
    if try processes.launch(cure: Self.cure, dryRun: dryRun) { return }
    let place = try processes.place()
    let early = place == nil ? nil : SignalTrap()  // one rank stops all, and only between steps
    var (plan, all) = try settle(place)
    // The number of a GPU is no part of the plan.
    let device = try Device(parsing: devices.device ?? plan.device ?? "cpu", localRank: place?.localRank ?? 0)
    let folder = URL(typed: out)
    if dryRun { return try show(plan, all) }
    let group = try join(place, &plan)
    let trap = early ?? SignalTrap()
    let speaks = (place?.rank ?? 0) == 0
    let line = ProgressLine()
    let start = DispatchTime.now().uptimeNanoseconds
    var steps = 0
    var first = 0
    var epochs = plan.training.epochs
    var last: Training.EpochRecord?
    let run = TrainingRun(plan: plan, folder: folder, catalog: Tool.catalog, device: device)
    let events = { (event: TrainingEvent) in
      guard speaks else { return }
      switch event {
      case .started(let total, let stepsPerEpoch, let samples, let parameters):
        steps = total
        epochs = (total + stepsPerEpoch - 1) / max(1, stepsPerEpoch)
        line.keep(
          "\(plan.network.name), \(parameters) parameters, \(plan.objective); \(samples) samples, \(total) steps")
      case .resumed(let step):
        first = step
        line.keep("resumed at step \(step) of \(steps)")
      case .warning(let text): line.keep("warning: \(text)")
      case .checkpoint: break
      case .step(let done, let epoch, let loss, let accuracy, let rate):
        line.show(
          {
            let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
            let left = seconds / Double(max(1, done - first)) * Double(steps - done)
            return String(
              format: "epoch %d/%d  step %d/%d  loss %.4f  accuracy %.1f %%  %.0f images/s  %@ left", epoch + 1,
              epochs, done, steps, loss, 100 * accuracy, rate, Console.duration(left))
          }())
      case .epoch(let record):
        last = record
        line.keep(
          String(
            format: "epoch %d/%d  loss %.4f  accuracy %.1f %%  holdout %@  %.0f images/s", record.epoch,
            epochs, record.loss, 100 * record.trainAccuracy,
            record.holdoutAccuracy.map { String(format: "%.1f %%", 100 * $0) } ?? "-", record.imagesPerSecond))
      }
    }
    let outcome = try naming {
      try run.run(all: all, group: group, checkpointEvery: interval, events: events) { trap.count > 0 }
    }
    line.clear()
    guard speaks else {
      if case .interrupted = outcome { throw Outcome(code: 4) }
      return
    }
    switch outcome {
    case .interrupted(let step):
      throw Outcome.interrupted("interrupted at step \(step); the same command line goes on from there")
    case .finished(let steps, let wasFinished):
      let record = last ?? TrainingRun.epochs(in: folder).last
      if output.json {
        try Console.printJSON(
          Summary(
            run: out, steps: steps, planDigest: try plan.digest(), loss: record?.loss,
            trainAccuracy: record?.trainAccuracy, holdoutAccuracy: record?.holdoutAccuracy, wasFinished: wasFinished))
      } else {
        print(wasFinished ? "\(out) was finished before" : "\(out) is finished: \(steps) steps")
        print("next: separatrix evaluate \(out)")
      }
    }
  }

  /// The plan from the options and the training samples.
  private func settle(_ place: ProcessPlace?) throws -> (Plan, Samples) {
    var base: Plan?
    if let plan {
      let url = URL(typed: plan)
      guard let text = try? String(contentsOf: url, encoding: .utf8) else {
        throw Outcome.badInput("\(plan): cannot be read; give a plan such as RUN/plan.yaml")
      }
      base = try TrainingRun.plan(yaml: text, path: plan)
    }
    let recipe = try preset.map { (name) throws in
      guard let recipe = TrainingPreset.standard.first(where: { $0.name == name }) else {
        throw Outcome.usage(
          "--preset '\(name)': expected one of \(TrainingPreset.standard.map(\.name).joined(separator: ", "))")
      }
      return recipe
    }
    guard var reference = base?.data ?? data.map({ DataReference(dataset: $0) }) else {
      throw Outcome.usage("--data is missing; for example: --data glyphs or --data fashion-mnist:DIR")
    }
    if let data { reference = try DataReference(parsing: data) }
    reference = try pictures.applied(to: reference)
    guard let name = network ?? recipe?.network.name ?? base?.network.name else {
      throw Outcome.usage("--network is missing; known: \(Tool.catalog.networks.map(\.name).joined(separator: ", "))")
    }
    guard objective != nil || base != nil else {
      throw Outcome.usage(
        "--objective is missing; known: \(Tool.catalog.objectives.map { $0.name }.joined(separator: ", "))")
    }
    let all = try reference.load(.train)
    let spec =
      try objective.map { try ObjectiveSpec(parsing: $0, classes: all.classCount, from: Tool.catalog.objectives) }
      ?? base?.objective ?? ObjectiveSpec([Softmax()])
    var result =
      base ?? Plan(data: reference, network: NetworkSpec(name: name), objective: spec, threads: usualThreads(place))
    result.data = reference
    result.dataDigest = all.digest
    result.network = NetworkSpec(
      name: name,
      width: width ?? recipe?.network.width ?? base?.network.width
        ?? Tool.catalog.networks.first { $0.name == name }?.defaultWidth,
      projector: try widths() ?? recipe?.network.projector ?? base?.network.projector)
    result.objective = spec
    if let recipe { result.training = recipe.options }
    if let epochs {
      result.training.epochs = epochs
      result.training.steps = nil
      if warmup == nil && base == nil { result.training.warmup = min(result.training.warmup, Double(epochs) / 5) }
    }
    if let batch { result.training.batch = batch }
    if let optimizer {
      result.training.optimizer = try named(OptimizerKind.self, optimizer, "--optimizer")
      if result.training.optimizer == .adamw, base == nil, recipe == nil { result.training.learningRate = 1e-3 }
    }
    if let learningRate { result.training.learningRate = learningRate }
    if let clip { result.training.clip = clip }
    if let accumulate { result.training.accumulate = accumulate }
    if let patience { result.training.patience = patience }
    if let testSize { result.training.testSize = testSize }
    if let initial { result.initial = try InitialWeights(URL(typed: initial).path) }
    if let warmup { result.training.warmup = warmup }
    if let decay { result.training.decay = try named(Decay.self, decay, "--decay") }
    if let momentum { result.training.momentum = momentum }
    if let weightDecay { result.training.weightDecay = weightDecay }
    if let ema { result.training.ema = ema }
    if let augment {
      do throws(AugmentationError) {
        result.training.augment = try AugmentationSpec.list(parsing: augment)
      } catch {
        throw Outcome.usage("--augment: \(error)")
      }
    }
    if let precision { result.training.precision = try named(Precision.self, precision, "--precision") }
    if let syncBn {
      guard ["on", "off"].contains(syncBn) else { throw Outcome.usage("--sync-bn '\(syncBn)': expected on or off") }
      result.training.syncBatchNorm = syncBn == "off" ? false : nil
    }
    if let holdout { result.holdout = holdout }
    if let holdoutSeed { result.holdoutSeed = holdoutSeed }
    if let seed { result.seed = seed }
    if let threads { result.threads = threads }
    if devices.device != nil {
      let device = try devices.chosen()
      result.device = device == .cpu ? nil : device.kind
      if result.device != "cuda" { result.deterministic = nil }
    }
    if nondeterministic {
      guard result.device == "cuda" else { throw Outcome.usage("--nondeterministic is for --device cuda") }
      result.deterministic = false
    }
    do {
      try result.training.validate()
    } catch {
      throw Outcome.usage("\(error)")
    }
    return (result, all)
  }

  /// The projector asked for.
  private func widths() throws -> [Int]? {
    guard let projector else { return nil }
    let widths = projector.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard !widths.isEmpty, widths.allSatisfy({ (1...65536).contains($0) }) else {
      throw Outcome.usage("--projector '\(projector)': expected widths of 1 to 65536 with commas")
    }
    return widths
  }

  private func show(_ plan: Plan, _ all: Samples) throws {
    let (train, held) = TrainingRun.split(all, plan)
    let model = try Model(
      plan.network, channels: all.shape.channels, size: min(all.shape.height, all.shape.width), classes: all.classCount,
      source: .seed(plan.seed), networks: Tool.catalog.networks)
    let stepsPerEpoch = max(1, train.count / plan.training.batch)
    let steps = plan.training.steps ?? stepsPerEpoch * plan.training.epochs
    if output.json {
      return try Console.printJSON(
        DryRun(
          plan: plan, planDigest: try plan.digest(), samples: train.count, holdout: held?.count ?? 0, steps: steps,
          parameters: model.parameters.trainedCount))
    }
    Console.printFields([
      (
        "network", "\(plan.network.name), width \(plan.network.width ?? 0), \(model.parameters.trainedCount) parameters"
      ),
      ("objective", plan.objective.description),
      ("data", "\(plan.data): \(all.count) images of \(all.shape), \(all.classCount) classes"),
      ("samples", "\(train.count) to train on, \(held?.count ?? 0) held out"),
      (
        "training",
        "\((steps + stepsPerEpoch - 1) / stepsPerEpoch) epochs, batch \(plan.training.batch), \(steps) steps, \(plan.training.precision.rawValue), \(plan.threads) threads"
      ),
      ("device", "\(plan.device ?? "cpu")\(plan.deterministic == false ? ", not the same bits each time" : "")"),
      ("digest", try plan.digest()),
    ])
  }

  private struct Summary: Encodable {
    let run: String
    let steps: Int
    let planDigest: String
    let loss, trainAccuracy, holdoutAccuracy: Double?
    let wasFinished: Bool
    enum CodingKeys: String, CodingKey {
      case run, steps, loss
      case planDigest = "plan_digest"
      case trainAccuracy = "train_accuracy"
      case holdoutAccuracy = "holdout_accuracy"
      case wasFinished = "was_finished"
    }
  }

  private struct DryRun: Encodable {
    let plan: Plan
    let planDigest: String
    let samples, holdout, steps, parameters: Int
    enum CodingKeys: String, CodingKey {
      case plan, samples, holdout, steps, parameters
      case planDigest = "plan_digest"
    }
  }
}

/// A case by its name, or an error that lists the names.
func named<Value: RawRepresentable & CaseIterable>(
  _ type: Value.Type, _ name: String, _ option: String
) throws -> Value where Value.RawValue == String {
  if let value = Value(rawValue: name) { return value }
  throw Outcome.usage(
    "\(option) '\(name)': expected one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
}

/// The machine this runs on.
enum HostMachine {
  /// Processors that may be used.
  static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }
}
