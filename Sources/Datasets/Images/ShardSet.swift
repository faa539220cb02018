import Foundation

/// Pictures and classes in tar archives: WebDataset's layout (`key.jpg` beside `key.cls` or `key.json`), or a folder tree.
///
/// WebDataset: files of one key stand together; the key is the path up to the first dot of the last component. `key.cls`
/// holds a class number or name; of `key.json` the member `label`, `cls`, `class` or `class_id` counts. Tree:
/// `split/class/file` or `class/file`, maybe below one common folder. Without splits in the tree, an archive whose name has
/// a word beginning with `test` or `val` is of the test split if another's has `train`. Class numbers are named by a
/// `classes.txt` beside the first archive, where there is one.
struct ShardSet {
  private var shards: [TarStore.Shard] = []
  private var members: [Split: [TarStore.Member]] = [:]
  private var labels: [Split: [Int32]] = [:]
  private var ignored = 0
  let classNames: [String]
  /// For each text found as a label, in the order of its first occurrence, its class.
  private let classOf: [Int]

  private struct Texts {
    var all: [String] = []
    private var number: [String: Int32] = [:]

    mutating func number(_ text: String) -> Int32 {
      if let known = number[text] { return known }
      let new = Int32(clamping: all.count)
      number[text] = new
      all.append(text)
      return new
    }
  }

  init(_ files: [(path: String, split: Split)]) throws(DatasetError) {
    var texts = Texts()
    for (path, split) in files {
      let shard = try TarStore.Shard(path)
      let number = Int32(clamping: shards.count)
      shards.append(shard)
      let found = try Self.pictures(in: shard, &texts)
      ignored += found.ignored
      for picture in found.pictures {
        members[picture.split ?? split, default: []].append(
          TarStore.Member(shard: number, entry: Int32(clamping: picture.entry)))
        labels[picture.split ?? split, default: []].append(picture.label)
      }
    }
    guard !members.isEmpty else {
      throw DatasetError(
        .empty, file: files.first?.path, expected: "pictures: key.jpg beside key.cls or key.json, or class/file",
        found: "none in \(files.count) archive\(files.count == 1 ? "" : "s")")
    }
    (classNames, classOf) = try Self.classes(texts.all, beside: files.first?.path ?? "")
  }

  /// The splits in which there are pictures.
  var splits: [Split] { Split.allCases.filter { members[$0] != nil } }

  /// The pictures of a split.
  func index(_ split: Split) throws(DatasetError) -> ImageIndex {
    ImageIndex(
      store: TarStore(shards, members: members[split] ?? []),
      labels: (labels[split] ?? []).map { classOf[Int($0)] }, classNames: classNames, ignored: ignored)
  }

  private struct Picture {
    var entry: Int
    var label: Int32
    var split: Split?
  }

  private static func pictures(
    in shard: TarStore.Shard, _ texts: inout Texts
  ) throws(DatasetError) -> (pictures: [Picture], ignored: Int) {
    let index = shard.index
    let files = index.indices.filter { number in
      let name = index.nameBytes(number)
      let start = name.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? name.startIndex
      return index.kind(number) == .file && start < name.endIndex && name[start] != UInt8(ascii: ".")
    }
    let isWebDataset = files.contains { number in
      let name = index.nameBytes(number)
      return ending(name) == "cls" || ending(name) == "json"
    }
    return isWebDataset
      ? try keyed(shard, files, &texts) : try tree(shard, files, &texts)
  }

  // MARK: WebDataset

  private static func keyed(
    _ shard: TarStore.Shard, _ files: [Int], _ texts: inout Texts
  ) throws(DatasetError) -> (pictures: [Picture], ignored: Int) {
    let index = shard.index
    var pictures: [Picture] = []
    var ignored = 0
    var place = 0
    while place < files.count {
      let key = key(index.nameBytes(files[place]))
      var image: Int?
      var label: String?
      var json: [UInt8]?
      while place < files.count, Self.key(index.nameBytes(files[place])).elementsEqual(key) {
        let number = files[place]
        let name = index.nameBytes(number)
        switch ending(name) {
        case "cls":
          label = String(decoding: shard.contents(number).prefix(256), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        case "json": json = shard.contents(number)
        default: if FolderListing.namesPicture(name) { image = number } else { ignored += 1 }
        }
        place += 1
      }
      guard let image else { continue }
      if label == nil, let json { label = Self.label(json) }
      guard let label, !label.isEmpty else {
        throw DatasetError(
          .badText, file: shard.path,
          expected: "a label for \(index.name(image)): a .cls file, or a .json file with "
            + "label, cls, class or class_id", found: json == nil ? "neither" : "a .json file without one")
      }
      pictures.append(Picture(entry: image, label: texts.number(label), split: nil))
    }
    return (pictures, ignored)
  }

  private static func key(_ name: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let start = name.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? name.startIndex
    return name[..<(name[start...].firstIndex(of: UInt8(ascii: ".")) ?? name.endIndex)]
  }

  private static func ending(_ name: ArraySlice<UInt8>) -> String {
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return "" }
    return String(decoding: name[(dot + 1)...].prefix(8), as: UTF8.self).lowercased()
  }

