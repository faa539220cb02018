import Datasets
import Networks
import Training

/// A study as its YAML file describes it, every default written out.
///
/// Files are named relative to the data root, so that the same study on another machine is the same value.
public struct Specification: Codable, Hashable, Sendable {
  /// What the networks are trained on.
  public struct Source: Codable, Hashable, Sendable {
    /// Name for people, such as `cifar10` or `glyphs`.
    public var label: String
    /// The set, its files relative to the data root.
    public var data: DataReference
    /// Share of the training images kept away from training, stratified (by groups where given); 0 for none.
    public var holdout: Double
    /// Seed of the holdout split; the same for all runs.
    public var holdoutSeed: UInt64

    enum CodingKeys: String, CodingKey {
      case label, data, holdout
      case holdoutSeed = "holdout_seed"
    }
  }

  /// A network of a study that has several.
  public struct Network: Codable, Hashable, Sendable {
    /// How tables call it: its name, with its width where the study has the same network in several.
    public var label: String
    /// The network.
    public var spec: NetworkSpec
  }

  /// An objective with one value for every parameter: an entry of `objectives` after its sweeps are laid out, once for
  /// each network and each variant of augmentations.
  public struct Objective: Codable, Hashable, Sendable {
    /// As the command line writes it: `cosine-softmax:temperature=0.05`.
    public var text: String
    /// How tables and charts call it.
    public var label: String
    /// The study's training options with the entry's own ones on top.
    public var training: TrainingOptions
    /// The network that it is trained with; nil for the study's only one.
    public var network: Network?
  }

  /// How features are judged on a target.
  public enum TransferProtocol: String, Codable, Hashable, Sendable, CaseIterable {
    /// L2-regularized multinomial logistic regression on the features.
    case probe
    /// Nearest neighbours among the features.
    case knn
    /// Linear probes on a few examples a class, over repeated draws.
    case fewShot = "few-shot"
    /// Training the whole network on, with settings chosen on a holdout.
    case finetune

    /// What is done where nothing is said.
    public static let usual: [Self] = [.probe, .knn]
  }

  /// A data set that features are transferred to.
  public struct Target: Codable, Hashable, Sendable {
    /// Name for people; unique in the study.
    public var label: String
    /// The set; for `others` the source's set, whose classes are filled in when the plan is made.
    public var data: DataReference
    /// Whether the target is made of the classes that the source leaves out.
    public var others: Bool
    /// What is done on it.
    public var protocols: [TransferProtocol]
    /// Share of the target's training images on which the probe's penalty and k are chosen.
    public var holdout: Double
    /// Seed of that split.
    public var holdoutSeed: UInt64
    /// What the target is like beside the source, for the claims; nil where nobody has said.
    public var tags: [ClaimEvidence.Tag]?
    /// What is drawn for the probes on few examples; nil where there are none.
    public var fewShot: FewShot?

    enum CodingKeys: String, CodingKey {
      case label, data, others, protocols, holdout, tags
      case holdoutSeed = "holdout_seed"
      case fewShot = "few_shot"
    }
  }

  /// What is measured on the source.
  public enum Measure: String, Codable, Hashable, Sendable, CaseIterable {
    /// Class separation of the penultimate features by four distances.
    case separation
    /// Log-likelihood and calibration error, before and after temperature scaling.
    case calibration
    /// The share of numbers that are not 0, layer by layer.
    case sparsity
    /// Effective rank and its like of the penultimate features.
    case spectrum
    /// Neural collapse of the penultimate features.
    case collapse
    /// Equal answers of every two runs, and their accuracy together.
    case agreement
    /// Likeness of layers of every two runs.
    case cka

    /// What is measured where nothing is said.
    public static let usual: [Self] = [.separation, .calibration]
  }

  /// Name of the study and, unless `--out` is given, of its folder.
  public var name: String
  /// What is trained on.
  public var source: Source
  /// The architecture; the first where there are several.
  public var network: NetworkSpec
  /// Options of every objective that does not set its own.
  public var training: TrainingOptions
  /// The objectives in the order written, sweeps laid out.
  public var objectives: [Objective]
  /// Seeds that every objective is trained with.
  public var seeds: [Int]
  /// Targets in the order written.
  public var transfer: [Target]
  /// What is measured on the source.
  public var measures: [Measure]
  /// Corruptions of the source's test images under which accuracy is measured, in the order written.
  public var shift: [Shift] = []
  /// The author's own claims, in the order written.
  public var claims: [UserClaim] = []

  /// How settings are chosen on the holdout before the study itself; nil where they are all written.
  public var search: Search?

  /// A corruption at a severity.
  public struct Shift: Codable, Hashable, Sendable {
    /// Its name, as in `Corruption.standard`.
    public var corruption: String
    /// 1 to 5.
    public var severity: Int
  }
}

/// A specification with the text it came from and where its parts stand there.
public struct StudyDocument: Sendable {
  /// The name of the file as given.
  public var file: String
  /// The file's text, overrides not applied.
  public var yaml: String
  /// The files that it includes, directly or not, in the order read: their names, relative to the same folder as `file`,
  /// and their texts.
  public var included: [(name: String, text: String)] = []
  /// What the text means.
  public var specification: Specification
  /// Folder that the specification's data paths start from: `--data-root`, else `data_root`, else the working folder.
  public var dataRoot: String
  /// Places of parts, such as `transfer.1`, for errors found only when data are read.
  var places: [String: SpecPlace]

  /// What the author wrote: the file's text, followed by those that it includes under their names.
  public var written: String {
    included.reduce(yaml) { text, file in
      text + (text.hasSuffix("\n") ? "" : "\n") + "\n# Included: \(file.name)\n" + file.text
    }
  }

  /// An error about a part of the specification.
  func error(_ part: String, _ message: String) -> SpecificationError {
    let place = places[part] ?? SpecPlace(text: file, isUsage: false)
    return SpecificationError(place: place.text, message: message, isUsage: place.isUsage)
  }
}

/// Where a part of a specification was written.
struct SpecPlace: Sendable {
  var text: String
  var isUsage: Bool
}
