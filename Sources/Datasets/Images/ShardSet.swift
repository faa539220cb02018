import Foundation

/// Pictures and classes in tar archives: WebDataset's layout (`key.jpg` beside `key.cls` or `key.json`), or a folder tree.
///
/// WebDataset: files of one key stand together; the key is the path up to the first dot of the last component. `key.cls`
/// holds a class number or name; of `key.json` the member `label`, `cls`, `class` or `class_id` counts. Of several pictures
/// of a key, `key.jpg` goes before `key.mask.png`, and the first before others, which are ignored. Tree:
/// `split/class/file` or `class/file`, maybe below one common folder. Without splits in the tree, an archive whose name has
/// a word beginning with `test` or `val` is of the test split if another's has `train`. Where there are both, `test` and
/// `val`, the latter is left out, as it is of a folder. Class numbers are named by a `classes.txt` beside the first archive,
/// where there is one.
struct ShardSet {
  private let archives: ShardMemory
  private var members: [Split: [TarStore.Member]] = [:]
  private var labels: [Split: [Int32]] = [:]
  private var passedOver = FilesPassedOver()
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

  init(_ files: [(path: String, split: Split)], memory: ShardMemory = ShardMemory()) throws(DatasetError) {
    archives = memory
    var texts = Texts()
    for (path, split) in files {
      let shard = try ShardMemory.Shard(path)
      let number = Int32(clamping: memory.all.count)
      let found = try Self.pictures(in: shard, &texts)
      memory.add(shard)
      passedOver.add(found.passedOver)
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

  /// The pictures of a split. What was passed over in all archives stands with the first.
  func index(_ split: Split) throws(DatasetError) -> ImageIndex {
    ImageIndex(
      store: TarStore(archives, members: members[split] ?? []),
      labels: (labels[split] ?? []).map { classOf[Int($0)] }, classNames: classNames,
      passedOver: split == splits.first ? passedOver : FilesPassedOver())
  }

  private struct Picture {
    var entry: Int
    var label: Int32
    var split: Split?
  }

  private static func pictures(
    in shard: ShardMemory.Shard, _ texts: inout Texts
  ) throws(DatasetError) -> (pictures: [Picture], passedOver: FilesPassedOver) {
    let index = shard.index
    let files = index.indices.filter { number in
      let name = index.nameBytes(number)
      let start = name.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? name.startIndex
      return index.kind(number) == .file && start < name.endIndex && name[start] != UInt8(ascii: ".")
    }
    let isWebDataset = hasLabels(index, files)
    return isWebDataset
      ? try keyed(shard, files, &texts) : try tree(shard, files, &texts)
  }

  // MARK: WebDataset

  /// Whether there are `.cls` files, or `.json` files beside pictures; a lone `.json` in a tree is none of WebDataset's.
  private static func hasLabels(_ index: TarIndex, _ files: [Int]) -> Bool {
    var last: ArraySlice<UInt8> = []
    var (hasPicture, hasJSON) = (false, false)
    for number in files {
      let name = index.nameBytes(number)
      let key = key(name)
      if !key.elementsEqual(last) { (last, hasPicture, hasJSON) = (key, false, false) }
      switch ending(name) {
      case "cls": return true
      case "json": hasJSON = true
      default: if FolderListing.namesPicture(name) { hasPicture = true }
      }
      if hasPicture && hasJSON { return true }
    }
    return false
  }

  /// The first file of a kind, unless one comes whose name has but one dot after the key's beginning.
  private struct Choice {
    var file: Int?
    private var isPlain = false

    mutating func offer(_ number: Int, isPlain plain: Bool) {
      guard file == nil || plain && !isPlain else { return }
      file = number
      isPlain = plain
    }
  }

  private static func keyed(
    _ shard: ShardMemory.Shard, _ files: [Int], _ texts: inout Texts
  ) throws(DatasetError) -> (pictures: [Picture], passedOver: FilesPassedOver) {
    let index = shard.index
    var pictures: [Picture] = []
    var passedOver = FilesPassedOver()
    var place = 0
    while place < files.count {
      let key = key(index.nameBytes(files[place]))
      var (image, cls, json) = (Choice(), Choice(), Choice())
      var others: [Int] = []
      while place < files.count, Self.key(index.nameBytes(files[place])).elementsEqual(key) {
        let name = index.nameBytes(files[place])
        let isPlain = !name.dropFirst(key.count + 1).contains(UInt8(ascii: "."))
        switch ending(name) {
        case "cls": cls.offer(files[place], isPlain: isPlain)
        case "json": json.offer(files[place], isPlain: isPlain)
        default:
          others.append(files[place])
          if FolderListing.namesPicture(name) { image.offer(files[place], isPlain: isPlain) }
        }
        place += 1
      }
      for number in others where number != image.file { passedOver.add(index.nameBytes(number)) }
      guard let picture = image.file else { continue }
      var label = cls.file.map { number in
        String(decoding: shard.contents(number).prefix(256), as: UTF8.self)
          .trimmingCharacters(in: .whitespacesAndNewlines)
      }
      if label == nil, let json = json.file { label = Self.label(shard.contents(json)) }
      guard let label, !label.isEmpty else {
        throw DatasetError(
          .badText, file: shard.path,
          expected: "a label for \(index.name(picture)): a .cls file, or a .json file with "
            + "label, cls, class or class_id",
          found: cls.file != nil ? "an empty .cls file" : json.file == nil ? "neither" : "a .json file without one")
      }
      pictures.append(Picture(entry: picture, label: texts.number(label), split: nil))
    }
    return (pictures, passedOver)
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
    _ shard: ShardMemory.Shard, _ files: [Int], _ texts: inout Texts
  ) throws(DatasetError) -> (pictures: [Picture], passedOver: FilesPassedOver) {
    let index = shard.index
    func parts(_ number: Int) -> [ArraySlice<UInt8>] {
      index.nameBytes(number).split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
    }
    let images = files.filter { FolderListing.namesPicture(index.nameBytes($0)) }
    let depths = images.map { parts($0).count }
    let (shallow, deep) = (depths.min() ?? 0, depths.max() ?? 0)
    func areSplits(_ level: Int) -> Bool {
      images.allSatisfy { number in
        let parts = parts(number)
        return parts.count > level && split(named: String(decoding: parts[level], as: UTF8.self)) != nil
      }
    }
    let hasSplits = deep >= 3 && areSplits(0)
    // Below one common folder the tree begins a level deeper.
    let hasTop = !hasSplits && shallow >= 3 && Set(images.map { parts($0)[0] }).count == 1
    let skip = hasTop ? 1 : 0
    let splitLevel = hasSplits ? 0 : hasTop && deep >= 4 && areSplits(1) ? 1 : nil
    var found: [(picture: Picture, hasClass: Bool, isValidation: Bool)] = []
    for number in images {
      let rest = parts(number).dropFirst(skip + (splitLevel == nil ? 0 : 1))
      let word = splitLevel.map { String(decoding: parts(number)[$0], as: UTF8.self) } ?? ""
      let hasClass = rest.count >= 2
      let label = hasClass ? texts.number(String(decoding: rest.first ?? [], as: UTF8.self)) : 0
      found.append(
        (Picture(entry: number, label: label, split: split(named: word)), hasClass, isValidation(word)))
    }
    // The test split as of a folder: `test` if it has classes, else `val`.
    let hasTest = found.contains { $0.picture.split == .test && !$0.isValidation && $0.hasClass }
    let hasValidation = found.contains { $0.isValidation }
    let chosen = found.filter { $0.picture.split != .test || $0.isValidation == (hasValidation && !hasTest) }
    if let loose = chosen.first(where: { !$0.hasClass }) {
      throw DatasetError(
        .badText, file: shard.path, expected: "pictures in folders named after their class, or labels in .cls files",
        found: index.name(loose.picture.entry))
    }
    let taken = Set(chosen.map(\.picture.entry))
    var passedOver = FilesPassedOver()
    for number in files where !taken.contains(number) { passedOver.add(index.nameBytes(number)) }
    return (chosen.map(\.picture), passedOver)
  }

  /// The split that a folder or a word of a file's name tells of.
  static func split(named name: String) -> Split? {
    switch name.lowercased().prefix(while: \.isLetter) {
    case "train", "training": .train
    case "test", "testing", "val", "valid", "validation": .test
    default: nil
    }
  }

  /// Whether it tells of a validation split, which is for testing only where there is no test split.
  static func isValidation(_ name: String) -> Bool { name.lowercased().hasPrefix("val") && split(named: name) == .test }

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
