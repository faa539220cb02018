import Datasets
import Foundation
import Measures
import Networks
import Objectives
import Torch
import Training

/// Fine-tuning of a trained network on another data set (Kornblith and others 2019): every setting of a grid is trained without
/// the holdout and judged on it, then the best is trained on all of the training split and tested once. The test set
/// chooses nothing.
///
/// Images come to the network as it knows them: its size, its normalization. Batch norm's running statistics keep
/// max(1 - 10/s, 0.9) of the old value, s being the steps of an epoch.
///
/// A folder holds what was done: stopped in any way, the same call goes on, with any number of workers, to the same result.
public struct FineTuning: Sendable {
  /// Asked to stop; the folder holds what was done.
  public struct Interruption: Error {}

  /// How far it is, for people who wait.
  public struct Progress: Sendable {
    /// Steps done of all that are known to be needed, over all trainings.
    public var done, total: Int
    /// What is at work.
    public var note: String
  }

  let source: URL
  let data: DataReference
  let options: FineTuningOptions
  let folder: URL
  let workers: Int
  let catalog: Catalog
  let device: Device

  /// - Parameters:
  ///   - source: a run folder or a weights file.
  ///   - data: the target; its pixels are given to `run`.
  ///   - folder: keeps what was done.
  ///   - workers: trainings side by side, each with the options' threads. The result does not depend on it.
  public init(
    _ source: URL, data: DataReference, options: FineTuningOptions, folder: URL, workers: Int = 1,
    catalog: Catalog = .standard, device: Device = .cpu
  ) {
    self.source = source
    self.data = data
    self.options = options
    self.folder = folder
    self.workers = workers
    self.catalog = catalog
    self.device = device
  }

  /// Searches, chooses, trains and tests; with `comparesScratch` the same from random weights, too.
  ///
  /// Throws `TransferError` or `TrainingError` for input that does not fit, `Interruption` when `shouldStop` said so.
  public func run(
    train: Samples, test: Samples, comparesScratch: Bool = false,
    progress: @escaping @Sendable (Progress) -> Void = { _ in }, shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> FineTuningResult {
    let clock = ContinuousClock()
    let begin = clock.now
    try options.validate()
    guard workers > 0 else { throw TransferError("workers", found: "\(workers)", expected: "at least 1") }
    let model = try TrainedModel(source, catalog: catalog, device: device)
    let shape = model.description.shape
    let (train, test) = (train.converted(to: shape), test.converted(to: shape))
    guard Set(train.labels).count > 1 else {
      throw TransferError("training labels", found: "one class only", expected: "at least two")
    }
    let kept = Holdout.split(
      labels: train.labels, groups: train.groups, fraction: options.holdout, seed: options.seed
    ).kept.count
    guard kept < train.count, kept > 1 else {
      throw TransferError(
        "holdout", found: "\(options.holdout) of \(train.count) images", expected: "a share that holds at least one")
    }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let lock = try TrainingRun.lock(folder)
    defer { withExtendedLifetime(lock) {} }
    let initial = try InitialWeights(source.path)
    try settle(
      Settings(
        options: options, weights: initial, data: data, dataDigest: train.digest, device: device.kind))
    let starts = [options.start] + (comparesScratch && options.start != .scratch ? [.scratch] : [])
    let base = Base(
      about: model.description, initial: initial, train: train, test: test, kept: kept, batch: min(options.batch, kept))
    let tally = Tally(rungs: options.rungs, points: options.points.count, searches: starts.count, progress: progress)
    var branches: [FineTuningResult.Branch] = []
    for start in starts {
      branches.append(try Search(self, base, start, tally, shouldStop).run())
    }
    let elapsed = (clock.now - begin).components
    return FineTuningResult(
      network: model.description.network.name, trainedOn: model.description.data, n: train.count, testCount: test.count,
      classes: train.classNames.count, steps: options.steps, batch: base.batch, main: branches[0],
      fromScratch: branches.count > 1 ? branches[1] : nil,
      seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)
  }

  /// What all searches share.
  struct Base: Sendable {
    let about: TrainedModel.Description
    let initial: InitialWeights
    let train, test: Samples
    /// Training samples but the holdout, and samples in a step.
    let kept, batch: Int
  }

  /// The plan of a training with a setting; with the holdout, or on all.
  func plan(
    _ point: FineTuningOptions.Point, _ base: Base, initial: InitialWeights?, searching: Bool
  ) throws -> Plan {
    var training = TrainingOptions()
    let stepsPerEpoch = max(1, (searching ? base.kept : base.train.count) / base.batch)
    training.steps = options.steps
    training.epochs = min(1_000_000, max(1, (options.steps + stepsPerEpoch - 1) / stepsPerEpoch))
    training.batch = base.batch
    training.learningRate = point.learningRate
    training.weightDecay = point.weightDecay
    training.warmup = 0
    training.decay = .cosine
    training.ema = 0
    training.augment = options.augment
    training.precision = options.precision
    training.normMomentum = max(1 - 10 / Double(stepsPerEpoch), 0.9)
    var network = base.about.network
    network.projector = nil
    var plan = Plan(
      data: data, dataDigest: base.train.digest, holdout: searching ? options.holdout : 0, holdoutSeed: options.seed,
      network: network, objective: try ObjectiveSpec([Softmax()]), training: training, seed: options.seed,
      threads: options.threads)
    plan.initial = initial
    plan.normalization = base.about.normalization
    plan.device = device == .cpu ? nil : device.kind
    return plan
  }

  /// What decides the result, kept in the folder.
  private struct Settings: Codable, Equatable {
    var options: FineTuningOptions
    var weights: InitialWeights
    var data: DataReference
    var dataDigest, device: String
  }

  /// Writes the settings down, or refuses a folder with others.
  private func settle(_ settings: Settings) throws {
    let file = folder.appendingPathComponent("settings.json")
    if let known = try? Data(contentsOf: file) {
      guard (try? JSONDecoder().decode(Settings.self, from: known)) == settings else {
        throw TransferError(
          "out",
          found:
            "\(folder.path), which holds a fine-tuning of other settings, weights or data, or of these in another place",
          expected: "another folder, or the same as before")
      }
      return
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    let bytes = Array(try encoder.encode(settings))
    try AtomicFile.write(to: file) { (sink: inout AtomicFile.Sink) throws(ArrayFileError) in try sink.write(bytes) }
  }
}
