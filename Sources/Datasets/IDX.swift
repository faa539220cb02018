/// The format of MNIST and its kin, plain or gzip: a magic number (00 00 08 and the number of dimensions), one
/// big-endian 32-bit size a dimension, then bytes. Images have three dimensions, labels one.
/// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
enum IDX {
  /// Images [n, height, width] as bytes.
  struct Images {
    var count: Int
    var height: Int
    var width: Int
    var pixels: [UInt8]
  }

  static func images(_ path: String) throws(DatasetError) -> Images {
    let (bytes, sizes) = try read(path, dimensions: 3, what: "images")
    return Images(count: sizes[0], height: sizes[1], width: sizes[2], pixels: Array(bytes[16...]))
  }

  static func labels(_ path: String) throws(DatasetError) -> [UInt8] {
    Array(try read(path, dimensions: 1, what: "labels").bytes[8...])
  }

  /// Images and their labels; the labels must lie below `classCount` where that is known.
  static func samples(
    images: String, labels: String, classNames: [String]
  ) throws(DatasetError) -> Samples {
    let stored = try self.images(images)
    let values = try self.labels(labels)
    guard stored.count == values.count else {
      throw DatasetError(
        .countMismatch, file: labels, offset: 4,
        expected: "\(stored.count) labels, one for each image of \(images)",
        found: "\(values.count)", cure: "name the two files of one split")
    }
    if let place = values.firstIndex(where: { $0 >= classNames.count }) {
      throw DatasetError(
        .labelOutOfRange, file: labels, offset: 8 + place, expected: "a label in 0..<\(classNames.count)",
        found: "\(values[place])", cure: "give the right number of classes")
    }
    return Samples(
      unchecked: stored.pixels, labels: values.map(Int.init),
      shape: ImageShape(channels: 1, height: stored.height, width: stored.width), classNames: classNames)
  }

  private static func read(
    _ path: String, dimensions: Int, what: String
  ) throws(DatasetError) -> (bytes: [UInt8], sizes: [Int]) {
    let file = try StoredFile(path, packing: .byNameOrMagic)
    let length = 4 + 4 * dimensions
    let header = try file.prefix(length)
    let magic: [UInt8] = [0, 0, 8, UInt8(dimensions)]
    if !header.starts(with: magic.prefix(header.count)) {
      let found = Array(header.prefix(4))
      let isOther = found == [0, 0, 8, dimensions == 3 ? 1 : 3]
      throw DatasetError(
        .wrongMagic, file: path, offset: 0, expected: "IDX \(what): \(magic.hexadecimal)",
        found: found.hexadecimal,
        cure: isOther ? "images come first, then labels" : "this is no IDX file of \(what)")
    }
    if header.count < length {
      throw DatasetError(
        .truncated, file: path, offset: header.count, expected: "a header of \(length) bytes",
        found: "\(header.count)", cure: "get the file again")
    }
    let sizes = (1...dimensions).map { d in header[4 * d..<4 * d + 4].reduce(0) { $0 << 8 | Int($1) } }
    let announced = "\(sizes.map(String.init).joined(separator: " x ")) announced"
    if let zero = sizes.firstIndex(of: 0) {
      throw DatasetError(
        .empty, file: path, offset: 4 + 4 * zero, expected: "sizes above zero", found: announced,
        cure: "get the file again")
    }
    var total = 1
    for size in sizes {
      let (product, overflow) = total.multipliedReportingOverflow(by: size)
      total = product
      if overflow || product > StoredFile.limit {
        throw DatasetError(
          .tooLarge, file: path, offset: 4, expected: "at most \(StoredFile.limit) bytes of \(what)",
          found: announced, cure: "the header is damaged; get the file again")
      }
    }
    return (try file.contents(size: length + total, what: "header and \(announced)"), sizes)
  }
}
