import CCodecs

/// Reads MATLAB files of version 5 to 7 (`save -v6`, `-v7`), as far as data sets use them: numbers, texts, cells and
/// records, compressed or not, of either byte order. Version 7.3, which is HDF5, and version 4 are refused.
///
/// Source: MathWorks, "MAT-File Format" (Level 5); tested against files that SciPy writes. A file is a header of 128
/// bytes, then elements: a type and a size of 32 bits each, data, padding to 8 bytes. An array is an element that holds
/// elements: flags, dimensions, name, data.
enum MATFile {
  /// The arrays of a file by name; only those in `names` where that is given.
  static func read(_ path: String, names: Set<String>? = nil) throws(DatasetError) -> [String: MATArray] {
    try read(try StoredFile(path, packing: .byName).contents(), path: path, names: names)
  }

  /// The arrays in the bytes of a file; `path` is for messages.
  static func read(_ bytes: [UInt8], path: String, names: Set<String>? = nil) throws(DatasetError) -> [String:
    MATArray]
  {
    guard bytes.count >= 128 else {
      throw DatasetError(
        .truncated, file: path, offset: bytes.count, expected: "a header of 128 bytes", found: "\(bytes.count)",
        cure: "get the file again")
    }
    let order = Array(bytes[126..<128])
    guard order == Array("IM".utf8) || order == Array("MI".utf8), !bytes[..<4].contains(0) else {
      throw DatasetError(
        .wrongMagic, file: path, offset: 126, expected: "a MATLAB file of version 5 to 7: IM or MI",
        found: order.hexadecimal, cure: "save it with -v7")
    }
    let swaps = order == Array("MI".utf8)
    let version = Int(bytes[swaps ? 124 : 125])
    guard version == 1 else {
      throw DatasetError(
        .wrongMagic, file: path, offset: 124, expected: "version 1 of the format",
        found: version == 2 ? "version 2: MATLAB 7.3, which is HDF5" : "version \(version)",
        cure: "save it with -v7")
    }
    var arrays: [String: MATArray] = [:]
    var reader = MATReader(bytes[128...], base: 0, path: path, swaps: swaps)
    while let element = try reader.element(isTop: true) {
      let found: (name: String, array: MATArray?)
      switch element.type {
      case .compressed:
        let unpacked = try inflate(element.data, path: path)
        var inner = MATReader(unpacked[...], base: element.data.startIndex, path: path, swaps: swaps)
        guard let array = try inner.element(isTop: false), array.type == .matrix else {
          throw reader.malformed("an array in the compressed element", at: element.data.startIndex)
        }
        found = try inner.array(array.data, names: names)
      case .matrix:
        found = try reader.array(element.data, names: names)
      default:
        throw reader.malformed("an array, not an element of type \(element.type.rawValue)", at: element.start)
      }
      if let array = found.array { arrays[found.name] = array }
    }
    return arrays
  }

  /// The array of that name, which must be there.
  static func array(_ name: String, in arrays: [String: MATArray], of path: String) throws(DatasetError) -> MATArray {
    if let array = arrays[name] { return array }
    throw DatasetError(
      .missing, file: path, expected: "the array \"\(name)\"",
      found: arrays.isEmpty ? "none of that name" : arrays.keys.sorted().joined(separator: ", "),
      cure: "check that this is the set's own file")
  }

  private static func inflate(_ data: ArraySlice<UInt8>, path: String) throws(DatasetError) -> [UInt8] {
    var output = cc_buffer()
    var consumed = 0
    let status = data.withUnsafeBufferPointer { input in
      input.baseAddress.map { cc_inflate($0, input.count, StoredFile.limit, &output, &consumed) } ?? CC_ENDS_EARLY
    }
    defer { cc_free(output) }
    switch status {
    case CC_OK: break
    case CC_LIMIT, CC_NO_MEMORY:
      throw DatasetError(
        .tooLarge, file: path, expected: "at most \(StoredFile.limit) bytes when unpacked", found: "more",
        cure: "free memory or split the file")
    default:
      throw DatasetError(
        .badGzip, file: path, offset: data.startIndex + consumed, expected: "a whole zlib stream",
        found: status == CC_ENDS_EARLY ? "its end too early" : "damaged data", cure: "get the file again")
    }
    return Array(UnsafeBufferPointer(start: output.bytes, count: output.count))
  }
}
