import Foundation
import Torch

/// NumPy's .npy format, versions 1 to 3, plain number types in either byte and memory order.
///
/// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
enum NPYFile {
  /// The array in the file at `url`.
  static func read(_ url: URL) throws(ArrayFileError) -> StoredArray {
    let file = try MappedFile(url, inParts: true)
    defer { withExtendedLifetime(file) {} }
    let name = url.deletingPathExtension().lastPathComponent
    let header = try NPYHeader(file.bytes, path: file.path, name: name)
    return try array(
      header, .mapped(file, header.start..<file.count), bytes: file.bytes, count: file.count, path: file.path,
      name: name)
  }

  /// The array whose .npy file is `bytes`, found as `name` in the file at `path`.
  static func read(_ bytes: [UInt8], path: String, name: String) throws(ArrayFileError) -> StoredArray {
    do {
      return try bytes.withUnsafeBytes { buffer in
        let header = try NPYHeader(buffer, path: path, name: name)
        let storage = StoredArray.Storage.owned(Array(buffer[header.start...]))
        return try array(header, storage, bytes: buffer, count: buffer.count, path: path, name: name)
      }
    } catch let error as ArrayFileError {
      throw error
    } catch {
      throw ArrayFileError(.malformed, file: path, field: name, found: "\(error)", expected: "a .npy array")
    }
  }

  /// An array inside a mapped file, as uncompressed .npz entries are.
  static func read(
    _ file: MappedFile, range: Range<Int>, name: String
  ) throws(ArrayFileError) -> StoredArray {
    defer { withExtendedLifetime(file) {} }
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range])
    let header = try NPYHeader(bytes, path: file.path, name: name)
    let data = range.lowerBound + header.start..<range.upperBound
    return try array(header, .mapped(file, data), bytes: bytes, count: bytes.count, path: file.path, name: name)
  }

  private static func array(
    _ header: NPYHeader, _ storage: StoredArray.Storage, bytes: UnsafeRawBufferPointer, count: Int, path: String,
    name: String
  ) throws(ArrayFileError) -> StoredArray {
    let size = count - header.start
    guard let expected = header.type.byteCount(shape: header.shape), expected == size else {
      let wanted =
        header.type.byteCount(shape: header.shape).map { "\($0) bytes" } ?? "a shape that fits in memory"
      throw ArrayFileError(
        .malformed, file: path, field: "\(name).data", found: "\(size) bytes",
        expected: "\(wanted) for shape \(header.shape) of \(header.type.rawValue)")
    }
    var storage = storage
    if header.swapsBytes || header.isColumnMajor {
      guard bytes.count == count else {
        throw ArrayFileError(
          .unreadable, file: path, field: name, found: "columns first, or big endian, in a file too large to map",
          expected: "rows first and little endian, or room for all \(count) bytes")
      }
      let source = UnsafeRawBufferPointer(rebasing: bytes[header.start...])
      storage = .owned(ordered(source, header))
    }
    return StoredArray(path: path, name: name, type: header.type, shape: header.shape, storage: storage)
  }

  /// The bytes little endian and row-major.
  private static func ordered(_ source: UnsafeRawBufferPointer, _ header: NPYHeader) -> [UInt8] {
    let size = header.type.size
    let shape = header.shape
    var out = [UInt8](repeating: 0, count: source.count)
    var index = [Int](repeating: 0, count: shape.count)
    var strides = [Int](repeating: 1, count: shape.count)
    if header.isColumnMajor {
      for side in shape.indices.dropFirst() { strides[side] = strides[side - 1] * shape[side - 1] }
    } else {
      for side in shape.indices.dropLast().reversed() { strides[side] = strides[side + 1] * shape[side + 1] }
    }
    for place in 0..<source.count / size {
      let from = zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 } * size
      for byte in 0..<size {
        out[place * size + byte] = source[from + (header.swapsBytes ? size - 1 - byte : byte)]
      }
      var side = shape.count - 1
      while side >= 0 {
        index[side] += 1
        if index[side] < shape[side] { break }
        index[side] = 0
        side -= 1
      }
    }
    return out
  }
}

