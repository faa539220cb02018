import Foundation

/// A .npy file of bytes or whole numbers in row-major order, as CIFAR-10.1 and CIFAR-10-C come in.
///
/// Source: NumPy 2.4, numpy.lib.format, versions 1 to 3. Other number types, Fortran order and objects are refused.
struct NPYBytes: Sendable {
  /// The sizes of the dimensions.
  var shape: [Int]
  /// The data as stored, little-endian.
  var data: ArraySlice<UInt8>
  /// Bytes of a number.
  var width: Int
  /// Whether numbers below zero are possible.
  var isSigned: Bool

  /// The whole numbers.
  var integers: [Int] {
    stride(from: data.startIndex, to: data.endIndex, by: width).map { start in
      var value: UInt64 = 0
      for offset in 0..<width { value |= UInt64(data[start + offset]) << (8 * offset) }
      let unused = 64 - 8 * width
      return isSigned ? Int(Int64(bitPattern: value << unused) >> unused) : Int(truncatingIfNeeded: value)
    }
  }

  /// Reads a file, whose size must be what its header says.
  init(_ path: String) throws(DatasetError) {
    try self.init(try StoredFile(path, packing: .byName).contents(), path: path)
  }

  init(_ bytes: [UInt8], path: String) throws(DatasetError) {
    func malformed(_ expected: String, _ found: String, at offset: Int = 0) -> DatasetError {
      DatasetError(
        .wrongMagic, file: path, offset: offset, expected: expected, found: found, cure: "get the file again")
    }
    guard bytes.count >= 12, bytes.starts(with: [0x93] + Array("NUMPY".utf8)), (1...3).contains(bytes[6]) else {
      throw malformed("a .npy file: 93 N U M P Y", Array(bytes.prefix(8)).hexadecimal)
    }
    let lengthBytes = bytes[6] == 1 ? 2 : 4
    let length = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    let start = 8 + lengthBytes + length
    guard start <= bytes.count else {
      throw DatasetError(
        .truncated, file: path, offset: bytes.count, expected: "a header of \(length) bytes",
        found: "the end of the file", cure: "get the file again")
    }
    let head = String(decoding: bytes[(8 + lengthBytes)..<start], as: UTF8.self)
    guard let type = Self.value(of: "descr", in: head), let order = Self.value(of: "fortran_order", in: head),
      let sides = Self.value(of: "shape", in: head)
    else { throw malformed("descr, fortran_order and shape", String(head.prefix(60)), at: 8 + lengthBytes) }
    let types: [String: (Int, Bool)] = [
      "|u1": (1, false), "<u1": (1, false), "|i1": (1, true), "<i2": (2, true), "<u2": (2, false), "<i4": (4, true),
      "<u4": (4, false), "<i8": (8, true), "<u8": (8, false),
    ]
    guard let (width, isSigned) = types[type] else {
      throw malformed("bytes or little-endian whole numbers", "type " + type, at: 8 + lengthBytes)
    }
    guard order == "False" else { throw malformed("row-major order", "fortran_order " + order, at: 8 + lengthBytes) }
    var shape: [Int] = []
    var size = width
    for side in sides.split(separator: ",").map({ $0.filter { $0 != " " } }) where !side.isEmpty {
      guard let side = Int(side), side >= 0 else { throw malformed("sizes of at least 0", sides, at: 8 + lengthBytes) }
      shape.append(side)
      let (product, overflow) = size.multipliedReportingOverflow(by: side)
      guard !overflow else { throw malformed("a smaller shape", sides, at: 8 + lengthBytes) }
      size = product
    }
    guard bytes.count - start == size else {
      throw DatasetError(
        bytes.count - start < size ? .truncated : .oversized, file: path, offset: min(bytes.count, start + size),
        expected: "\(size) bytes for the shape (\(sides))", found: "\(bytes.count - start)", cure: "get the file again")
    }
    self.shape = shape
    self.width = width
    self.isSigned = isSigned
    data = bytes[start...]
  }

  /// What stands behind `'key':` up to the end of its quotes, parentheses or word.
  private static func value(of key: String, in text: String) -> String? {
    guard let found = text.range(of: "'\(key)'") else { return nil }
    let rest = text[found.upperBound...].drop { $0 == " " || $0 == ":" }
    let ends: [Character: Character] = ["(": ")", "'": "'"]
    guard let first = rest.first else { return nil }
    guard let end = ends[first] else { return String(rest.prefix { $0.isLetter }) }
    let inner = rest.dropFirst()
    return inner.firstIndex(of: end).map { String(inner[..<$0]) }
  }
}
