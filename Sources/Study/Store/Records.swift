import Foundation
import GRDB

/// What a stage of a run does. The raw values stand in the store and in `study status --json`.
public enum StageKind: String, Codable, Hashable, Sendable, CaseIterable, DatabaseValueConvertible {
  case train, evaluate, extract, separation, probe, knn
  case sparsity, spectrum, collapse, finetune
  case agreement, cka
  case fewShot = "few-shot"

  /// Whether it is about a transfer target, whose label stands in the stage's `target`.
  public var isOfTarget: Bool { [.extract, .probe, .knn, .fewShot, .finetune].contains(self) }

  /// Whether it compares the runs of the study with each other. Such a stage is kept under the first of them, and does
  /// without those that could not be trained.
  public var isOfAllRuns: Bool { [.agreement, .cka].contains(self) }
}

/// How far a stage is.
public enum StageState: String, Codable, Hashable, Sendable, CaseIterable, DatabaseValueConvertible {
  case pending, running, done, failed
}

/// The study itself: the one row of table `study`.
public struct StudyRecord: Codable, Hashable, Sendable, FetchableRecord, PersistableRecord {
  /// The table of these rows.
  public static let databaseTableName = "study"
  /// Always 1: a store holds one study.
  public var id: Int = 1
  /// `name` of the specification.
  public var name: String
  /// The specification as it was written, overrides not applied.
  public var specYAML: String
  /// The specification as it was understood: every default written out, overrides applied. Canonical JSON.
  public var specJSON: String
  /// When the study was first started, ISO 8601 in UTC.
  public var createdAt: String
  /// The version of the program that last ran the study.
  public var programVersion: String

  enum CodingKeys: String, CodingKey {
    case id, name
    case specYAML = "spec_yaml"
    case specJSON = "spec_json"
    case createdAt = "created_at"
    case programVersion = "program_version"
  }

  /// Makes the row of a study.
  public init(name: String, specYAML: String, specJSON: String, createdAt: String, programVersion: String) {
    self.name = name
    self.specYAML = specYAML
    self.specJSON = specJSON
    self.createdAt = createdAt
    self.programVersion = programVersion
  }
}

/// One training run: an objective with its parameters, and a seed.
public struct RunRecord: Codable, Hashable, Sendable, FetchableRecord, PersistableRecord {
  /// The table of these rows.
  public static let databaseTableName = "run"
  /// SHA-256 (hex) of everything that decides the run.
  public var digest: String
  /// The objective as the specification names it, such as `cosine-softmax:temperature=0.05`; without the
  /// parameters where the study holds the objective only once. Runs that differ in nothing but the seed share it.
  public var label: String
  /// Name of the objective without parameters; combinations are joined by `+`.
  public var objective: String
  /// The objective with every parameter written out (JSON of `ObjectiveSpec`).
  public var objectiveJSON: String
  /// Name of the network.
  public var network: String
  /// Seed of initial weights, order of samples and augmentation.
  public var seed: Int
  /// The run's plan, canonical JSON.
  public var planJSON: String
  /// Place in the order of the specification, from 0: objectives as written, then seeds.
  public var position: Int
  /// Whether the present specification asks for the run; the others are kept, but not reported.
  public var active: Bool = true

  enum CodingKeys: String, CodingKey {
    case digest, label, objective, network, seed, position, active
    case objectiveJSON = "objective_json"
    case planJSON = "plan_json"
  }

  /// Makes the row of a run.
  public init(
    digest: String, label: String, objective: String, objectiveJSON: String, network: String, seed: Int,
    planJSON: String, position: Int
  ) {
    self.digest = digest
    self.label = label
    self.objective = objective
    self.objectiveJSON = objectiveJSON
    self.network = network
    self.seed = seed
    self.planJSON = planJSON
    self.position = position
  }
}

