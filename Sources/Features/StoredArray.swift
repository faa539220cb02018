import Foundation
import Torch

/// An array in a file, of any number type, read when asked for: rows are converted block by block, so that the array
/// may be larger than memory. Row-major and little endian, whatever the file had.
public struct StoredArray: Sendable {
  enum Storage: Sendable {
    case mapped(MappedFile, Range<Int>)
    case owned([UInt8])
  }

  /// The file it comes from.
  public let path: String
  /// Its name in the file; the file's own name where arrays have none.
  public let name: String
  /// Type of its numbers.
  public let type: StoredType
  /// Sides, outermost first.
  public let shape: [Int]
  let storage: Storage

  /// Number of rows: the first side.
  public var count: Int { shape.first ?? 1 }
  /// Sides of one row.
  public var rowShape: [Int] { Array(shape.dropFirst()) }
  /// Numbers in one row.
  public var rowCount: Int { rowShape.reduce(1, *) }

  /// Calls `body` with the bytes of `rows`.
  func withBytes<Result>(rows: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
    guard rows.lowerBound >= 0, rows.upperBound <= count else {
      throw ArrayFileError(
        .malformed, file: path, field: name, found: "a request for rows \(rows)",
        expected: "rows in 0..<\(count)")
    }
    let size = rowCount * type.size
    let part = rows.lowerBound * size..<rows.upperBound * size
    switch storage {
    case .mapped(let file, let range):
      let mapped = try file.part(range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
      defer { withExtendedLifetime(mapped) {} }
      return try body(mapped.bytes)
    case .owned(let bytes):
      return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[part])) }
    }
  }

  /// `rows` as a tensor [rows, row shape...] of its own type where LibTorch has it, without a copy where the file is mapped, else f64.
  public func tensor(rows: Range<Int>) throws -> Tensor {
    let shape = [rows.count] + rowShape
    guard let native = type.elementType else { return try Tensor(doubles(rows: rows), shape: shape) }
    if shape.contains(0) { return try .zeros(shape, type: native) }
    if case .mapped(let file, let range) = storage, rows.lowerBound >= 0, rows.upperBound <= count {
      let size = rowCount * type.size
      let start = range.lowerBound + rows.lowerBound * size
      let part = try file.part(start..<start + rows.count * size)
      part.prepare()
      return try Tensor(mapping: part, type: native, shape: shape)
    }
    return try withBytes(rows: rows) { try Tensor(bytes: $0, type: native, shape: shape) }
  }

  /// The numbers of `rows` as doubles, row-major. Integers beyond 2^53 are rounded.
  public func doubles(rows: Range<Int>) throws -> [Double] {
    try withBytes(rows: rows) { bytes in
      func convert<T>(_ kind: T.Type, _ body: (T) -> Double) -> [Double] {
        let size = MemoryLayout<T>.size
        return (0..<bytes.count / size).map {
          body(bytes.loadUnaligned(fromByteOffset: $0 * size, as: T.self))
        }
      }
      switch type {
      case .bool: return convert(UInt8.self) { $0 == 0 ? 0 : 1 }
      case .u8: return convert(UInt8.self) { Double($0) }
      case .i8: return convert(Int8.self) { Double($0) }
      case .u16: return convert(UInt16.self) { Double($0) }
      case .i16: return convert(Int16.self) { Double($0) }
      case .u32: return convert(UInt32.self) { Double($0) }
      case .i32: return convert(Int32.self) { Double($0) }
      case .u64: return convert(UInt64.self) { Double($0) }
      case .i64: return convert(Int64.self) { Double($0) }
      case .f16: return convert(UInt16.self) { Double(halfPrecision: $0) }
      case .bf16: return convert(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
      case .f32: return convert(Float.self) { Double($0) }
      case .f64: return convert(Double.self) { $0 }
      }
    }
  }

  /// All numbers as whole numbers: labels. Floating-point files will do when every number in them is whole.
  public func integers() throws -> [Int] {
    if type == .i64 {
      return try withBytes(rows: 0..<count) { bytes in
        (0..<bytes.count / 8).map { Int(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) }
      }
    }
    let values = try doubles(rows: 0..<count)
    return try values.enumerated().map { place, value in
      guard let whole = Int(exactly: value) else {
        throw ArrayFileError(
          .malformed, file: path, field: "\(name)[\(place)]", found: "\(value)", expected: "a whole number")
      }
      return whole
    }
  }
}

extension StoredType {
  /// The type LibTorch has for it, if any.
  var elementType: ElementType? {
    switch self {
    case .u8: .u8
    case .i64: .i64
    case .f16: .f16
    case .bf16: .bf16
    case .f32: .f32
    case .f64: .f64
    case .bool, .i8, .u16, .i16, .u32, .i32, .u64: nil
    }
  }

  /// How a tensor's type is named in a file.
  init(_ type: ElementType) {
    switch type {
    case .u8: self = .u8
    case .i64: self = .i64
    case .bool: self = .bool
    case .f16: self = .f16
    case .bf16: self = .bf16
    case .f32: self = .f32
    case .f64: self = .f64
    }
  }
}

extension Double {
  /// The number that an IEEE binary16 pattern stands for, on processors without a half type too.
  init(halfPrecision bits: UInt16) {
    let exponent = Int(bits >> 10 & 0x1f)
    let fraction = Double(bits & 0x3ff)
    let magnitude: Double
    switch exponent {
    case 0: magnitude = fraction * 0x1p-24
    case 31: magnitude = fraction == 0 ? .infinity : .nan
    default: magnitude = Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction * 0x1p-10)
    }
    self = bits & 0x8000 == 0 ? magnitude : -magnitude
  }
}
