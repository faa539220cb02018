/// A data set that was found: which splits are stored, and how each is read.
public struct OpenedDataset: Sendable {
  /// The splits that are stored, train first.
  public var splits: [Split]
  /// Reads a stored split, labelled by the factor of the reference.
  public var load: @Sendable (Split) throws(DatasetError) -> Samples
  /// The classes of each split, where its own files list them.
  public var classLists: [Split: [String]] = [:]

  /// A set from its parts.
  public init(splits: [Split], load: @escaping @Sendable (Split) throws(DatasetError) -> Samples) {
    self.splits = splits
    self.load = load
  }
}

/// A data set of the list: its name, how it is pointed at, and how it is read.
///
/// A new set is a new file with one such value, and one line in `standard`.
public struct DatasetEntry: Sendable {
  /// How the samples of a set come about.
  public enum Source: Sendable {
    /// The program draws them.
    case drawn
    /// They lie in a folder under names of their own.
    case folder
    /// The reference names the files.
    case files
  }

  /// The name in `--data` and in a study.
  public var name: String
  /// One line about it.
  public var summary: String
  /// How it is written in `--data`.
  public var usage: String
  /// Where its samples come from.
  public var source: Source
  /// The names of its label factors, the first being the default; empty where there is one labelling only.
  public var factors: [String]
  /// Finds what there is, once for all splits.
  public var open: @Sendable (DataReference) throws(DatasetError) -> OpenedDataset

  /// An entry from its parts.
  public init(
    name: String, summary: String, usage: String, source: Source, factors: [String] = [],
    splits: @escaping @Sendable (DataReference) -> [Split],
    load: @escaping @Sendable (DataReference, Split) throws(DatasetError) -> Samples
  ) {
    self.name = name
    self.summary = summary
    self.usage = usage
    self.source = source
    self.factors = factors
    open = { reference in
      OpenedDataset(splits: splits(reference)) { split throws(DatasetError) in try load(reference, split) }
    }
  }

  /// An entry whose files must be looked into to know its splits.
  public init(
    name: String, summary: String, usage: String, source: Source, factors: [String] = [],
    open: @escaping @Sendable (DataReference) throws(DatasetError) -> OpenedDataset
  ) {
    self.name = name
    self.summary = summary
    self.usage = usage
    self.source = source
    self.factors = factors
    self.open = open
  }

  /// The splits that are stored; both where the set cannot be opened, so that loading says why.
  public func splits(_ reference: DataReference) -> [Split] { (try? open(reference).splits) ?? Split.allCases }

  /// The sets that the program knows.
  public static let standard: [DatasetEntry] =
    [
      .glyphs, .fashionMNIST, .mnist, .notMNIST, .kmnist, .emnist, .cifar10, .cifar100, .cifar10Point1, .cifar10C,
      .cifar100C, .svhn, .stl10, .folder, .list, .shards, .pack, .idx, .cifar,
    ] + ListedLayout.standard.map(\.entry)

  /// The entry of that name; an unknown name is answered with the known ones, the nearest first.
  public static func find(_ name: String, in list: [DatasetEntry] = standard) throws(DatasetError)
    -> DatasetEntry
  {
    if let entry = list.first(where: { $0.name == name }) { return entry }
    throw DatasetError(
      .unknownName,
      expected: "a data set such as " + nearest(to: name, in: list.map(\.name)).prefix(6).joined(separator: ", "),
      found: "\"\(name)\"", cure: "write \(DataReference.grammar); `separatrix data list` has all names")
  }

  /// The complaint about an argument that does not name this set rightly.
  func misuse(_ found: String) -> DatasetError {
    DatasetError(.badReference, expected: usage, found: "\"\(found)\"", cure: "write " + usage)
  }

  /// The factor asked for, the default where none is; a label map counts as the default.
  func factor(of reference: DataReference) throws(DatasetError) -> String {
    guard let asked = reference.labels, !DataReference.isLabelMap(asked) else { return factors.first ?? "" }
    if factors.contains(asked) { return asked }
    throw DatasetError(
      .badReference,
      expected: factors.isEmpty
        ? "no labels, or a label map (.csv), for \(name)"
        : "labels of \(name): " + nearest(to: asked, in: factors).joined(separator: ", ")
          + ", or a label map (.csv)",
      found: "\"\(asked)\"")
  }
}

/// The candidates, those first that need the fewest edits to become `name`.
func nearest(to name: String, in candidates: [String]) -> [String] {
  func distance(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var corner = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let next = min(row[j] + 1, row[j + 1] + 1, corner + (x == y ? 0 : 1))
        corner = row[j + 1]
        row[j + 1] = next
      }
    }
    return row[b.count]
  }
  let target = Array(name.lowercased())
  let order = candidates.indices.map { (distance(target, Array(candidates[$0])), $0) }.sorted { $0 < $1 }
  return order.map { candidates[$0.1] }
}
