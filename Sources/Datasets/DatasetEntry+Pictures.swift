extension DatasetEntry {
  /// `folder:DIR`: pictures in split/class/file, or class/file.
  static let folder = DatasetEntry(
    name: "folder", summary: "JPEG and PNG files in DIR/SPLIT/CLASS/FILE or DIR/CLASS/FILE", usage: "folder:DIR",
    source: .folder
  ) { reference throws(DatasetError) in
    let tree = try FolderTree(reference.directory ?? ".")
    var set = OpenedDataset(splits: tree.splits) { split throws(DatasetError) in
      try tree.index(split).samples(reference)
    }
    for split in tree.splits { set.classLists[split] = try tree.classes(of: split) }
    return set
  }

  /// `list:FILE`: pictures named in a list with their labels.
  static let list = DatasetEntry(
    name: "list", summary: "a CSV (path,label[,split][,group]) or text list of JPEG and PNG files and their classes",
    usage: "list:FILE", source: .folder
  ) { reference throws(DatasetError) in
    let list = try ManifestFile(reference.directory ?? "")
    return OpenedDataset(splits: list.splits) { split throws(DatasetError) in try list.index(split).samples(reference) }
  }

  /// `shards:GLOB`: pictures in tar archives.
  static let shards = DatasetEntry(
    name: "shards", summary: "tar archives, plain or gzip: WebDataset (key.jpg, key.cls or key.json) or a folder tree",
    usage: "shards:GLOB", source: .files
  ) { reference throws(DatasetError) in
    let train = try ShardPaths.expand(reference.train)
    let test = reference.test.isEmpty ? [] : try ShardPaths.expand(reference.test)
    let files = test.isEmpty ? ShardPaths.splits(train) : train.map { ($0, .train) } + test.map { ($0, .test) }
    let set = try ShardSet(files)
    return OpenedDataset(splits: set.splits) { split throws(DatasetError) in try set.index(split).samples(reference) }
  }

  /// `pack:FILE`: pictures packed by `data pack`.
  static let pack = DatasetEntry(
    name: "pack", summary: "one file made by `data pack`: pre-resized pictures with labels and names",
    usage: "pack:FILE", source: .folder
  ) { reference throws(DatasetError) in
    let file = try PackFile(reference.directory ?? "")
    return OpenedDataset(splits: file.splits) { split throws(DatasetError) in try file.index(split).samples(reference) }
  }
}
