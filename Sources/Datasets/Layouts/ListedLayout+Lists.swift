/// Sets whose splits are text files.
extension ListedLayout {
  /// Food-101: `meta/classes.txt`; `meta/train.txt` and `meta/test.txt` with CLASS/NUMBER a line.
  static let food101 = ListedLayout("food101", "photographs of dishes, 101 classes") {
    directory, split, _ throws(DatasetError) in
    let folder = try ListedFolder(directory, of: "food101", in: ["", "food-101"], markers: ["meta/classes.txt"])
    var images = ListedImages(classNames: try folder.lines("meta/classes.txt").map(\.text))
    let numbers = ListedFolder.numbers(images.classNames)
    let file = "meta/\(split.rawValue).txt"
    for (line, text) in try folder.lines(file) {
      guard let slash = text.firstIndex(of: "/"), let label = numbers[String(text[..<slash])] else {
        throw folder.bad(file, line, expected: "CLASS/NUMBER", found: text)
      }
      try images.append(folder.prefix + "images/" + text + ".jpg", label: label)
    }
    return images
  }

  /// Oxford-IIIT Pets: `annotations/trainval.txt` and `annotations/test.txt` with name, class from 1, species and breed a
  /// line; the class's name is the picture's without its number.
  static let pets = ListedLayout("pets", "photographs of cats and dogs, 37 breeds") {
    directory, split, _ throws(DatasetError) in
    let folder = try ListedFolder(
      directory, of: "pets", in: ["", "oxford-iiit-pet"], markers: ["annotations/trainval.txt", "annotations/test.txt"])
    var names: [Int: String] = [:]
    var rows: [Split: [(path: String, label: Int)]] = [:]
    // Both files, so that both splits have the same classes.
    for (part, file) in [(Split.train, "annotations/trainval.txt"), (.test, "annotations/test.txt")]
    where part == split || folder.has(file) {
      for (line, text) in try folder.lines(file) where !text.hasPrefix("#") {
        let fields = text.split { $0 == " " || $0 == "\t" }
        guard fields.count >= 2, let label = Int(fields[1]), (1...1000).contains(label),
          let underscore = fields[0].lastIndex(of: "_")
        else { throw folder.bad(file, line, expected: "NAME_NUMBER CLASS SPECIES BREED", found: text) }
        let name = String(fields[0][..<underscore])
        if let other = names[label], other != name {
          throw folder.bad(file, line, expected: "class \(label) to be \(other)", found: text)
        }
        names[label] = name
        rows[part, default: []].append((folder.prefix + "images/\(fields[0]).jpg", label - 1))
      }
    }
    let count = names.keys.max() ?? 0
    if let gap = (1...max(count, 1)).first(where: { names[$0] == nil }) {
      throw DatasetError(
        .countMismatch, file: folder.full("annotations"), expected: "pictures of every class up to \(count)",
        found: "none of class \(gap)", cure: "get both lists")
    }
    var images = ListedImages(classNames: names.sorted { $0.key < $1.key }.map(\.value))
    for row in rows[split] ?? [] { try images.append(row.path, label: row.label) }
    return images
  }

  /// FGVC Aircraft: `data/images_LEVEL_trainval.txt` and `data/images_LEVEL_test.txt` with name and class a line; the
  /// classes in `data/variants.txt` and its like.
  static let aircraft = ListedLayout(
    "aircraft", "photographs of aircraft, 100 variants", factors: ["variant", "family", "manufacturer"]
  ) { directory, split, level throws(DatasetError) in
    let folder = try ListedFolder(
      directory, of: "aircraft", in: ["", "fgvc-aircraft-2013b"], markers: ["data/variants.txt"])
    let lists = ["variant": "variants", "family": "families", "manufacturer": "manufacturers"]
    var images = ListedImages(classNames: try folder.lines("data/\(lists[level] ?? level).txt").map(\.text))
    let numbers = ListedFolder.numbers(images.classNames)
    let file = "data/images_\(level)_\(split == .train ? "trainval" : "test").txt"
    for (line, text) in try folder.lines(file) {
      guard let gap = text.firstIndex(of: " "), let label = numbers[String(text[text.index(after: gap)...])] else {
        throw folder.bad(file, line, expected: "NUMBER \(level.uppercased())", found: text)
      }
      try images.append(folder.prefix + "data/images/\(text[..<gap]).jpg", label: label)
    }
    return images
  }

  /// DTD, the first of its ten splits: `labels/train1.txt`, `labels/val1.txt` and `labels/test1.txt` with CLASS/FILE a
  /// line; train and val are trained on.
  static let dtd = ListedLayout("dtd", "photographs of textures, 47 classes") {
    directory, split, _ throws(DatasetError) in
    let folder = try ListedFolder(directory, of: "dtd", in: ["", "dtd"], markers: ["labels/train1.txt"])
    var rows: [(part: String, path: String, name: String)] = []
    for part in ["train", "val", "test"] {
      let file = "labels/\(part)1.txt"
      for (line, text) in try folder.lines(file) {
        guard let slash = text.firstIndex(of: "/") else {
          throw folder.bad(file, line, expected: "CLASS/FILE", found: text)
        }
        rows.append((part, folder.prefix + "images/" + text, String(text[..<slash])))
      }
    }
    var images = ListedImages(classNames: ListedFolder.sorted(rows.map(\.name)))
    let numbers = ListedFolder.numbers(images.classNames)
    for row in rows where (row.part == "test") == (split == .test) {
      try images.append(row.path, label: numbers[row.name] ?? 0)
    }
    return images
  }

