import Foundation

/// What names a data set, in `--data`, in a study's `dataset:` and in a plan.
///
/// ```swift
/// let fashion = try DataReference(parsing: "fashion-mnist:data/fashion-mnist")
/// let train = try fashion.load(.train)
/// ```
///
/// `load` goes in this order: the stored samples of the split, with the labels of the factor asked for; the label
/// map; the subset of classes; the division of a set that has one split only; the fraction.
public struct DataReference: Codable, Hashable, Sendable {
  /// A name of the list (`glyphs`, `fashion-mnist`, ...), or a format: `idx`, `cifar`.
  public var dataset: String
  /// Where a listed set lies.
  public var directory: String?
  /// Files of the train split, for a format. `idx`: images, labels. `cifar`: any number.
  public var train: [String]
  /// Files of the test split, for a format.
  public var test: [String]
  /// For a format, the number of classes. Default: the largest label of both splits plus one, for `cifar` at
  /// least 10.
  public var classCount: Int?
  /// The classes kept, renumbered from 0 in this order; nil for all.
  public var classes: [Int]?
  /// A factor of a set that has several (`glyphs`: coarse, fine, hue, ...; `cifar100`: fine, coarse), or the path of
  /// a CSV label map with the columns class,label.
  public var labels: String?
  /// A file with one line for each image of the train split, naming its group (see `GroupFile`).
  public var groups: String?
  /// The share of the train split kept, in (0, 1], stratified; parts by the same seed lie inside one another.
  public var fraction: Double?
  /// `glyphs`: how many images to draw for each split.
  public var samples: [Split: Int]?
  /// Pictures: the size that images get, a number or height and width. Default: theirs, if all have one, else 224.
  public var size: [Int]?
  /// Pictures: what is kept of each, `central`, `central:SHARE`, `resize:SIDE` or `whole`. Default central.
  public var fit: String?
  /// Pictures: how sizes are changed. Default bicubic.
  public var interpolation: Interpolation?
  /// Pictures: never decode at a reduced scale in training.
  public var exact: Bool?
  /// Pictures: what is done about one that cannot be decoded. Default stop.
  public var onBadImage: BadImagePolicy?
  /// Pictures: names of those that are left out; how a study's workers know which are bad.
  public var excluded: [String]?
  /// What `glyphs` draws, and which part a fraction keeps. Default 0.
  public var seed: UInt64?

  /// A reference with defaults for all but the name.
  public init(
    dataset: String, directory: String? = nil, train: [String] = [], test: [String] = [],
    classCount: Int? = nil,
    classes: [Int]? = nil, labels: String? = nil, groups: String? = nil, fraction: Double? = nil,
    samples: [Split: Int]? = nil, seed: UInt64? = nil
  ) {
    self.dataset = dataset
    self.directory = directory
    self.train = train
    self.test = test
    self.classCount = classCount
    self.classes = classes
    self.labels = labels
    self.groups = groups
    self.fraction = fraction
    self.samples = samples
    self.seed = seed
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case dataset, directory, train, test
    case classCount = "class_count"
    case classes, labels, groups, fraction, samples, seed, size, fit, interpolation, exact
    case onBadImage = "on_bad_image"
    case excluded
  }

  /// The keys that a reference may have.
  public static let keys = CodingKeys.allCases.map(\.rawValue)

  /// Decodes; every key but `dataset` may be missing.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    dataset = try values.decode(String.self, forKey: .dataset)
    directory = try values.decodeIfPresent(String.self, forKey: .directory)
    train = try values.decodeIfPresent([String].self, forKey: .train) ?? []
    test = try values.decodeIfPresent([String].self, forKey: .test) ?? []
    classCount = try values.decodeIfPresent(Int.self, forKey: .classCount)
    classes = try values.decodeIfPresent([Int].self, forKey: .classes)
    labels = try values.decodeIfPresent(String.self, forKey: .labels)
    groups = try values.decodeIfPresent(String.self, forKey: .groups)
    fraction = try values.decodeIfPresent(Double.self, forKey: .fraction)
    samples = try values.decodeIfPresent([Split: Int].self, forKey: .samples)
    seed = try values.decodeIfPresent(UInt64.self, forKey: .seed)
    if values.contains(.size) {
      size = try (try? [values.decode(Int.self, forKey: .size)]) ?? values.decode([Int].self, forKey: .size)
    }
    fit = try values.decodeIfPresent(String.self, forKey: .fit)
    interpolation = try values.decodeIfPresent(Interpolation.self, forKey: .interpolation)
    exact = try values.decodeIfPresent(Bool.self, forKey: .exact)
    onBadImage = try values.decodeIfPresent(BadImagePolicy.self, forKey: .onBadImage)
    excluded = try values.decodeIfPresent([String].self, forKey: .excluded)
  }

  /// Encodes what is set; nothing else.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(dataset, forKey: .dataset)
    try values.encodeIfPresent(directory, forKey: .directory)
    if !train.isEmpty { try values.encode(train, forKey: .train) }
    if !test.isEmpty { try values.encode(test, forKey: .test) }
    try values.encodeIfPresent(classCount, forKey: .classCount)
    try values.encodeIfPresent(classes, forKey: .classes)
    try values.encodeIfPresent(labels, forKey: .labels)
    try values.encodeIfPresent(groups, forKey: .groups)
    try values.encodeIfPresent(fraction, forKey: .fraction)
    try values.encodeIfPresent(samples, forKey: .samples)
    try values.encodeIfPresent(seed, forKey: .seed)
    if let size, size.count == 1 {
      try values.encode(size[0], forKey: .size)
    } else {
      try values.encodeIfPresent(size, forKey: .size)
    }
    try values.encodeIfPresent(fit, forKey: .fit)
    try values.encodeIfPresent(interpolation, forKey: .interpolation)
    try values.encodeIfPresent(exact, forKey: .exact)
    try values.encodeIfPresent(onBadImage, forKey: .onBadImage)
    try values.encodeIfPresent(excluded, forKey: .excluded)
  }

  /// The same reference with relative paths (also of the label map and the groups) taken from `root`.
  public func resolved(against root: URL) -> DataReference {
    func absolute(_ path: String) -> String {
      path.hasPrefix("/") ? path : root.appendingPathComponent(path).standardizedFileURL.path
    }
    var result = self
    result.directory = directory.map(absolute)
    result.train = train.map(absolute)
    result.test = test.map(absolute)
    result.groups = groups.map(absolute)
    if let labels, Self.isLabelMap(labels) { result.labels = absolute(labels) }
    return result
  }

  /// The transform that `fit`, `interpolation` and `exact` say.
  func input() throws(DatasetError) -> InputTransform {
    var transform = InputTransform(interpolation: interpolation ?? .bicubic, isExact: exact ?? false)
    if let fit {
      guard let known = InputTransform.Fit(fit) else {
        throw DatasetError(
          .badReference, expected: "a fit: central, central:SHARE (0 to 1), resize:SIDE or whole", found: "\"\(fit)\"")
      }
      transform.fit = known
    }
    return transform
  }

  /// Whether `labels` names a file, not a factor.
  static func isLabelMap(_ labels: String) -> Bool { labels.contains("/") || labels.hasSuffix(".csv") }
}