  private static func label(_ json: [UInt8]) -> String? {
    guard let object = (try? JSONSerialization.jsonObject(with: Data(json))) as? [String: Any] else { return nil }
    for name in ["label", "cls", "class", "class_id"] {
      if let text = object[name] as? String { return text }
      if let number = object[name] as? NSNumber, let whole = Int(exactly: number.doubleValue) { return String(whole) }
    }
    return nil
  }

  // MARK: Folder tree

  private static func tree(
    _ shard: TarStore.Shard, _ files: [Int], _ texts: inout Texts
  ) throws(DatasetError) -> (pictures: [Picture], ignored: Int) {
    let index = shard.index
    func parts(_ number: Int) -> [ArraySlice<UInt8>] {
      index.nameBytes(number).split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
    }
    let images = files.filter { FolderListing.namesPicture(index.nameBytes($0)) }
    let tops = Set(images.map { String(decoding: parts($0).first ?? [], as: UTF8.self) })
    let shallow = images.map { parts($0).count }.min() ?? 0
    let hasSplits = !tops.isEmpty && shallow >= 3 && tops.allSatisfy { split(named: $0) != nil }
    // Below one common folder the tree begins a level deeper.
    let skip = !hasSplits && tops.count == 1 && shallow >= 3 ? 1 : 0
    let below =
      skip == 1
      ? Set(images.map { String(decoding: parts($0)[1], as: UTF8.self) }) : []
    let splitsBelow = skip == 1 && shallow >= 4 && below.allSatisfy { split(named: $0) != nil }
    var pictures: [Picture] = []
    for number in images {
      var rest = parts(number).dropFirst(skip)
      var part: Split?
      if hasSplits || splitsBelow, let first = rest.first {
        part = split(named: String(decoding: first, as: UTF8.self))
        rest = rest.dropFirst()
      }
      guard rest.count >= 2, let name = rest.first else {
        throw DatasetError(
          .badText, file: shard.path, expected: "pictures in folders named after their class, or labels in .cls files",
          found: index.name(number))
      }
      pictures.append(Picture(entry: number, label: texts.number(String(decoding: name, as: UTF8.self)), split: part))
    }
    return (pictures, files.count - images.count)
  }

  /// The split that a folder or a word of a file's name tells of.
  static func split(named name: String) -> Split? {
    switch name.lowercased().prefix(while: \.isLetter) {
    case "train", "training": .train
    case "test", "testing", "val", "valid", "validation": .test
    default: nil
    }
  }

  // MARK: Classes

  private static func classes(
    _ texts: [String], beside path: String
  ) throws(DatasetError) -> (names: [String], classOf: [Int]) {
    let numbers = texts.compactMap { Int($0) }
    guard numbers.count == texts.count, let low = numbers.min(), let high = numbers.max() else {
      let names = texts.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        .map { String(decoding: $0, as: UTF8.self) }
      let number = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
      return (names, texts.map { number[$0] ?? 0 })
    }
    guard low >= 0, high < 1_000_000 else {
      throw DatasetError(
        .labelOutOfRange, file: path, expected: "class numbers from 0 to 999,999", found: "\(low < 0 ? low : high)")
    }
    var names = (0...high).map(String.init)
    let list = (path as NSString).deletingLastPathComponent + "/classes.txt"
    if FileManager.default.fileExists(atPath: list) {
      let own = try TextLines.read(list)
      guard own.count > high else {
        throw DatasetError(
          .labelOutOfRange, file: path, expected: "class numbers in 0..<\(own.count), as classes.txt has",
          found: "\(high)")
      }
      names = own
    }
    return (names, numbers)
  }
}
