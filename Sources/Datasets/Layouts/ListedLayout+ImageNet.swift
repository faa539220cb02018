import Foundation

/// ImageNet and the test sets for it. All number their classes by ImageNet's 1000, in the order of WordNet ids, so that a
/// network trained on ImageNet can be measured on each; ImageNet-A and -R have 200 of them (`ImageNetClasses`).
extension ListedLayout {
  private static let numbers = ListedFolder.numbers(ImageNetClasses.wordNetIDs)

  /// ImageNet-1k: `train/WNID`; `val/WNID`, or `val/ILSVRC2012_val_NNNNNNNN.JPEG` with the development kit's
  /// `ILSVRC2012_validation_ground_truth.txt` and `meta.mat`.
  static let imageNet = ListedLayout(
    "imagenet", "photographs, 1,000 classes (ILSVRC2012); val is the test split",
    splits: { directory throws(DatasetError) in
      let folder = try imageNetFolder(directory)
      return Split.allCases.filter { folder.has($0 == .train ? "train" : "val") }
    }
  ) { directory, split, _ throws(DatasetError) in
    let folder = try imageNetFolder(directory)
    var images = ListedImages(classNames: ImageNetClasses.wordNetIDs)
    let root = split == .train ? "train" : "val"
    if split == .test, try folder.folders(root).isEmpty {
      try addFlat(folder, directory, to: &images)
    } else {
      try folder.addClasses(in: root, to: &images) { numbers[$0] }
    }
    return images
  }

  private static func imageNetFolder(_ directory: String) throws(DatasetError) -> ListedFolder {
    try ListedFolder(
      directory, of: "imagenet", in: ["", "ILSVRC2012", "ILSVRC/Data/CLS-LOC"], markers: ["train", "val"])
  }

  /// Validation pictures in one folder: the n-th line of the ground truth is the development kit's number of the class of
  /// picture n; `meta.mat` gives that number's WordNet id.
  private static func addFlat(
    _ folder: ListedFolder, _ directory: String, to images: inout ListedImages
  ) throws(DatasetError) {
    let truth = "ILSVRC2012_validation_ground_truth.txt"
    let places = ["", "devkit/data/", "ILSVRC2012_devkit_t12/data/"]
    let top = ListedFolder(directory: directory, prefix: "")
    guard
      let kit = [folder, top].flatMap({ base in places.map { (base, $0) } }).first(where: { $0.0.has($0.1 + truth) })
    else {
      throw DatasetError(
        .missing, file: folder.full("val"), expected: "a folder for each class, or \(truth) of the development kit",
        found: "neither", cure: "put ILSVRC2012_devkit_t12 beside val")
    }
    let meta = kit.0.full(kit.1 + "meta.mat")
    let synsets = try MATFile.array("synsets", in: try MATFile.read(meta, names: ["synsets"]), of: meta)
    guard let ids = synsets["ILSVRC2012_ID"], let words = synsets["WNID"] else {
      throw mismatch(meta, "synsets: records of ILSVRC2012_ID and WNID")
    }
    var classes: [Int: Int] = [:]
    for (id, word) in zip(ids, words) {
      if let id = id.integers?.first, let label = word.string.flatMap({ numbers[$0] }) { classes[id] = label }
    }
    let lines = try kit.0.lines(kit.1 + truth)
    for name in try folder.pictures("val") {
      let text = String(decoding: name, as: UTF8.self)
      let digits = text.drop { $0 != "_" }.dropFirst().drop { $0 != "_" }.dropFirst().prefix { $0.isNumber }
      guard let number = Int(digits), (1...max(lines.count, 1)).contains(number), number <= lines.count else {
        throw DatasetError(
          .badText, file: folder.full("val/" + text),
          expected: "a name such as ILSVRC2012_val_00000001.JPEG, its number at "
            + "most \(lines.count)", found: text)
      }
      let line = lines[number - 1]
      guard let label = Int(line.text).flatMap({ classes[$0] }) else {
        throw kit.0.bad(kit.1 + truth, line.number, expected: "a class of meta.mat", found: line.text)
      }
      try images.append(folder.prefix + "val/" + text, label: label)
    }
  }

  /// ImageNet-A.
  static let imageNetA = shifted("imagenet-a", "natural adversarial examples", in: ["", "imagenet-a"])

  /// ImageNet-R.
  static let imageNetR = shifted("imagenet-r", "renditions", in: ["", "imagenet-r"])

