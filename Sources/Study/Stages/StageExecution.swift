import Datasets
import Features
import Foundation
import Torch
import Training

/// The bodies of stages: what a worker does with a job.
///
/// ```swift
/// let stages = StageExecution(catalog: catalog)
/// Worker.run { try stages.perform($0, $1) }
/// ```
///
/// One stage at a time; samples stay loaded from stage to stage.
public final class StageExecution {
  let catalog: Catalog
  let device: Device
  let checkpointEvery: CheckpointInterval
  private var cache = SampleCache()

  /// - Parameters:
  ///   - catalog: where objectives and networks are looked up.
  ///   - device: where networks are trained and evaluated; of the plans' kind.
  ///   - checkpointEvery: how much work a killed study loses at most.
  public init(
    catalog: Catalog = .standard, device: Device = .cpu, checkpointEvery: CheckpointInterval = .seconds(30)
  ) {
    self.catalog = catalog
    self.device = device
    self.checkpointEvery = checkpointEvery
  }

  /// Does a stage and returns what it measured.
  public func perform(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    do {
      try Machine.setThreads(job.plan.threads)
      switch job.kind {
      case .train: return try train(job, context)
      case .evaluate: return try evaluate(job, context)
      case .extract: return try extract(job, context)
      case .separation: return try separation(job, context)
      case .probe: return try probe(job, context)
      case .knn: return try neighbours(job, context)
      case .fewShot: return try fewShot(job, context)
      case .sparsity: return try sparsity(job, context)
      case .spectrum: return try spectrum(job, context)
      case .collapse: return try collapse(job, context)
      case .finetune: return try tune(job, context)
      case .agreement: return try agreement(job, context)
      case .cka: return try alignment(job, context)
      }
    } catch let error as TrainingError {
      if case .notFinite = error { throw StageFailure(error.description, isLasting: true) }
      throw StageFailure(error.description)
    }
  }

  // MARK: Shared by stages

  func samples(_ reference: DataReference, _ split: Split, as shape: ImageShape? = nil) throws -> Samples {
    try cache.samples(reference, split, as: shape)
  }

  func model(of job: StageJob) throws -> TrainedModel {
    try TrainedModel(URL(fileURLWithPath: job.directory), catalog: catalog, device: device)
  }

  func features(of job: StageJob, _ split: Split) throws -> FeatureSet {
    try FeatureSet(reading: [job.featureFile(split)])
  }

  /// Keeps the whole result of a stage beside the run, for those who want more than the store's figures.
  func keep(_ result: some Encodable, of job: StageJob) throws {
    let folder = URL(fileURLWithPath: job.directory).appendingPathComponent("results")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appendingPathComponent("\(job.kind.rawValue)-\(job.stage.prefix(16)).json")
    try CanonicalJSON.data(result).write(to: file, options: .atomic)
  }
}

extension StageJob {
  /// A measurement of this stage.
  func measurement(_ name: String, _ split: Split, _ value: Double?, reason: String? = nil)
    -> MeasurementRecord
  {
    MeasurementRecord(
      runDigest: run, stageDigest: stage, name: name, target: target?.label ?? "", split: split.rawValue,
      value: value,
      reason: reason)
  }
}

/// Samples that were loaded last, up to a gigabyte.
private struct SampleCache {
  private struct Key: Hashable {
    var reference: DataReference
    var split: Split
    var shape: ImageShape?
  }
  private var entries: [(key: Key, samples: Samples)] = []
  private let limit = 1 << 30

  mutating func samples(_ reference: DataReference, _ split: Split, as shape: ImageShape?) throws -> Samples {
    let key = Key(reference: reference, split: split, shape: shape)
    if let place = entries.firstIndex(where: { $0.key == key }) {
      let entry = entries.remove(at: place)
      entries.append(entry)
      return entry.samples
    }
    var samples = try reference.load(split)
    if let shape, samples.shape != shape { samples = samples.converted(to: shape) }
    entries.append((key, samples))
    while entries.count > 1, entries.reduce(0, { $0 + $1.samples.pixels.count }) > limit {
      entries.removeFirst()
    }
    return samples
  }
}
