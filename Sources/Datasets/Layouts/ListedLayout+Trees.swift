/// Sets whose classes are folders.
extension ListedLayout {
  /// Caltech-101 without an official split: 30 pictures of each class, drawn by seed 0, are trained on, the rest is
  /// measured on.
  static let caltech101 = ListedLayout("caltech101", "photographs of things, 101 classes and a background") {
    directory, split, _ throws(DatasetError) in
    let folder = try ListedFolder(
      directory, of: "caltech101", in: ["", "caltech101", "caltech-101"], markers: ["101_ObjectCategories"])
    let root = "101_ObjectCategories"
    var images = ListedImages(classNames: try folder.folders(root))
    for (label, name) in images.classNames.enumerated() {
      let files = try folder.pictures(root + "/" + name)
      guard files.count > caltechTrainingImages else {
        throw DatasetError(
          .countMismatch, file: folder.full(root + "/" + name),
          expected: "more than \(caltechTrainingImages) pictures", found: "\(files.count)", cure: "get the set again")
      }
      let order = CounterGenerator.permutation(
        count: files.count, seed: 0, purpose: .division, UInt64(bitPattern: Int64(label)))
      let drawn = split == .train ? order.prefix(caltechTrainingImages) : order.dropFirst(caltechTrainingImages)
      let path = Array((folder.prefix + root + "/" + name + "/").utf8)
      for place in drawn.sorted() { try images.append([path, files[place]], label: label) }
    }
    return images
  }

  private static let caltechTrainingImages = 30

  /// EuroSAT, which has one part only.
  static let euroSAT = ListedLayout(
    "eurosat", "satellite images of land, 64x64 colour, 10 classes", splits: { _ in [.train] }
  ) { directory, _, _ throws(DatasetError) in
    let folder = try ListedFolder(
      directory, of: "eurosat", in: ["", "2750", "EuroSAT", "EuroSAT/2750", "eurosat/2750"], markers: ["AnnualCrop"])
    var images = ListedImages(classNames: try folder.folders(""))
    let numbers = ListedFolder.numbers(images.classNames)
    try folder.addClasses(in: "", to: &images) { numbers[$0] }
    return images
  }

  /// Omniglot: the background alphabets to learn from, the others to measure on; classes are ALPHABET/CHARACTER of both,
  /// which have none in common. Where the background is not there, its two small parts are taken.
  static let omniglot = ListedLayout(
    "omniglot", "drawn characters, 105x105 gray, 1,623 classes",
    splits: { directory throws(DatasetError) in
      let parts = try omniglotParts(directory)
      return Split.allCases.filter { parts.folders[$0]?.isEmpty == false }
    }
  ) { directory, split, _ throws(DatasetError) in
    let (folder, parts) = try omniglotParts(directory)
    var classes: [String: String] = [:]
    for part in Split.allCases.flatMap({ parts[$0] ?? [] }) {
      for alphabet in try folder.folders(part) {
        for character in try folder.folders(part + "/" + alphabet) {
          classes[alphabet + "/" + character] = part
        }
      }
    }
    var images = ListedImages(classNames: ListedFolder.sorted(classes.keys))
    for (label, name) in images.classNames.enumerated() {
      guard let part = classes[name], parts[split]?.contains(part) == true else { continue }
      try folder.add(part + "/" + name, label: label, to: &images)
    }
    return images
  }

  private static func omniglotParts(
    _ directory: String
  ) throws(DatasetError) -> (folder: ListedFolder, folders: [Split: [String]]) {
    let small = ["images_background_small1", "images_background_small2"]
    let folder = try ListedFolder(
      directory, of: "omniglot", in: ["", "python", "omniglot-py"],
      markers: ["images_background", "images_evaluation"] + small)
    let train = folder.has("images_background") ? ["images_background"] : small.filter { folder.has($0) }
    return (folder, [.train: train, .test: ["images_evaluation"].filter { folder.has($0) }])
  }