  /// ImageNet-Sketch.
  static let imageNetSketch = shifted("imagenet-sketch", "sketches", in: ["", "sketch", "imagenet-sketch"])

  /// One folder a class, named by its WordNet id.
  private static func shifted(_ name: String, _ what: String, in folders: [String]) -> ListedLayout {
    ListedLayout(name, "\(what) of ImageNet's classes; test only", splits: { _ in [.test] }) {
      directory, _, _ throws(DatasetError) in
      let folder = try ListedFolder(directory, of: name, in: folders, markers: ImageNetClasses.wordNetIDs)
      var images = ListedImages(classNames: ImageNetClasses.wordNetIDs)
      try folder.addClasses(in: "", to: &images) { numbers[$0] }
      return images
    }
  }

  /// The three test sets of ImageNetV2: one folder a class, named by its number.
  static let imageNetV2: [ListedLayout] = ["matched-frequency", "threshold-0.7", "top-images"].map { variant in
    let name = "imagenetv2-" + variant
    let archive = "imagenetv2-" + (variant == "threshold-0.7" ? "threshold0.7" : variant) + "-format-val"
    return ListedLayout(name, "10,000 new test images for ImageNet; test only", splits: { _ in [.test] }) {
      directory, _, _ throws(DatasetError) in
      let folder = try ListedFolder(directory, of: name, in: ["", archive], markers: (0..<1000).map(String.init))
      var images = ListedImages(classNames: ImageNetClasses.wordNetIDs)
      let count = images.classNames.count
      try folder.addClasses(in: "", to: &images) { name in
        Int(name).flatMap { (0..<count).contains($0) && String($0) == name ? $0 : nil }
      }
      return images
    }
  }

  /// ImageNet-C: `CORRUPTION/SEVERITY/WNID`, also below the names of its archives; the factor names both, as `fog-3`.
  static let imageNetC = ListedLayout(
    "imagenet-c", "ImageNet's validation images corrupted; labels CORRUPTION-SEVERITY; test only",
    factors: (CorruptionBenchmark.corruptions.map(\.name) + CorruptionBenchmark.extras).flatMap { corruption in
      CorruptionBenchmark.severities.map { "\(corruption)-\($0)" }
    }, splits: { _ in [.test] }
  ) { directory, _, factor throws(DatasetError) in
    let path = factor.split(separator: "-").joined(separator: "/")
    let archives = ["", "blur", "digital", "noise", "weather", "extra"]
    let folders = archives + archives.map { $0.isEmpty ? "imagenet-c" : "imagenet-c/" + $0 }
    let folder = try ListedFolder(directory, of: "imagenet-c", in: folders, markers: [path])
    var images = ListedImages(classNames: ImageNetClasses.wordNetIDs)
    try folder.addClasses(in: path, to: &images) { numbers[$0] }
    return images
  }
}

/// The labels of ReaL: for each validation image of ImageNet, in the order of their numbers, the classes that are right;
/// none where the image does not count. Source: L. Beyer and others, "Are we done with ImageNet?", arXiv 2006.07159.
public enum ReassessedLabels {
  /// Reads `real.json`, a list of lists of class numbers.
  public static func read(_ path: String) throws(DatasetError) -> [[Int]] {
    let bytes = try StoredFile(path, packing: .byName).contents()
    guard let lists = try? JSONDecoder().decode([[Int]].self, from: Data(bytes)) else {
      throw DatasetError(
        .badText, file: path, expected: "a JSON list of lists of class numbers", found: "something else",
        cure: "get the file again")
    }
    let count = ImageNetClasses.wordNetIDs.count
    for (place, list) in lists.enumerated() {
      if let label = list.first(where: { !(0..<count).contains($0) }) {
        throw DatasetError(
          .labelOutOfRange, file: path, expected: "classes in 0..<\(count)", found: "\(label) for image \(place)",
          cure: "get the file again")
      }
    }
    return lists
  }

  /// The number from 0 of a validation image by its file's name, ILSVRC2012_val_00000001.JPEG and so on; nil for others.
  public static func number(of file: String) -> Int? {
    guard let start = file.range(of: "ILSVRC2012_val_") else { return nil }
    let digits = file[start.upperBound...].prefix { $0.isNumber }
    return digits.count == 8 ? Int(digits).flatMap { $0 > 0 ? $0 - 1 : nil } : nil
  }
}