  /// SUN397, the first of its ten splits: `ClassName.txt` with /LETTER/CLASS a line; `Training_01.txt` and
  /// `Testing_01.txt` with /LETTER/CLASS/FILE. The lists may lie beside the folder SUN397, in it, or in `Partitions`.
  static let sun397 = ListedLayout("sun397", "photographs of scenes, 397 classes") {
    directory, split, _ throws(DatasetError) in
    let lists = ["Training_01.txt", "Partitions/Training_01.txt", "SUN397/Training_01.txt"]
    let folder = try ListedFolder(directory, of: "sun397", in: [""], markers: lists)
    let place = ["", "Partitions/", "SUN397/"].first { folder.has($0 + "Training_01.txt") } ?? ""
    let names = ["SUN397/ClassName.txt", "Partitions/ClassName.txt", "ClassName.txt"].first { folder.has($0) }
    let classes = try folder.lines(names ?? "SUN397/ClassName.txt")
    // What stands before the last slash of a picture's path; in print, without the letter.
    let numbers = ListedFolder.numbers(classes.map(\.text))
    var images = ListedImages(classNames: classes.map { String($0.text.dropFirst(3)) })
    let root = folder.has("SUN397/a") || !folder.has("a") ? "SUN397" : ""
    let file = place + (split == .train ? "Training_01.txt" : "Testing_01.txt")
    for (line, text) in try folder.lines(file) {
      guard let slash = text.lastIndex(of: "/"), let label = numbers[String(text[..<slash])] else {
        throw folder.bad(file, line, expected: "/LETTER/CLASS/FILE, the class one of ClassName.txt", found: text)
      }
      try images.append(root.isEmpty ? String(text.dropFirst()) : root + text, label: label)
    }
    return images
  }

  /// Birdsnap: tables with a header line and tabs: `species.txt` (id, common, dir, ...), `images.txt` (path, species_id,
  /// ...) and `test_images.txt` (path). Pictures lie in `download/images`. Many can no longer be had from Flickr: those that
  /// are not there are left out and named in `missing`.
  static let birdsnap = ListedLayout("birdsnap", "photographs of North American birds, 500 species") {
    directory, split, _ throws(DatasetError) in
    let folder = try ListedFolder(directory, of: "birdsnap", in: ["", "birdsnap"], markers: ["species.txt"])
    var names: [Int: String] = [:]
    for row in try table(folder, "species.txt", ["id", "common"]) {
      guard let id = Int(row.fields[0]) else {
        throw folder.bad("species.txt", row.line, expected: "a number as id", found: row.fields[0])
      }
      names[id] = row.fields[1]
    }
    let ids = names.keys.sorted()
    let numbers = Dictionary(ids.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
    var images = ListedImages(classNames: ids.map { names[$0] ?? "" })
    let held = Set(try table(folder, "test_images.txt", ["path"]).map { $0.fields[0] })
    let root = ["download/images/", "images/"].first { folder.has($0) } ?? "download/images/"
    var there: [String: Set<String>] = [:]
    for row in try table(folder, "images.txt", ["path", "species_id"])
    where held.contains(row.fields[0]) == (split == .test) {
      guard let label = Int(row.fields[1]).flatMap({ numbers[$0] }) else {
        throw folder.bad("images.txt", row.line, expected: "a species_id of species.txt", found: row.fields[1])
      }
      let path = row.fields[0]
      let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
      if there[parent] == nil {
        let files = folder.has(root + parent) ? try folder.pictures(root + parent) : []
        there[parent] = Set(files.map { String(decoding: $0, as: UTF8.self) })
      }
      let name = parent.isEmpty ? path : String(path.dropFirst(parent.count + 1))
      if there[parent]?.contains(name) == true {
        try images.append(folder.prefix + root + path, label: label)
      } else {
        images.missing.append(folder.prefix + root + path)
      }
    }
    return images
  }

  /// The columns of a table with tabs.
  private static func table(
    _ folder: ListedFolder, _ file: String, _ columns: [String]
  ) throws(DatasetError) -> [(line: Int, fields: [String])] {
    let lines = try folder.lines(file)
    let fields = { (text: String) in text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    let header = lines.first.map { fields($0.text) } ?? []
    var places: [Int] = []
    for column in columns {
      guard let place = header.firstIndex(of: column) else {
        throw folder.bad(
          file, 1, expected: "a header with the columns " + columns.joined(separator: ", "),
          found: lines.first?.text ?? "")
      }
      places.append(place)
    }
    var rows: [(line: Int, fields: [String])] = []
    for (line, text) in lines.dropFirst() {
      let all = fields(text)
      guard let last = places.max(), last < all.count else {
        throw folder.bad(file, line, expected: "\(header.count) fields between tabs", found: text)
      }
      rows.append((line, places.map { all[$0] }))
    }
    return rows
  }
}
