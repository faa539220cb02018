/// What the claims look at: the measurements of a study's runs as values, from a store or made up.
public struct ClaimEvidence: Codable, Hashable, Sendable {
  /// A measurement's name.
  public struct Key: Codable, Hashable, Sendable {
    /// Such as `top1` or `probe_accuracy` (`ClaimMeasure` names those that claims use).
    public var measure: String
    /// The transfer target; the layer of a measure of layers; empty for the source.
    public var target: String
    /// `train` or `test`.
    public var split: String

    /// A name by its parts.
    public init(_ measure: String, target: String = "", split: String = "test") {
      (self.measure, self.target, self.split) = (measure, target, split)
    }
  }

  /// A base loss or a penalty with its parameters.
  public struct Part: Codable, Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Every parameter; switches are 1 or 0.
    public var parameters: [String: Double]

    /// A part by its name.
    public init(_ name: String, _ parameters: [String: Double] = [:]) {
      (self.name, self.parameters) = (name, parameters)
    }
  }

  /// One network trained with one objective and one seed.
  public struct Run: Codable, Hashable, Sendable {
    /// What tells it from every other run, such as its digest.
    public var id: String
    /// The objective as the study writes it; runs that differ in nothing but the seed share it.
    public var label: String
    /// The objective resolved: every part with every parameter.
    public var objective: [Part]
    /// The network's name.
    public var network: String
    /// The seed; equal seeds are paired.
    public var seed: Int
    /// The augmentations as text, such as `flip+shift`.
    public var augmentation: String
    /// What was measured. Values that are not finite count as missing.
    public var values: [Key: Double]

    /// A run with what was measured of it.
    public init(
      id: String, label: String, objective: [Part], network: String = "", seed: Int, augmentation: String = "",
      values: [Key: Double] = [:]
    ) {
      (self.id, self.label, self.objective, self.network) = (id, label, objective, network)
      (self.seed, self.augmentation, self.values) = (seed, augmentation, values)
    }
  }

  /// What a target is like beside the source.
  public enum Tag: String, Codable, Hashable, Sendable, CaseIterable {
    /// Its classes differ in details: breeds, models of cars.
    case fineGrained = "fine_grained"
    /// Its classes are among the source's.
    case overlapsSource = "overlaps_source"
  }

  /// A transfer target.
  public struct Target: Codable, Hashable, Sendable {
    /// Its name, as in `Key.target`.
    public var label: String
    /// Test images; nil where not known, then accuracies of 0 and 1 have no log-odds.
    public var testCount: Int?
    /// What it is like; nil where nobody has said.
    public var tags: Set<Tag>?
    /// Whether its figure is the mean of the classes' accuracies in place of the accuracy.
    public var meanPerClass: Bool

    /// A target by its name.
    public init(_ label: String, testCount: Int? = nil, tags: Set<Tag>? = nil, meanPerClass: Bool = false) {
      (self.label, self.testCount, self.tags, self.meanPerClass) = (label, testCount, tags, meanPerClass)
    }
  }

  /// Two runs beside each other.
  public struct Pair: Codable, Hashable, Sendable {
    /// Their `Run.id`.
    public var first, second: String
    /// Share of equal top-1 answers on the source's test images.
    public var agreement: Double?
    /// Top-1 of their mean probabilities on the source's test images.
    public var ensembleTop1: Double?
    /// CKA of each layer of the one with the same layer of the other.
    public var cka: [String: Double]

    /// A pair with what was measured of it.
    public init(
      _ first: String, _ second: String, agreement: Double? = nil, ensembleTop1: Double? = nil,
      cka: [String: Double] = [:]
    ) {
      (self.first, self.second, self.agreement) = (first, second, agreement)
      (self.ensembleTop1, self.cka) = (ensembleTop1, cka)
    }
  }

  /// The runs in the order of the study.
  public var runs: [Run]
  /// The transfer targets in the order of the study.
  public var targets: [Target]
  /// Pairs of runs, each once, in any order.
  public var pairs: [Pair]
  /// The network's layers from the first to the penultimate, as `Pair.cka` and measures of layers name them.
  public var layers: [String]
  /// The augmentation that the others are judged against; nil for the one with the most runs.
  public var standardAugmentation: String?

  /// Evidence by its parts.
  public init(
    runs: [Run], targets: [Target] = [], pairs: [Pair] = [], layers: [String] = [], standardAugmentation: String? = nil
  ) {
    (self.runs, self.targets, self.pairs, self.layers) = (runs, targets, pairs, layers)
    self.standardAugmentation = standardAugmentation
  }
}

/// The names of the measurements that claims look at.
public enum ClaimMeasure {
  /// Accuracy on the source's test images.
  public static let top1 = ClaimEvidence.Key("top1")
  /// Accuracy on the holdout, by which one of several strengths is chosen.
  public static let holdout = ClaimEvidence.Key("holdout_accuracy", split: "holdout")
  /// Class separation by cosine on training images.
  public static let separation = ClaimEvidence.Key("r2_cosine", split: "train")
  /// The same by the other distances.
  public static let otherSeparations = ["centered_cosine", "squared_euclidean", "angle"].map {
    ClaimEvidence.Key("r2_\($0)", split: "train")
  }
  /// Effective rank of the penultimate features of training images.
  public static let effectiveRank = ClaimEvidence.Key("effective_rank", split: "train")
  /// Expected calibration error of the outputs as they are.
  public static let calibrationError = ClaimEvidence.Key("ece")
  /// The same after temperature scaling.
  public static let scaledCalibrationError = ClaimEvidence.Key("ece_scaled")

  /// The share of numbers of a layer that are not 0.
  public static func nonzero(_ layer: String) -> ClaimEvidence.Key {
    ClaimEvidence.Key("nonzero_fraction", target: layer)
  }

  /// How features are judged on a target.
  public enum Transfer: String, Codable, Hashable, Sendable, CaseIterable {
    /// A linear probe.
    case probe
    /// Nearest neighbours.
    case neighbors = "knn"
    /// Fine-tuning.
    case fineTuning = "finetune"
  }

  /// The figure of a target: `probe_accuracy`, or `probe_mean_per_class_accuracy` where the target asks for that.
  public static func transfer(_ protocolName: Transfer, _ target: ClaimEvidence.Target) -> ClaimEvidence.Key {
    let figure = target.meanPerClass ? "mean_per_class_accuracy" : "accuracy"
    return ClaimEvidence.Key("\(protocolName.rawValue)_\(figure)", target: target.label)
  }
}
