/// What `data info` says about one split.
public struct SplitInfo: Codable, Hashable, Sendable {
  /// How many images.
  public var n: Int
  /// How many classes.
  public var classes: Int
  /// Images of each class, in the order of the classes.
  public var perClass: [Int]
  /// The names of the classes.
  public var classNames: [String]
  /// `[channels, height, width]`.
  public var shape: [Int]
  /// Mean of each channel, pixels scaled to [0, 1].
  public var mean: [Double]
  /// Standard deviation of each channel.
  public var deviation: [Double]
  /// `Samples.digest`.
  public var sha256: String

  enum CodingKeys: String, CodingKey {
    case n, classes
    case perClass = "per_class"
    case classNames = "class_names"
    case shape, mean, deviation, sha256, skipped
    case passedOver = "passed_over"
  }

  /// Pictures that could not be decoded and were left out, by the policy `skip`; nil where pixels are stored.
  public var skipped: [BadImage]?
  /// Files beside the pictures that are none by their names; nil where pixels are stored.
  public var passedOver: FilesPassedOver?

  /// Counts and measures the samples; pictures are decoded, with `progress` (done, of how many).
  public init(_ stored: Samples, progress: (Int, Int) -> Void = { _, _ in }) throws(DatasetError) {
    let (statistics, skipped) = try ImageStatistics.measure(stored) { progress($0, stored.count) }
    let left = Set(skipped.map(\.index))
    let samples = left.isEmpty ? stored : stored.selecting(stored.labels.indices.filter { !left.contains($0) })
    if let encoded = stored.encoded {
      self.skipped = skipped.map(\.image)
      passedOver = encoded.passedOver
    }
    var counts = [Int](repeating: 0, count: samples.classCount)
    for label in samples.labels { counts[label] += 1 }
    n = samples.count
    classes = samples.classCount
    perClass = counts
    classNames = samples.classNames
    shape = samples.shape.sizes
    mean = statistics.mean
    deviation = statistics.deviation
    sha256 = samples.digest
  }
}

/// What `data info` says about a set: the keys of the split asked for, and the same for every stored split below
/// `splits`.
public struct DatasetInfo: Encodable, Hashable, Sendable {
  /// The reference, as it is written.
  public var dataset: String
  /// The split whose figures stand at the top.
  public var split: Split
  /// Every stored split.
  public var splits: [Split: SplitInfo]

  enum CodingKeys: CodingKey { case dataset, split, splits }

  /// Loads every stored split (classes and label map applied, nothing divided or left out). At the top stands
  /// `split`, or the first stored one.
  public init(
    _ reference: DataReference, split: Split? = nil, from list: [DatasetEntry] = DatasetEntry.standard,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws(DatasetError) {
    dataset = reference.description
    var reference = reference
    if reference.onBadImage == .list {
      // Of every split, before anything is measured.
      _ = try reference.sifted(from: list, progress: progress)
      reference.onBadImage = nil
    }
    let opened = try reference.open(from: list)
    self.split = split ?? opened.splits.first ?? .train
    splits = [:]
    for part in opened.splits { splits[part] = try SplitInfo(reference.loadStored(part, opened), progress: progress) }
    // Says why where the split asked for is not stored.
    if splits[self.split] == nil { _ = try reference.loadStored(self.split, opened) }
  }

  /// Encodes the keys of the split at the top beside `dataset`, `split` and `splits`.
  public func encode(to encoder: any Encoder) throws {
    try splits[split]?.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(dataset, forKey: .dataset)
    try values.encode(split, forKey: .split)
    try values.encode(splits, forKey: .splits)
  }
}
