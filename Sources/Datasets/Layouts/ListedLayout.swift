/// A published set of pictures whose splits and classes its own lists and folders tell.
public struct ListedLayout: Sendable {
  /// The name in `--data`, as in `DatasetFacts`.
  public var name: String
  /// One line about it.
  public var summary: String
  /// The names of its label factors, the first being the default; empty where there is one labelling only.
  public var factors: [String] = []
  /// The splits that are stored in a folder.
  var splits: @Sendable (_ directory: String) throws(DatasetError) -> [Split]
  /// The pictures of a split by a factor.
  var list: @Sendable (_ directory: String, _ split: Split, _ factor: String) throws(DatasetError) -> ListedImages

  init(
    _ name: String, _ summary: String, factors: [String] = [],
    splits: @escaping @Sendable (String) throws(DatasetError) -> [Split] = { _ in Split.allCases },
    list: @escaping @Sendable (String, Split, String) throws(DatasetError) -> ListedImages
  ) {
    self.name = name
    self.summary = summary
    self.factors = factors
    self.splits = splits
    self.list = list
  }

  /// The pictures of a split, in the order of the set's lists or of the names of files. Reads lists and names only.
  public func entries(
    in directory: String, split: Split, factor: String? = nil
  ) throws(DatasetError) -> ListedImages {
    let images = try list(directory, split, factor ?? factors.first ?? "")
    guard !images.isEmpty else {
      throw DatasetError(
        .empty, file: directory, expected: "pictures of the \(split.rawValue) split of \(name)", found: "none",
        cure: "see `data list \(name)` for the layout")
    }
    return images
  }

  /// The sets known.
  public static let standard: [ListedLayout] =
    [
      imageNet, imageNetA, imageNetR, imageNetSketch, imageNetC, food101, birdsnap, sun397, cars, pets, flowers102,
      aircraft, dtd, caltech101, voc2007, omniglot, gtsrb, tinyImageNet, imagenette, euroSAT,
    ] + imageNetV2

  /// As an entry of the list of data sets.
  var entry: DatasetEntry {
    DatasetEntry(name: name, summary: summary, usage: "\(name):DIR", source: .folder, factors: factors) {
      reference throws(DatasetError) in
      let directory = reference.directory ?? "."
      let factor = reference.labels.flatMap { factors.contains($0) ? $0 : nil }
      return OpenedDataset(splits: try splits(directory)) { split throws(DatasetError) in
        try entries(in: directory, split: split, factor: factor).index(below: directory).samples(reference)
      }
    }
  }
}
