/// One block of a tar archive that describes an entry; a view of the archive's bytes.
struct TarHeader {
  /// Bytes of a block: data are padded to a multiple of it.
  static let size = 512

  /// Why a number of a header has no value.
  enum NumberFault: Error {
    case notOctal, negative, tooLarge
  }

  private let block: UnsafeRawBufferPointer

  /// The header at `offset`; nil if the bytes end before it does.
  init?(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    guard offset >= 0, offset <= bytes.count, bytes.count - offset >= Self.size else { return nil }
    block = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + Self.size])
  }

  /// Whether every byte is zero: half of the archive's end.
  var isZero: Bool { block.allSatisfy { $0 == 0 } }

  /// Whether the stored check sum is that of the block, the sum taken over unsigned or, as some old programs did,
  /// signed bytes, those of the check sum itself counting as spaces.
  var hasValidChecksum: Bool {
    guard let stored = try? number(148..<156) else { return false }
    let field = block[148..<156]
    let blanks = 32 * field.count
    let sum = block.reduce(0) { $0 &+ UInt32($1) }
    if stored == Int(sum) + blanks - field.reduce(0, { $0 + Int($1) }) { return true }
    return stored
      == block.reduce(0) { $0 + Int(Int8(bitPattern: $1)) } + blanks
      - field.reduce(0) { $0 + Int(Int8(bitPattern: $1)) }
  }

  /// The kind of entry, a character such as `0`.
  var type: UInt8 { block[156] }

  /// The data's size in bytes as stored here.
  var dataSize: Result<Int, NumberFault> {
    do throws(NumberFault) { return .success(try number(124..<136)) } catch { return .failure(error) }
  }

  /// The size field for an error, hexadecimal.
  var sizeField: String { block[124..<136].hexadecimal }

  /// The check sum field for an error, hexadecimal.
  var checksumField: String { block[148..<156].hexadecimal }

  /// The name, put together from prefix and name where the format has both.
  var name: [UInt8] {
    let name = text(0..<100)
    // GNU's own format ("ustar  ") keeps other things where ustar keeps the prefix.
    guard block[257..<263].elementsEqual([0x75, 0x73, 0x74, 0x61, 0x72, 0]) else { return name }
    let prefix = text(345..<500)
    return prefix.isEmpty ? name : prefix + [0x2f] + name
  }

  private func text(_ range: Range<Int>) -> [UInt8] { Array(block[range].prefix { $0 != 0 }) }

  /// An octal number between spaces or nulls, or GNU's binary form: the first bit set, then a big-endian number.
  private func number(_ range: Range<Int>) throws(NumberFault) -> Int {
    let first = block[range.lowerBound]
    if first & 0x80 != 0 {
      if first & 0x40 != 0 { throw .negative }
      var value = Int(first & 0x3f)
      for place in range.dropFirst() {
        guard value <= Int.max >> 8 else { throw .tooLarge }
        value = value << 8 | Int(block[place])
      }
      return value
    }
    var place = range.lowerBound
    while place < range.upperBound, block[place] == 0x20 { place += 1 }
    var value = 0
    while place < range.upperBound, (0x30...0x37).contains(block[place]) {
      value = value << 3 | Int(block[place] - 0x30)  // Twelve digits have 36 bits.
      place += 1
    }
    while place < range.upperBound {
      guard block[place] == 0 || block[place] == 0x20 else { throw .notOctal }
      place += 1
    }
    return value
  }
}