  /// Tiny ImageNet: `train/WNID/images`; `val/images` with `val/val_annotations.txt` (file and WordNet id first in a
  /// line), or `val/WNID`. Classes are WordNet ids in ascending order.
  static let tinyImageNet = ListedLayout("tiny-imagenet", "photographs, 64x64 colour, 200 classes of ImageNet") {
    directory, split, _ throws(DatasetError) in
    let folder = try ListedFolder(
      directory, of: "tiny-imagenet", in: ["", "tiny-imagenet-200"], markers: ["wnids.txt"])
    var images = ListedImages(classNames: ListedFolder.sorted(try folder.lines("wnids.txt").map(\.text)))
    let numbers = ListedFolder.numbers(images.classNames)
    let list = "val/val_annotations.txt"
    if split == .test, folder.has("val/images"), folder.has(list) {
      for (line, text) in try folder.lines(list) {
        let fields = text.split(separator: "\t")
        guard fields.count >= 2, let label = numbers[String(fields[1])] else {
          throw folder.bad(list, line, expected: "FILE, a tab, and a WordNet id of wnids.txt", found: text)
        }
        try images.append(folder.prefix + "val/images/" + fields[0], label: label)
      }
      return images
    }
    let root = split == .train ? "train" : "val"
    let inner = try folder.folders(root).first.map { folder.has("\(root)/\($0)/images") } ?? false
    try folder.addClasses(in: root, inner: inner ? "images" : "", to: &images) { numbers[$0] }
    return images
  }

  /// Imagenette of any size: `train/WNID` and `val/WNID`.
  static let imagenette = ListedLayout("imagenette", "photographs, ten easy classes of ImageNet") {
    directory, split, _ throws(DatasetError) in
    let editions = ["", "imagenette2-160", "imagenette2-320", "imagenette2"]
    let folder = try ListedFolder(directory, of: "imagenette", in: editions, markers: ["train"])
    var images = ListedImages(classNames: try folder.folders("train"))
    let numbers = ListedFolder.numbers(images.classNames)
    try folder.addClasses(in: split == .train ? "train" : "val", to: &images) { numbers[$0] }
    return images
  }

  /// GTSRB: one folder a class to train on; `GT-final_test.csv` (Filename;...;ClassId) for the pictures of the test. The
  /// frames of one sign, which share the name up to the underscore, are a group.
  static let gtsrb = ListedLayout("gtsrb", "photographs of traffic signs, 43 classes") {
    directory, split, _ throws(DatasetError) in
    let roots = ["Final_Training/Images", "Training", "Final_Test/Images"]
    let folder = try ListedFolder(directory, of: "gtsrb", in: ["", "GTSRB"], markers: roots)
    var images = ListedImages(classNames: (0..<43).map(String.init))
    let count = images.classNames.count
    if split == .train {
      let root = folder.has(roots[0]) ? roots[0] : roots[1]
      try folder.addClasses(in: root, to: &images) { name in Int(name).flatMap { (0..<count).contains($0) ? $0 : nil } }
      var groups: [String: Int] = [:]
      images.groups = images.map { image in
        let key = GroupFile.key(of: image.path)
        let number = groups[key] ?? groups.count
        groups[key] = number
        return number
      }
      return images
    }
    // The list comes in an archive of its own, so it may lie beside the folder of the pictures.
    let list = "GT-final_test.csv"
    let beside = ListedFolder(directory: directory, prefix: "")
    let place = folder.has(list) || !beside.has(list) ? folder : beside
    let lines = try place.lines(list)
    let header = lines.first?.text.split(separator: ";", omittingEmptySubsequences: false).map(String.init) ?? []
    guard let file = header.firstIndex(of: "Filename"), let label = header.firstIndex(of: "ClassId") else {
      throw place.bad(list, 1, expected: "Filename;...;ClassId", found: lines.first?.text ?? "")
    }
    for (line, text) in lines.dropFirst() {
      let fields = text.split(separator: ";", omittingEmptySubsequences: false)
      guard max(file, label) < fields.count, let number = Int(fields[label]), (0..<count).contains(number) else {
        throw place.bad(list, line, expected: "a file and a class in 0..<\(count)", found: text)
      }
      try images.append(folder.prefix + roots[2] + "/" + fields[file], label: number)
    }
    return images
  }
}
