/// What a tar archive holds and where, without a copy of the data.
///
/// Formats: POSIX ustar and pax (POSIX.1-2001, "pax", sections "ustar Interchange Format" and "pax Extended
/// Header": keys `path` and `size`, local and global), GNU long names and base-256 numbers (GNU tar manual,
/// "Basic Tar Format"), and the old V7. Every header's check sum is verified. Sparse files and parts of
/// multi-volume archives are refused. The end is two zero blocks, after which anything may follow, or simply the
/// end of the bytes where the last entry is whole.
///
/// An entry takes 16 bytes and its name. Entries come in the order of the archive; names may repeat.
public struct TarIndex: Hashable, Sendable, RandomAccessCollection {
  /// What an entry is.
  public enum Kind: UInt8, Hashable, Sendable {
    /// A regular file.
    case file
    /// A folder.
    case folder
    /// A link, a device, a volume label and the like.
    case other
  }

  /// An entry of the archive.
  public struct Entry: Hashable, Sendable {
    /// Its path as stored, of a folder without the slash at its end; bytes that are not UTF-8 are replaced.
    public var name: String
    /// Where its data begin, in bytes from the archive's beginning.
    public var offset: Int
    /// How many bytes of data there are.
    public var size: Int
    /// What it is.
    public var kind: Kind
  }

  /// Offset in blocks, so that 32 bits reach 2 TiB; the kind in the two low bits of the size.
  private struct Record: Hashable, Sendable {
    var nameEnd: UInt32
    var block: UInt32
    var sizeAndKind: UInt64
  }

  /// The largest data size that an entry can have: 2^61 - 1 bytes.
  static let largestSize = Int.max >> 2

  private var records: [Record] = []
  private var names: [UInt8] = []

  init() {}

  /// The index of an archive in memory. `file` names it in errors, whose offsets count unpacked bytes.
  public init(_ bytes: UnsafeRawBufferPointer, file: String) throws(DatasetError) {
    var parser = TarParser(bytes, file: file)
    self = try parser.parse()
  }

  /// Adds an entry; false if it lies beyond what the index can express.
  mutating func append(name: ArraySlice<UInt8>, offset: Int, size: Int, kind: Kind) -> Bool {
    let nameEnd = names.count.addingReportingOverflow(name.count)
    guard !nameEnd.overflow, let end = UInt32(exactly: nameEnd.partialValue),
      let block = UInt32(exactly: offset / TarHeader.size), size >= 0, size <= Self.largestSize
    else { return false }
    names.append(contentsOf: name)
    records.append(
      Record(nameEnd: end, block: block, sizeAndKind: UInt64(size) << 2 | UInt64(kind.rawValue)))
    return true
  }

  /// 0.
  public var startIndex: Int { 0 }
  /// How many entries there are.
  public var endIndex: Int { records.count }

  /// The entry of that number.
  public subscript(number: Int) -> Entry {
    Entry(name: name(number), offset: offset(number), size: size(number), kind: kind(number))
  }

  /// The name of an entry.
  public func name(_ number: Int) -> String { String(decoding: nameBytes(number), as: UTF8.self) }

  /// The bytes of an entry's name, without a copy.
  public func nameBytes(_ number: Int) -> ArraySlice<UInt8> {
    names[Int(number == 0 ? 0 : records[number - 1].nameEnd)..<Int(records[number].nameEnd)]
  }

  /// Where an entry's data begin, in bytes.
  public func offset(_ number: Int) -> Int { Int(records[number].block) * TarHeader.size }

  /// How many bytes of data an entry has.
  public func size(_ number: Int) -> Int { Int(records[number].sizeAndKind >> 2) }

  /// What an entry is.
  public func kind(_ number: Int) -> Kind {
    Kind(rawValue: UInt8(truncatingIfNeeded: records[number].sizeAndKind & 3)) ?? .other
  }

  /// The data of an entry within the archive's bytes; empty if these end earlier than those indexed.
  public func data(_ number: Int, in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let (start, size) = (offset(number), size(number))
    guard start <= bytes.count, size <= bytes.count - start else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])
  }

  /// Bytes of memory that entries and names take.
  public var memory: Int { records.count * MemoryLayout<Record>.stride + names.count }

  /// Bytes of all names together.
  var nameCount: Int { names.count }
}
