/// A picture of a listed set: where it lies and what it shows.
public struct ListedImage: Hashable, Sendable {
  /// The path below the set's folder.
  public var path: String
  /// The number of its class.
  public var label: Int

  /// A picture from its path and class.
  public init(path: String, label: Int) {
    self.path = path
    self.label = label
  }
}

/// The pictures of one split, as the set's own lists or folders have them; no picture is opened.
public struct ListedImages: Sendable, RandomAccessCollection {
  /// The names of the classes, in the order of their numbers.
  public internal(set) var classNames: [String]
  /// The number of the class of each picture.
  public internal(set) var labels: [Int] = []
  /// The group of each picture, where the set has such, as frames of one sign.
  public internal(set) var groups: [Int]?
  /// Pictures that the lists name and that are not there, where the set is known to have gaps (Birdsnap).
  public internal(set) var missing: [String] = []
  /// Files in the folders of classes that are no pictures, by name: passed over, but counted.
  public internal(set) var passedOver = FilesPassedOver()
  private(set) var names = NameList()

  init(classNames: [String]) { self.classNames = classNames }

  /// Adds a picture whose path is given in parts.
  mutating func append(_ path: [some Collection<UInt8>], label: Int) throws(DatasetError) {
    guard names.append(path) else {
      throw DatasetError(.tooLarge, expected: "at most 4 GiB of names", found: "more")
    }
    labels.append(label)
  }

  /// Adds a picture.
  mutating func append(_ path: String, label: Int) throws(DatasetError) { try append([path.utf8], label: label) }

  /// 0.
  public var startIndex: Int { 0 }
  /// How many pictures there are.
  public var endIndex: Int { labels.count }
  /// A picture.
  public subscript(position: Int) -> ListedImage { ListedImage(path: names[position], label: labels[position]) }

  /// As the index that samples are made from.
  func index(below directory: String) -> ImageIndex {
    ImageIndex(
      store: FolderStore(root: directory, names: names), labels: labels, classNames: classNames,
      passedOver: passedOver, groups: groups)
  }
}
