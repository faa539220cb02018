import Foundation

/// A folder of pictures in the layout split/class/file, or class/file where there are no splits.
///
/// Classes are the folders' names of all splits together, in the order of their bytes (as torchvision's ImageFolder), so
/// that both splits number them alike. Folders inside a class belong to it. The train split is `train`; the test split is
/// `test`, or, where there is none with the classes of train, `val`, `validation` or `valid`.
struct FolderTree {
  let directory: String
  /// The folder of each split, relative to the directory; "" for a set without splits.
  let folders: [Split: String]
  let classNames: [String]

  init(_ directory: String) throws(DatasetError) {
    self.directory = directory
    let top = try FolderListing(directory)
    var folders: [Split: String] = [:]
    func classes(_ folder: String) throws(DatasetError) -> [String] {
      try FolderListing(folder.isEmpty ? directory : directory + "/" + folder).folders.map(Self.text)
    }
    let names = Set(top.folders.map(Self.text))
    if names.contains("train") { folders[.train] = "train" }
    let trained = names.contains("train") ? Set(try classes("train")) : []
    let candidates = ["test", "val", "validation", "valid"].filter { names.contains($0) }
    var chosen: String?
    for name in candidates {
      let own = Set(try classes(name))
      // Some sets have a test folder without classes, whose labels are nowhere to be had.
      if !own.isEmpty, trained.isEmpty || !own.isDisjoint(with: trained) {
        chosen = name
        break
      }
    }
    if let chosen { folders[.test] = chosen }
    if folders.isEmpty { folders[.train] = "" }
    var all: Set<String> = []
    for folder in folders.values { all.formUnion(try classes(folder)) }
    guard !all.isEmpty else {
      throw DatasetError(
        .empty, file: directory,
        expected: "folders named train and test (or val) that hold one folder a class, or one "
          + "folder a class",
        found: top.files.isEmpty ? "nothing of the kind" : "\(top.files.count) files and no folders",
        cure: "name the folder above the classes, or give a list: list:FILE.csv")
    }
    self.folders = folders
    classNames = all.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }.map(Self.text)
  }

  /// The splits there are.
  var splits: [Split] { Split.allCases.filter { folders[$0] != nil } }

  /// The classes that a split has folders for.
  func classes(of split: Split) throws(DatasetError) -> [String] {
    guard let folder = folders[split] else { return [] }
    return try FolderListing(folder.isEmpty ? directory : directory + "/" + folder).folders.map(Self.text)
  }

  /// The pictures of a split.
  func index(_ split: Split) throws(DatasetError) -> ImageIndex {
    guard let folder = folders[split] else {
      throw DatasetError(
        .missing, file: directory, expected: "a folder of the \(split.rawValue) split",
        found: "only " + folders.values.sorted().joined(separator: ", "))
    }
    let base = folder.isEmpty ? directory : directory + "/" + folder
    let number = Dictionary(uniqueKeysWithValues: classNames.enumerated().map { ($1, $0) })
    var names = NameList()
    var labels: [Int] = []
    var passedOver = FilesPassedOver()
    for name in try FolderListing(base).folders {
      let label = number[Self.text(name)] ?? 0
      let start = folder.isEmpty ? name : Array(folder.utf8) + [UInt8(ascii: "/")] + name
      try Self.walk(directory, start, depth: 0) { (path, file) throws(DatasetError) in
        guard FolderListing.namesPicture(file) else {
          passedOver.add(file)
          return
        }
        guard names.append([path, [UInt8(ascii: "/")], file]) else {
          throw DatasetError(.tooLarge, file: directory, expected: "at most 4 GiB of names", found: "more")
        }
        labels.append(label)
      }
    }
    return ImageIndex(
      store: FolderStore(root: directory, names: names), labels: labels, classNames: classNames,
      passedOver: passedOver)
  }

  /// The files of a folder and of the folders in it, in order.
  private static func walk(
    _ root: String, _ path: [UInt8], depth: Int, _ body: ([UInt8], [UInt8]) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    let full = root + "/" + text(path)
    guard depth < 32 else {
      throw DatasetError(.tooLarge, file: full, expected: "at most 32 folders inside each other", found: "more")
    }
    let listing = try FolderListing(full)
    for file in listing.files { try body(path, file) }
    for folder in listing.folders { try walk(root, path + [UInt8(ascii: "/")] + folder, depth: depth + 1, body) }
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
