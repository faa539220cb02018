import Datasets
import Training
import Transfer

/// Everything a worker needs to do one stage: what crosses to it as one line of JSON.
public struct StageJob: Codable, Hashable, Sendable {
  /// A transfer target, its files named by absolute paths.
  public struct Target: Codable, Hashable, Sendable {
    /// Name for people.
    public var label: String
    /// The set, brought to the source's input before features are taken.
    public var data: DataReference
    /// Share of its training images on which penalty and k are chosen.
    public var holdout: Double
    /// Seed of that split.
    public var holdoutSeed: UInt64

    enum CodingKeys: String, CodingKey {
      case label, data, holdout
      case holdoutSeed = "holdout_seed"
    }

    /// Makes a target.
    public init(label: String, data: DataReference, holdout: Double, holdoutSeed: UInt64) {
      self.label = label
      self.data = data
      self.holdout = holdout
      self.holdoutSeed = holdoutSeed
    }
  }

  /// A run that is compared with others.
  public struct Peer: Codable, Hashable, Sendable {
    /// Digest of the run.
    public var run: String
    /// The objective's label.
    public var label: String
    /// The run's seed.
    public var seed: Int
    /// Folder of the run.
    public var directory: String
    /// Digest of the extraction of the source's features, where there is one.
    public var features: String?
  }

  /// Digest of the stage.
  public var stage: String
  /// Digest of the run.
  public var run: String
  /// What to do.
  public var kind: StageKind
  /// The run's plan, its files named by absolute paths.
  public var plan: Plan
  /// The target; nil for stages on the source.
  public var target: Target?
  /// Digest of the extraction whose feature files the stage writes or reads.
  public var features: String?
  /// Folder of the run.
  public var directory: String
  /// What is measured on the source.
  public var measures: [Specification.Measure]
  /// Corruptions under which the run is evaluated; empty for the images as they are.
  public var shift: [Specification.Shift] = []
  /// How the network is fine-tuned; nil for other stages.
  public var tuning: FineTuningOptions?
  /// What is drawn for probes on few examples; nil for other stages.
  public var fewShot: Specification.FewShot?
  /// The runs that are compared, in the study's order; empty for stages of one run.
  public var peers: [Peer] = []

  /// Makes a job.
  public init(
    stage: String, run: String, kind: StageKind, plan: Plan, target: Target?, features: String?,
    directory: String,
    measures: [Specification.Measure]
  ) {
    self.stage = stage
    self.run = run
    self.kind = kind
    self.plan = plan
    self.target = target
    self.features = features
    self.directory = directory
    self.measures = measures
  }

  /// File of the features of a split, below the run's folder.
  public func featureFile(_ split: Split) -> String {
    Self.featureFile(directory, features ?? stage, split)
  }

  /// File of the features that an extraction left below a run's folder.
  static func featureFile(_ directory: String, _ extraction: String, _ split: Split) -> String {
    "\(directory)/features/\(extraction.prefix(16))-\(split.rawValue).safetensors"
  }
}

/// What a worker says, one line of JSON each: any number of events, then one reply.
public enum StageEvent: Codable, Hashable, Sendable {
  /// The worker is ready for a stage.
  case ready
  /// An epoch ended.
  case epoch(EpochRecord)
  /// What it is doing, for people, and how far it is, 0 to 1 where known.
  case progress(String, share: Double?)
  /// Something that should be known, but does not stop the stage.
  case warning(String)
  /// What was measured of pairs of runs; counts once the stage is done.
  case pairs([PairRecord])
  /// What an evaluation shows beyond its figures; counts once the stage is done.
  case detail(EvaluationDetail)
  /// How the results were made, for the report.
  case facts([String: String])
  /// The stage is done, with these measurements.
  case done([MeasurementRecord])
  /// The stage failed. With `lasting` another attempt would fail the same way.
  case failed(String, lasting: Bool)
  /// The stage was stopped on request and can be continued.
  case interrupted
}

/// Why a stage cannot be done, told apart by whether trying again could help.
public struct StageFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// What went wrong, for people.
  public var description: String
  /// Whether the same plan fails again for certain, as when the loss is not finite.
  public var isLasting: Bool

  /// Makes a failure.
  public init(_ description: String, isLasting: Bool = false) {
    self.description = description
    self.isLasting = isLasting
  }
}