/// One stage of a run: the unit of work.
public struct StageRecord: Codable, Hashable, Sendable, FetchableRecord, PersistableRecord {
  /// The table of these rows.
  public static let databaseTableName = "stage"
  /// SHA-256 (hex) of everything that decides the stage's result.
  public var digest: String
  /// The run it belongs to.
  public var runDigest: String
  /// What it does.
  public var kind: StageKind
  /// Label of the transfer target; empty for stages on the source.
  public var target: String
  /// How far it is.
  public var state: StageState = .pending
  /// How often the stage was started.
  public var attempts: Int = 0
  /// Wall-clock seconds spent on it, all attempts together.
  public var seconds: Double = 0
  /// ISO 8601 in UTC, of the last attempt.
  public var startedAt: String?
  /// ISO 8601 in UTC.
  public var finishedAt: String?
  /// Name of the machine of the last attempt.
  public var host: String?
  /// Why it failed; nil unless `state` is `.failed` or the stage waits for another attempt.
  public var error: String?
  /// Whether another attempt would fail the same way for certain, as when the loss is not finite.
  public var lasting: Bool = false
  /// Place in the order of the specification, from 0.
  public var position: Int
  /// Whether the present specification asks for the stage.
  public var active: Bool = true

  enum CodingKeys: String, CodingKey {
    case digest, kind, target, state, attempts, seconds, host, error, lasting, position, active
    case runDigest = "run_digest"
    case startedAt = "started_at"
    case finishedAt = "finished_at"
  }

  /// Makes the row of a stage that has not begun.
  public init(digest: String, runDigest: String, kind: StageKind, target: String = "", position: Int) {
    self.digest = digest
    self.runDigest = runDigest
    self.kind = kind
    self.target = target
    self.position = position
  }
}

/// One number that a stage measured, or the reason why there is none.
public struct MeasurementRecord: Codable, Hashable, Sendable, FetchableRecord, PersistableRecord {
  /// The table of these rows.
  public static let databaseTableName = "measurement"
  /// The run it belongs to.
  public var runDigest: String
  /// The stage that measured it.
  public var stageDigest: String
  /// Such as `top1`, `r2_cosine`, `probe_accuracy`.
  public var name: String
  /// Label of the transfer target; empty for measurements on the source.
  public var target: String
  /// `train` or `test`.
  public var split: String
  /// Nil where the number does not exist; `reason` then says why. Always finite.
  public var value: Double?
  /// Why there is no value; nil where there is one.
  public var reason: String?

  enum CodingKeys: String, CodingKey {
    case name, target, split, value, reason
    case runDigest = "run_digest"
    case stageDigest = "stage_digest"
  }

  /// Makes the row of a measurement. A value that is not finite is stored as missing, with a reason.
  public init(
    runDigest: String, stageDigest: String, name: String, target: String = "", split: String, value: Double?,
    reason: String? = nil
  ) {
    self.runDigest = runDigest
    self.stageDigest = stageDigest
    self.name = name
    self.target = target
    self.split = split
    let finite = value.flatMap { $0.isFinite ? $0 : nil }
    self.value = finite
    self.reason = finite != nil ? nil : reason ?? (value == nil ? "not measured" : "not a finite number")
  }
}

/// What one epoch of training showed. Epochs count from 1.
public struct EpochRecord: Codable, Hashable, Sendable, FetchableRecord, PersistableRecord {
  /// The table of these rows.
  public static let databaseTableName = "epoch"
  /// The run it belongs to.
  public var runDigest: String
  /// Number of the epoch, from 1.
  public var epoch: Int
  /// Mean training loss over the epoch, penalties included.
  public var loss: Double?
  /// Share of right predictions on the augmented training images, 0 to 1.
  public var trainAccuracy: Double?
  /// Share of right predictions on the holdout, 0 to 1; nil without a holdout.
  public var holdoutAccuracy: Double?
  /// Learning rate at the epoch's last step.
  public var learningRate: Double?
  /// Training images a second.
  public var imagesPerSecond: Double?

  enum CodingKeys: String, CodingKey {
    case epoch, loss
    case runDigest = "run_digest"
    case trainAccuracy = "train_accuracy"
    case holdoutAccuracy = "holdout_accuracy"
    case learningRate = "learning_rate"
    case imagesPerSecond = "images_per_second"
  }

  /// Makes the row of an epoch. Values that are not finite are stored as missing.
  public init(
    runDigest: String, epoch: Int, loss: Double?, trainAccuracy: Double?, holdoutAccuracy: Double?,
    learningRate: Double?, imagesPerSecond: Double?
  ) {
    func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
    self.runDigest = runDigest
    self.epoch = epoch
    self.loss = finite(loss)
    self.trainAccuracy = finite(trainAccuracy)
    self.holdoutAccuracy = finite(holdoutAccuracy)
    self.learningRate = finite(learningRate)
    self.imagesPerSecond = finite(imagesPerSecond)
  }
}
