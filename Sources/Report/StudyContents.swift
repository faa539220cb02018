import Study

/// Everything a report may show of a study: the rows of its store as values.
///
/// A number that is not in here cannot appear in a report. Times, rates, attempts and host names are kept
/// in `Provenance` alone, so that no other page can show them.
struct StudyContents: Sendable {
  /// The study's name, from its specification.
  var name: String
  /// The specification as its author wrote it (YAML).
  var specification: String
  /// The version of the program that made the study.
  var programVersion: String
  /// The runs as the claims look at them.
  var evidence = ClaimEvidence(runs: [])
  /// The claims of the study's author.
  var claims: [UserClaim] = []
  /// Versions, digests of data sets, threads: what decided the numbers, sorted by key.
  var facts: [Fact]
  /// The planned runs, in the order of the plan.
  var runs: [Run]
  /// When, where and how fast.
  var provenance: Provenance
  /// The network's layers from the first to the pooled features; empty where no stage looked at layers.
  var layers: [String] = []
  /// What was measured of two runs, in the order of the plan.
  var pairs: [Pair] = []
  /// The stages that compare all runs.
  var comparisons: [Stage] = []

  /// One line of "how it was made".
  struct Fact: Sendable, Hashable {
    var key: String
    var value: String
  }

  /// One network trained with one objective and one seed.
  struct Run: Sendable {
    /// SHA-256 of the plan, in hexadecimal.
    var digest: String
    /// The objective as the specification writes it, such as `cosine-softmax:temperature=0.05`.
    var label: String
    /// The objective's parts with every parameter resolved.
    var objective: [ObjectivePart]
    var network: String
    var seed: Int
    /// The plan as canonical JSON.
    var plan: String
    var stages: [Stage]
    var measurements: [MeasurementKey: Measurement]
    var epochs: [Epoch]
    /// The bins of its reliability diagrams that hold test images; empty where the store has none.
    var reliability: [Reliability] = []
    /// Which test images it has right; nil where the store does not know.
    var answers: Answers?
  }

  /// One bar of a reliability diagram.
  struct Reliability: Sendable, Hashable {
    /// Whether outputs were divided by the fitted temperature.
    var isScaled: Bool
    /// Place among the bins of equal width, from 0.
    var place: Int
    /// Images in it, 1 at least.
    var count: Int
    var confidence: Double
    var accuracy: Double
  }

  /// Whether each test image was put in its class.
  struct Answers: Sendable, Hashable {
    /// Digest of the images' classes in order: the same where the same images were asked.
    var labels: String
    var right: [Bool]
  }

  /// A base loss or a penalty, with its parameters.
  typealias ObjectivePart = ClaimEvidence.Part

  /// A number of two runs, or of one with itself.
  struct Pair: Sendable, Hashable {
    /// `agreement`, `ensemble_top1` or `cka`.
    var name: String
    /// Digests of the runs.
    var first: String
    var second: String
    /// The layers compared; empty where none are meant.
    var firstLayer: String
    var secondLayer: String
    var split: String
    var value: Double?
    var reason: String?
  }

  /// A step of a run, such as `train`, `evaluate` or `probe`, or of all runs.
  struct Stage: Sendable {
    var digest: String
    var kind: String
    /// The transfer target's label; empty where there is none.
    var target: String
    /// `pending`, `running`, `done` or `failed`.
    var state: String
    var error: String?
  }

  struct MeasurementKey: Sendable, Hashable {
    var name: String
    var target: String
    var split: String
  }

  /// A number, or the reason why there is none.
  struct Measurement: Sendable, Hashable {
    var value: Double?
    var reason: String?
  }

  /// What the training loop saw in one epoch.
  struct Epoch: Sendable {
    var epoch: Int
    /// Mean training loss, in the objective's own units.
    var loss: Double?
    var trainAccuracy: Double?
    var holdoutAccuracy: Double?
    var learningRate: Double?
  }

  /// What differs between two runs of the same study and decides no number.
  struct Provenance: Sendable {
    var createdAt: String
    /// Facts about the machine and the hour.
    var facts: [Fact]
    var stages: [StageRecord]
  }

  /// One stage's history.
  struct StageRecord: Sendable {
    var run: String
    var label: String
    var seed: Int
    var kind: String
    var target: String
    var state: String
    var attempts: Int
    var seconds: Double?
    var startedAt: String?
    var finishedAt: String?
    var host: String?
    /// Mean over the epochs; only for `train`.
    var imagesPerSecond: Double?
  }
}

extension StudyContents.Run {
  /// The measurement of that name, or a reason why it is missing.
  func measurement(_ name: String, target: String = "", split: String) -> StudyContents.Measurement {
    let key = StudyContents.MeasurementKey(name: name, target: target, split: split)
    if let found = measurements[key] {
      if let value = found.value, value.isFinite { return found }
      return .init(value: nil, reason: found.reason ?? Self.notMeasured)
    }
    return .init(
      value: nil, reason: failure != nil ? "the run failed" : isFinished ? Self.notMeasured : "not done yet")
  }

  /// The reason of what no stage was asked for.
  static let notMeasured = "not measured"

  /// The first failed stage.
  var failure: StudyContents.Stage? { stages.first { $0.state == "failed" } }

  /// Whether every stage is done.
  var isFinished: Bool { !stages.isEmpty && stages.allSatisfy { $0.state == "done" } }

  /// Whether training is done.
  var isTrained: Bool { stages.contains { $0.kind == "train" && $0.state == "done" } }
}
