extension DataReference {
  /// The splits that are stored, train first. `load` gives both also where only one is.
  public var splits: [Split] {
    guard let entry = try? DatasetEntry.find(dataset) else { return [] }
    return entry.splits(self)
  }

  /// The samples of a split. A set that has only one split is divided 80/20 by seed 0: stratified, groups whole.
  public func load(_ split: Split) throws(DatasetError) -> Samples {
    try load(split, from: DatasetEntry.standard)
  }

  /// The same with a list of one's own.
  public func load(_ split: Split, from list: [DatasetEntry]) throws(DatasetError) -> Samples {
    let opened = try open(from: list)
    var samples: Samples
    if opened.splits.count == 1, let only = opened.splits.first {
      let whole = try loadStored(only, opened)
      let parts = Holdout.split(
        labels: whole.labels, groups: whole.groups, fraction: 0.2, seed: 0, purpose: .division)
      samples = whole.selecting(split == .train ? parts.kept : parts.held)
    } else {
      samples = try loadStored(split, opened)
    }
    if split == .train, let fraction, fraction < 1 {
      samples = samples.selecting(samples.places(fraction: fraction, seed: seed ?? 0))
    }
    guard samples.count > 0 else {
      throw DatasetError(
        .empty, expected: "images in the \(split.rawValue) split of \(self)", found: "none",
        cure: "keep more classes or a larger fraction")
    }
    return samples
  }

  /// A split as it is stored, before any division of a set that has only one, and before the fraction.
  public func loadStored(
    _ split: Split, from list: [DatasetEntry] = DatasetEntry.standard
  ) throws(DatasetError) -> Samples {
    try loadStored(split, open(from: list))
  }

  /// The set, found once for all its splits.
  func open(from list: [DatasetEntry]) throws(DatasetError) -> OpenedDataset {
    let entry = try DatasetEntry.find(dataset, in: list)
    try check(from: list)
    return try entry.open(self)
  }

  func loadStored(_ split: Split, _ opened: OpenedDataset) throws(DatasetError) -> Samples {
    guard opened.splits.contains(split) else {
      throw DatasetError(
        .badReference, expected: "the \(split.rawValue) split of \(self)",
        found: "only " + opened.splits.map(\.rawValue).joined(separator: ", "))
    }
    var samples = try opened.load(split)
    if let groups, split == .train || opened.splits.count == 1 {
      samples.groups = try GroupFile.read(groups, count: samples.count)
    }
    if let excluded, let encoded = samples.encoded {
      let names = Set(excluded)
      samples = samples.selecting(samples.labels.indices.filter { !names.contains(encoded.name($0)) })
    }
    if let labels, Self.isLabelMap(labels) { samples = try LabelMap(labels).applied(to: samples) }
    if let classes { samples = try samples.keeping(classes: classes) }
    return samples
  }

  /// The same set without the pictures that cannot be decoded, where it asks for `skip`, and these pictures: each is decoded
  /// once. With `list`, throws if there are any. Other sets come back as they are.
  public func sifted(
    from list: [DatasetEntry] = DatasetEntry.standard, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(DatasetError) -> (reference: DataReference, skipped: [BadImage]) {
    guard let policy = onBadImage, policy != .stop, excluded == nil else { return (self, []) }
    let opened = try open(from: list)
    var skipped: [BadImage] = []
    for split in opened.splits {
      let samples = try loadStored(split, opened)
      skipped += samples.badImages { progress($0, samples.count) }
    }
    if policy == .list, !skipped.isEmpty { throw BadImage.error(listing: skipped) }
    var result = self
    result.excluded = skipped.isEmpty ? nil : skipped.map(\.file)
    return (result, skipped)
  }

  /// Refuses what cannot be meant, before any file is opened.
  func check(from list: [DatasetEntry]) throws(DatasetError) {
    let entry = try DatasetEntry.find(dataset, in: list)
    _ = try entry.factor(of: self)
    func refuse(_ expected: String, _ found: String) -> DatasetError {
      DatasetError(.badReference, expected: expected, found: found)
    }
    if let fraction, !(fraction > 0 && fraction <= 1) { throw refuse("a fraction in (0, 1]", "\(fraction)") }
    _ = try input()
    if let size, !(1...2).contains(size.count) || size.contains(where: { !(1...4_096).contains($0) }) {
      throw refuse("a size of 1 to 4096, or height and width", size.map(String.init).joined(separator: " x "))
    }
    if let classCount, classCount < 1 || classCount > 256 {
      throw refuse("1 to 256 classes", "\(classCount)")
    }
    if let classes {
      if classes.isEmpty { throw refuse("at least one class to keep", "none") }
      if let twice = classes.first(where: { c in classes.filter { $0 == c }.count > 1 }) {
        throw refuse("each class once", "class \(twice) more than once")
      }
    }
    if dataset == "idx", let files = [train, test].first(where: { !$0.isEmpty && $0.count != 2 }) {
      throw refuse("two files for a split of idx: images, labels", files.joined(separator: ","))
    }
    switch entry.source {
    case .files where train.isEmpty && test.isEmpty: throw refuse(entry.usage, "no files")
    case .folder where directory == nil: throw refuse(entry.usage, "no folder")
    default: break
    }
  }
}
