import CCodecs
import Crypto
import Foundation

/// Many pictures in one file, as `data pack` writes it: mapped into memory, read in any order.
///
/// Layout, little-endian: 64 bytes of header (`separatrix pack\n`, version 1 as 8 bytes, where the index begins, how long it
/// is, how many pictures there are, 16 bytes of zeros); the pictures one after another, JPEG or uncompressed (netpbm P6);
/// then the index: a record of 24 bytes a picture (offset 8, size 4, CRC-32 of its bytes 4, class 4, end of its name in the
/// names 4, of which the highest bit tells the test split), the names, a JSON object (`PackDescription`), its length 4, and
/// the SHA-256 of all between the header and itself, 32 bytes.
final class PackFile: ImageStore, @unchecked Sendable {
  static let magic = Array("separatrix pack\n".utf8)
  static let headerSize = 64
  static let recordSize = 24

  /// One picture as the index has it.
  struct Record: Sendable {
    var offset: UInt64
    var size: UInt32
    var checksum: UInt32
    var label: UInt32
    var nameEnd: UInt32
    var isTest: Bool
  }

  let path: String
  let description: PackDescription
  let count: Int
  private let map: MappedBytes
  private let indexStart: Int
  private let namesStart: Int
  var shards: [Range<Int>]? { nil }

  /// Maps a pack and checks its header and index; pictures are checked by `verify`.
  init(_ path: String) throws(DatasetError) {
    self.path = path
    map = try MappedBytes(path)
    let bytes = map.bytes
    func damaged(_ offset: Int, _ expected: String, _ found: String) -> DatasetError {
      DatasetError(
        .badPack, file: path, offset: offset, expected: expected, found: found,
        cure: "pack the set again: separatrix data pack")
    }
    guard bytes.count >= Self.headerSize, bytes.starts(with: Self.magic) else {
      throw DatasetError(
        .wrongMagic, file: path, offset: 0, expected: "a file made by `separatrix data pack`",
        found: "first bytes \(bytes.prefix(16).hexadecimal)")
    }
    let words = (0..<4).map { bytes.loadUnaligned(fromByteOffset: 16 + 8 * $0, as: UInt64.self).littleEndian }
    guard words[0] == 1 else { throw damaged(16, "version 1", "version \(words[0])") }
    // The check sum at the end leaves the header out: what of it is not told by the file's size and names must be zero.
    guard bytes[48..<Self.headerSize].allSatisfy({ $0 == 0 }) else { throw damaged(48, "16 zeros", "other bytes") }
    guard let start = Int(exactly: words[1]), let length = Int(exactly: words[2]), let count = Int(exactly: words[3]),
      start >= Self.headerSize, length >= 36, start <= bytes.count, length == bytes.count - start,
      count <= (length - 36) / Self.recordSize
    else { throw damaged(24, "an index that ends with the file", "\(words[2]) bytes at \(words[1]) of \(bytes.count)") }
    self.count = count
    indexStart = start
    namesStart = start + count * Self.recordSize
    let end = bytes.count - 32
    let textLength = Int(bytes.loadUnaligned(fromByteOffset: end - 4, as: UInt32.self).littleEndian)
    guard textLength <= end - 4 - namesStart else {
      throw damaged(end - 4, "a description inside the index", "\(textLength) bytes")
    }
    let names = end - 4 - textLength - namesStart
    let text = Data(bytes[(end - 4 - textLength)..<(end - 4)])
    guard let description = try? JSONDecoder().decode(PackDescription.self, from: text) else {
      throw damaged(end - 4 - textLength, "a description in JSON", "\(textLength) bytes that are none")
    }
    self.description = description
    var last = 0
    for place in 0..<count {
      let record = Self.record(bytes, start + place * Self.recordSize)
      let at = start + place * Self.recordSize
      guard record.offset >= Self.headerSize, record.offset <= start, Int(record.size) <= start - Int(record.offset)
      else {
        throw damaged(at, "a picture before byte \(start)", "\(record.size) bytes at \(record.offset)")
      }
      guard Int(record.label) < description.classNames.count else {
        throw damaged(at + 16, "a class in 0..<\(description.classNames.count)", "\(record.label)")
      }
      guard Int(record.nameEnd) >= last, Int(record.nameEnd) <= names else {
        throw damaged(at + 20, "the end of a name in \(last)...\(names)", "\(record.nameEnd)")
      }
      last = Int(record.nameEnd)
    }
    guard last == names else { throw damaged(40, "as many pictures as there are names", "\(count)") }
  }

  /// The splits of which there are pictures.
  var splits: [Split] {
    let tests = (0..<count).count { record($0).isTest }
    return Split.allCases.filter { $0 == .test ? tests > 0 : tests < count }
  }

  /// The pictures of a split.
  func index(_ split: Split) throws(DatasetError) -> ImageIndex {
    let places = (0..<count).filter { record($0).isTest == (split == .test) }
    return ImageIndex(
      store: self, labels: places.map { Int(record($0).label) }, classNames: description.classNames,
      places: places.map { Int32(clamping: $0) })
  }

  func record(_ place: Int) -> Record { Self.record(map.bytes, indexStart + place * Self.recordSize) }

  func name(_ place: Int) -> String {
    let low = place == 0 ? 0 : Int(record(place - 1).nameEnd)
    return String(decoding: map.bytes[namesStart + low..<namesStart + Int(record(place).nameEnd)], as: UTF8.self)
  }

  func size(_ place: Int) -> Int { Int(record(place).size) }

  func location(_ place: Int) -> String { path + ":" + name(place) }

  func withBytes<Result>(
    _ place: Int, _ scratch: inout [UInt8], _ body: (UnsafeRawBufferPointer) throws(ImageFault) -> Result
  ) throws(ImageFault) -> Result {
    defer { withExtendedLifetime(map) {} }
    return try body(stored(place))
  }

  /// Whether a picture's bytes are those that were written.
  func isIntact(_ place: Int) -> Bool { Self.checksum(stored(place)) == record(place).checksum }

  /// The SHA-256 that stands at the end, and that of the bytes before it.
  func digests() -> (stored: String, found: String) {
    var hash = SHA256()
    let end = map.bytes.count - 32
    hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: map.bytes[Self.headerSize..<end]))
    return (map.bytes[end...].hexadecimal, hash.finalize().hexadecimal)
  }

  private func stored(_ place: Int) -> UnsafeRawBufferPointer {
    let record = record(place)
    let start = Int(record.offset)
    return UnsafeRawBufferPointer(rebasing: map.bytes[start..<start + Int(record.size)])
  }

  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    cc_crc32(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
  }

  private static func record(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Record {
    func word(_ offset: Int) -> UInt32 {
      bytes.loadUnaligned(fromByteOffset: at + offset, as: UInt32.self).littleEndian
    }
    let end = word(20)
    return Record(
      offset: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian, size: word(8), checksum: word(12),
      label: word(16), nameEnd: end & 0x7fff_ffff, isTest: end >> 31 == 1)
  }
}

/// What a pack says of itself.
public struct PackDescription: Codable, Hashable, Sendable {
  /// The names of the classes, in the order of their numbers.
  public var classNames: [String]
  /// The set it was made from.
  public var source: String
  /// How pictures were changed.
  public var options: PackOptions
  /// Pictures of the set that could not be decoded and were left out.
  public var skipped: [BadImage]

  enum CodingKeys: String, CodingKey {
    case classNames = "class_names"
    case source, options, skipped
  }
}
