extension DatasetEntry {
  /// STL-10, the labelled parts of its binary files (Coates, Ng, Lee, 2011): no header; an image is a red, a green and a
  /// blue plane of 96x96 bytes, each column by column; labels are bytes from 1.
  static let stl10 = DatasetEntry(
    name: "stl10", summary: "5,000 and 8,000 photographs, 96x96 colour, 10 classes", usage: "stl10:DIR",
    source: .folder, splits: { FolderLayout.stl10.splits(of: $0) }
  ) { reference, split throws(DatasetError) in
    let files = try FolderLayout.stl10.files(of: reference, split)
    let labels = try StoredFile(files[1], packing: .byName).contents()
    let shape = ImageShape(channels: 3, height: 96, width: 96)
    let (size, overflow) = labels.count.multipliedReportingOverflow(by: shape.count)
    guard !overflow else { throw tooMany(labels.count, file: files[1]) }
    let what = "\(labels.count) images, one for each label"
    let pixels = try StoredFile(files[0], packing: .byName).contents(size: size, what: what)
    return Samples(
      unchecked: Samples.rowMajor(pixels[...], height: shape.height, width: shape.width),
      labels: try fromOne(labels.map(Int.init), classes: 10, file: files[1]), shape: shape,
      classNames: ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"])
  }

  /// SVHN's cropped digits (Netzer and others, 2011): MATLAB files with X [32, 32, 3, n] of bytes and y [n, 1], where the
  /// digit 0 is labelled 10.
  static let svhn = DatasetEntry(
    name: "svhn", summary: "73,257 and 26,032 house numbers' digits, 32x32 colour, 10 classes", usage: "svhn:DIR",
    source: .folder, splits: { FolderLayout.svhn.splits(of: $0) }
  ) { reference, split throws(DatasetError) in
    let file = try FolderLayout.svhn.files(of: reference, split)[0]
    let arrays = try MATFile.read(file, names: ["X", "y"])
    let images = try MATFile.array("X", in: arrays, of: file)
    let shape = ImageShape(channels: 3, height: 32, width: 32)
    let sizes = images.dimensions
    guard case .bytes(let pixels) = images.content, sizes.count == 3 || sizes.count == 4,
      Array(sizes.prefix(3)) == [shape.height, shape.width, shape.channels], !pixels.isEmpty
    else {
      throw DatasetError(
        .countMismatch, file: file, expected: "X of bytes, 32 x 32 x 3 x n",
        found: sizes.map(String.init).joined(separator: " x "), cure: "get the file again")
    }
    let count = pixels.count / shape.count
    guard let labels = try MATFile.array("y", in: arrays, of: file).integers, labels.count == count else {
      throw DatasetError(
        .countMismatch, file: file, expected: "y: \(count) whole numbers, one for each image", found: "others",
        cure: "get the file again")
    }
    return Samples(
      unchecked: Samples.rowMajor(pixels[...], height: shape.height, width: shape.width),
      labels: try fromOne(labels, classes: 10, file: file).map { ($0 + 1) % 10 }, shape: shape,
      classNames: (0..<10).map(String.init))
  }

  /// Labels that count from 1, from 0.
  private static func fromOne(_ labels: [Int], classes: Int, file: String) throws(DatasetError) -> [Int] {
    if let place = labels.firstIndex(where: { $0 < 1 || $0 > classes }) {
      throw DatasetError(
        .labelOutOfRange, file: file, expected: "labels in 1...\(classes)",
        found: "\(labels[place]) for image \(place)",
        cure: "get the file again")
    }
    return labels.map { $0 - 1 }
  }

  private static func tooMany(_ count: Int, file: String) -> DatasetError {
    DatasetError(.tooLarge, file: file, expected: "fewer labels", found: "\(count)", cure: "get the file again")
  }
}

extension FolderLayout {
  static let stl10 = FolderLayout(
    name: "stl10",
    editions: [nil, "stl10_binary"].map { folder in
      Edition(folder: folder, names: [.train: ["train_X.bin", "train_y.bin"], .test: ["test_X.bin", "test_y.bin"]])
    })

  static let svhn = FolderLayout(
    name: "svhn", editions: [Edition(names: [.train: ["train_32x32.mat"], .test: ["test_32x32.mat"]])])
}