/// The head of a .npy file: a Python dictionary of three entries.
private struct NPYHeader {
  var type: StoredType
  var swapsBytes: Bool
  var isColumnMajor: Bool
  var shape: [Int]
  /// Where the data begin.
  var start: Int

  init(_ bytes: UnsafeRawBufferPointer, path: String, name: String) throws(ArrayFileError) {
    func malformed(_ field: String, _ found: String, _ expected: String) -> ArrayFileError {
      ArrayFileError(.malformed, file: path, field: "\(name).\(field)", found: found, expected: expected)
    }
    guard bytes.count >= 10, bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw malformed(
        "magic", "\(bytes.count) bytes that begin otherwise", "\\x93NUMPY, as numpy.save writes")
    }
    let major = bytes[6]
    guard (1...3).contains(major), major == 1 || bytes.count >= 12 else {
      throw malformed("version", "\(major)", "1, 2 or 3")
    }
    let lengthSize = major == 1 ? 2 : 4
    let length = (0..<lengthSize).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    start = 8 + lengthSize + length
    guard start <= bytes.count else {
      throw malformed("header length", "\(length)", "at most \(bytes.count - 8 - lengthSize)")
    }
    guard let text = String(bytes: bytes[(8 + lengthSize)..<start], encoding: .utf8) else {
      throw malformed("header", "bytes that are no text", "a Python dictionary")
    }
    guard let descr = Self.value(of: "descr", in: text),
      let order = Self.value(of: "fortran_order", in: text),
      let sides = Self.value(of: "shape", in: text)
    else {
      throw malformed("header", String(text.prefix(80)), "{'descr': ..., 'fortran_order': ..., 'shape': ...}")
    }
    guard let (type, swaps) = Self.type(descr) else {
      throw ArrayFileError(
        .unsupported, file: path, field: "\(name).descr", found: String(descr.prefix(40)),
        expected: "a plain number type such as '<f4'; convert with numpy's astype")
    }
    (self.type, swapsBytes) = (type, swaps)
    guard order == "True" || order == "False" else {
      throw malformed("fortran_order", order, "True or False")
    }
    isColumnMajor = order == "True"
    var shape: [Int] = []
    for part in sides.split(separator: ",") {
      let text = part.filter { $0 != " " && $0 != "L" }
      if text.isEmpty { continue }
      guard let side = Int(text), side >= 0 else {
        throw malformed("shape", String(sides.prefix(40)), "sides of at least 0")
      }
      shape.append(side)
    }
    self.shape = shape
  }

  /// The text of `key`'s value: what stands between quotes or parentheses, or the bare word.
  private static func value(of key: String, in text: String) -> String? {
    guard let found = text.range(of: "'\(key)'") ?? text.range(of: "\"\(key)\"") else { return nil }
    let rest = text[found.upperBound...].drop { $0 == " " || $0 == ":" }
    guard let first = rest.first else { return nil }
    let closing: Character? = first == "(" ? ")" : first == "'" || first == "\"" ? first : nil
    guard let closing else {
      return String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "[" })
    }
    let inner = rest.dropFirst()
    guard let end = inner.firstIndex(of: closing) else { return nil }
    return String(inner[..<end])
  }

  private static func type(_ descr: String) -> (StoredType, Bool)? {
    guard let order = descr.first, "<>|=".contains(order) else { return nil }
    let types: [String: StoredType] = [
      "b1": .bool, "u1": .u8, "i1": .i8, "u2": .u16, "i2": .i16, "u4": .u32, "i4": .i32, "u8": .u64,
      "i8": .i64,
      "f2": .f16, "f4": .f32, "f8": .f64,
    ]
    return types[String(descr.dropFirst())].map { ($0, order == ">" && $0.size > 1) }
  }
}
