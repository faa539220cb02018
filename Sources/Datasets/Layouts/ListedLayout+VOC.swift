/// PASCAL VOC2007 as a set of several labels a picture.
public enum VOC2007 {
  /// The classes, in the order of the development kit.
  public static let classNames = [
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog",
    "horse",
    "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
  ]

  /// For each picture, in the order of the layout's entries, a mark for each class: 1 for present, -1 for absent, 0 for
  /// present but difficult, which counts neither way.
  public static func marks(in directory: String, split: Split) throws(DatasetError) -> [[Int8]] {
    try read(directory, split).marks
  }

  /// `ImageSets/Main/CLASS_trainval.txt` and `CLASS_test.txt` have a picture's name and its mark a line, the same pictures
  /// in the same order for every class.
  static func read(_ directory: String, _ split: Split) throws(DatasetError) -> (paths: [String], marks: [[Int8]]) {
    let folder = try ListedFolder(
      directory, of: "voc2007", in: ["", "VOC2007", "VOCdevkit/VOC2007"], markers: ["ImageSets/Main"])
    var names: [String] = []
    var marks: [[Int8]] = []
    for (label, name) in classNames.enumerated() {
      let file = "ImageSets/Main/\(name)_\(split == .train ? "trainval" : "test").txt"
      let lines = try folder.lines(file)
      if label == 0 {
        names = lines.map { String($0.text.prefix { $0 != " " }) }
        marks = [[Int8]](repeating: [Int8](repeating: -1, count: classNames.count), count: lines.count)
      }
      guard lines.count == names.count else {
        throw DatasetError(
          .countMismatch, file: folder.full(file), expected: "\(names.count) pictures, as \(classNames[0]) has",
          found: "\(lines.count)", cure: "get the file again")
      }
      for (place, line) in lines.enumerated() {
        let fields = line.text.split(separator: " ")
        guard fields.count == 2, fields[0] == names[place], let mark = Int8(fields[1]), (-1...1).contains(mark) else {
          throw folder.bad(file, line.number, expected: "\(names[place]) and 1, 0 or -1", found: line.text)
        }
        marks[place][label] = mark
      }
    }
    return (names.map { folder.prefix + "JPEGImages/\($0).jpg" }, marks)
  }
}

extension ListedLayout {
  /// VOC2007, each picture by the first of its classes (a difficult one where it has no other); `VOC2007.marks` has all.
  static let voc2007 = ListedLayout("voc2007", "photographs with one or more of 20 things") {
    directory, split, _ throws(DatasetError) in
    let found = try VOC2007.read(directory, split)
    var images = ListedImages(classNames: VOC2007.classNames)
    for (path, marks) in zip(found.paths, found.marks) {
      guard let label = marks.firstIndex(of: 1) ?? marks.firstIndex(of: 0) else {
        throw mismatch(directory, "a class for each picture; \(path) has none")
      }
      try images.append(path, label: label)
    }
    return images
  }
}
