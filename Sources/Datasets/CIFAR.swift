/// The binary layout of CIFAR-10 and CIFAR-100, plain or gzip: records of one or more label bytes, then 1,024 red,
/// 1,024 green and 1,024 blue bytes, each plane 32 rows of 32; no header.
/// CIFAR-100 has two label bytes, coarse and fine. Source: A. Krizhevsky, "Learning multiple layers of features
/// from tiny images", 2009.
enum CIFAR {
  static let shape = ImageShape(channels: 3, height: 32, width: 32)

  /// Records of one or more files, their labels not yet checked.
  struct Records {
    var pixels: [UInt8] = []
    /// The label byte asked for, of each record.
    var labels: [UInt8] = []
    /// Where each file's records begin, and its path.
    var files: [(start: Int, path: String)] = []
    var labelBytes: Int
    var labelPlace: Int

    /// The samples; every label must lie below the number of names.
    func samples(classNames: [String]) throws(DatasetError) -> Samples {
      if let place = labels.firstIndex(where: { $0 >= classNames.count }) {
        let file = files.last { $0.start <= place } ?? (0, "")
        let record = place - file.start
        throw DatasetError(
          .labelOutOfRange, file: file.path, offset: record * (labelBytes + shape.count) + labelPlace,
          expected: "a label in 0..<\(classNames.count)", found: "\(labels[place]) in record \(record)",
          cure: "give the right number of classes, or check that the file has \(labelBytes) label byte"
            + (labelBytes == 1 ? "" : "s") + " a record")
      }
      return Samples(unchecked: pixels, labels: labels.map(Int.init), shape: shape, classNames: classNames)
    }
  }

  /// Reads files one after another. `labelPlace` picks one of the label bytes of a record.
  static func records(
    _ paths: [String], labelBytes: Int = 1, labelPlace: Int = 0
  ) throws(DatasetError) -> Records {
    var result = Records(labelBytes: labelBytes, labelPlace: labelPlace)
    let size = labelBytes + shape.count
    for path in paths {
      let bytes = try contents(path, record: size, labelBytes: labelBytes)
      let count = bytes.count / size
      result.files.append((result.labels.count, path))
      result.pixels.reserveCapacity(result.pixels.count + count * shape.count)
      for record in 0..<count {
        let start = record * size
        result.labels.append(bytes[start + labelPlace])
        result.pixels.append(contentsOf: bytes[start + labelBytes..<start + size])
      }
    }
    return result
  }

  private static func contents(_ path: String, record: Int, labelBytes: Int) throws(DatasetError) -> [UInt8] {
    let file = try StoredFile(path, packing: .byName)
    let bytes = try file.contents()
    guard !bytes.isEmpty else {
      throw DatasetError(
        .empty, file: path, offset: 0, expected: "records of \(record) bytes", found: "none",
        cure: "get the file again")
    }
    let whole = bytes.count / record
    let rest = bytes.count - whole * record
    if rest != 0 {
      let other = labelBytes == 1 ? 2 : 1
      var cure = "get the file again"
      if bytes.count.isMultiple(of: other + shape.count) {
        cure =
          labelBytes == 1 ? "this looks like CIFAR-100: name it cifar100:DIR" : "this looks like CIFAR-10"
      } else if bytes.starts(with: [0x1f, 0x8b]) {
        cure = "this looks like gzip: let its name end in .gz"
      }
      throw DatasetError(
        .truncated, file: path, offset: whole * record,
        expected: "whole records of \(record) bytes (\(labelBytes) of labels, \(shape.count) of pixels)",
        found: "\(bytes.count) bytes: \(whole) records and \(rest) bytes", cure: cure)
    }
    return bytes
  }
}
