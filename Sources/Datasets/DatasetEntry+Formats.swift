extension DatasetEntry {
  /// `idx:IMAGES,LABELS`: any IDX files.
  static let idx = DatasetEntry(
    name: "idx", summary: "IDX files, plain or gzip: images, then labels", usage: "idx:IMAGES,LABELS",
    source: .files, splits: splitsByFiles
  ) { reference, split throws(DatasetError) in
    let files = try files(of: reference, split)
    guard files.count == 2 else {
      throw DatasetError(
        .badReference, expected: "two files for a split of idx: images, labels", found: "\(files.count)",
        cure: "write idx:IMAGES,LABELS")
    }
    let names = try classNames(reference) { (other: Split) throws(DatasetError) in
      let files = try DatasetEntry.files(of: reference, other)
      return files.count == 2 ? try IDX.labels(files[1]) : []
    }
    return try IDX.samples(images: files[0], labels: files[1], classNames: names)
  }

  /// `cifar:FILE[,FILE...]`: files in the binary layout of CIFAR-10, with any number of classes.
  static let cifar = DatasetEntry(
    name: "cifar", summary: "files in CIFAR-10's binary layout, plain or gzip, any number of classes",
    usage: "cifar:FILE[,FILE...]", source: .files, splits: splitsByFiles
  ) { reference, split throws(DatasetError) in
    let records = try CIFAR.records(try files(of: reference, split))
    let names = try classNames(reference, atLeast: 10) { (other: Split) throws(DatasetError) in
      other == split ? records.labels : try CIFAR.records(try files(of: reference, other)).labels
    }
    return try records.samples(classNames: names)
  }

  private static let splitsByFiles: @Sendable (DataReference) -> [Split] = { reference in
    Split.allCases.filter { !($0 == .train ? reference.train : reference.test).isEmpty }
  }

  private static func files(of reference: DataReference, _ split: Split) throws(DatasetError) -> [String] {
    let files = split == .train ? reference.train : reference.test
    if !files.isEmpty { return files }
    throw DatasetError(
      .badReference, expected: "files for the \(split.rawValue) split of \(reference.dataset)", found: "none")
  }

  /// "0", "1", ...: as many as the reference says, else as the labels of all its splits need, so that both splits
  /// have the same classes.
  private static func classNames(
    _ reference: DataReference, atLeast: Int = 1, labels: (Split) throws(DatasetError) -> [UInt8]
  ) throws(DatasetError) -> [String] {
    var count = atLeast
    if let given = reference.classCount {
      count = given
    } else {
      for split in splitsByFiles(reference) { count = max(count, Int(try labels(split).max() ?? 0) + 1) }
    }
    return (0..<count).map(String.init)
  }
}
