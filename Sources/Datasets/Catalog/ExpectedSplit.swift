import Foundation

/// What a split of a listed set holds by what was published of it: enough to plan with before its files are there.
///
/// Classes count as equally frequent, and pictures of many sizes as brought to the size asked for, else to 224 x 224.
public struct ExpectedSplit: Hashable, Sendable {
  /// Images.
  public var count: Int
  /// Classes.
  public var classes: Int
  /// Shape of an image.
  public var shape: ImageShape
}

extension DataReference {
  /// What the split will hold, of the classes and the fraction asked for; nil where the set is not listed, or nothing is
  /// listed of the labels asked for. Throws for what the files could not mend: a missing label map, a class that the set
  /// has not.
  public func expected(_ split: Split) throws(DatasetError) -> ExpectedSplit? {
    try check(from: DatasetEntry.standard)
    let entry = try DatasetEntry.find(dataset)
    // The counts of corrupted sets are those of all corruptions, of which a reference names one.
    guard let facts = DatasetFacts.standard.first(where: { $0.name == dataset }), !dataset.hasSuffix("-c"),
      var classes = try facts.classes(factor: entry.factor(of: self), of: entry),
      let stored = facts.expectedCount(split)
    else { return nil }
    if let labels, Self.isLabelMap(labels) { classes = try LabelMap(labels).labelCount }
    if let groups { _ = try TextLines.read(groups) }
    var count = Double(stored)
    if let kept = self.classes {
      if let wrong = kept.first(where: { !(0..<classes).contains($0) }) {
        throw DatasetError(.badReference, expected: "classes in 0..<\(classes)", found: "\(wrong)")
      }
      count *= Double(kept.count) / Double(max(1, classes))
      classes = kept.count
    }
    if split == .train, let fraction { count *= fraction }
    return ExpectedSplit(count: max(1, Int(count.rounded())), classes: classes, shape: shape(facts))
  }

  private func shape(_ facts: DatasetFacts) -> ImageShape {
    let published = facts.imageSize.split(separator: "x").compactMap { Int($0) }
    let sides = size ?? (published.isEmpty ? [224] : published)
    return ImageShape(channels: facts.channels, height: sides.first ?? 224, width: sides.last ?? 224)
  }
}

extension DatasetFacts {
  /// Images of a split; of a set that has one part only four fifths and one, as it is divided when loaded.
  fileprivate func expectedCount(_ split: Split) -> Int? {
    if let train = count("train"), let test = count("test") { return split == .train ? train : test }
    guard let all = parts.first?.n else { return nil }
    let held = Int((Double(all) * 0.2).rounded())
    return split == .train ? all - held : held
  }

  /// How many classes a labelling has; nil where that is not listed. What is listed is the first labelling's.
  fileprivate func classes(factor: String, of entry: DatasetEntry) -> Int? {
    if factor == entry.factors.first ?? "" { return classes }
    return name == "cifar100" && factor == "coarse" ? CIFAR.coarseNames100.count : nil
  }
}
