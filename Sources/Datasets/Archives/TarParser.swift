/// Walks over the headers of a tar archive in memory.
///
/// Nothing read from the archive is added or multiplied unchecked: damaged or hostile bytes give an error.
struct TarParser {
  /// Extended headers larger than this are refused: 1 MiB, where real ones hold some hundred bytes.
  static let headerLimit = 1 << 20

  private let bytes: UnsafeRawBufferPointer
  private let file: String
  private var at = 0
  private var index = TarIndex()
  private var longName: [UInt8]?
  private var local: PaxRecords?
  private var globalPath: [UInt8]?
  private var globalSize: Int?
  /// Where the extended headers of the coming entry begin.
  private var pending: Int?

  init(_ bytes: UnsafeRawBufferPointer, file: String) {
    self.bytes = bytes
    self.file = file
  }

  mutating func parse() throws(DatasetError) -> TarIndex {
    guard !bytes.isEmpty else {
      throw DatasetError(
        .empty, file: file, offset: 0, expected: "a tar archive", found: "no bytes", cure: "get the file again")
    }
    while at < bytes.count {
      guard let header = TarHeader(bytes, at: at) else {
        if pending == nil, !index.isEmpty, bytes[at...].allSatisfy({ $0 == 0 }) { break }
        throw fault(
          index.isEmpty && pending == nil ? .wrongMagic : .truncated, expected: "a header of \(TarHeader.size) bytes",
          found: "the end after \(bytes.count - at)")
      }
      if header.isZero {
        try end()
        break
      }
      try take(header)
    }
    if let pending {
      throw fault(
        .truncated, expected: "the entry that the extended header at byte \(pending) belongs to",
        found: "the end of the archive")
    }
    return index
  }

  /// Nothing but another block of zeros, or the end of the bytes, follows a block of zeros.
  private func end() throws(DatasetError) {
    let rest = bytes[min(at + TarHeader.size, bytes.count)..<min(at + 2 * TarHeader.size, bytes.count)]
    if let place = rest.firstIndex(where: { $0 != 0 }) {
      throw fault(
        .badArchive, at: place, expected: "a second block of zeros, the archive's end",
        found: "other data after the first: the archive is damaged, or several were joined",
        cure: "unpack it with tar --ignore-zeros and pack it anew")
    }
  }

  private mutating func take(_ header: TarHeader) throws(DatasetError) {
    guard header.hasValidChecksum else {
      throw fault(
        at == 0 ? .wrongMagic : .badArchive, at: at + 148,
        expected: "a tar header with the right check sum", found: "check sum field \(header.checksumField)",
        cure: at == 0 ? "name a tar archive, plain or gzip" : "get the file again")
    }
    let stored: Int
    switch header.dataSize {
    case .success(let value) where value <= TarIndex.largestSize: stored = value
    case .success, .failure(.tooLarge): throw size(header, "a larger one")
    case .failure(.negative): throw size(header, "a negative one")
    case .failure(.notOctal): throw size(header, "no number")
    }
    let start = at + TarHeader.size  // Both within the bytes.
    switch header.type {
    case UInt8(ascii: "L"):
      let text = try extended(header, stored, from: start)
      longName = Array(text.prefix { $0 != 0 })
    case UInt8(ascii: "K"): _ = try extended(header, stored, from: start)
    case UInt8(ascii: "x"), UInt8(ascii: "X"): local = try records(header, stored, from: start)
    case UInt8(ascii: "g"):
      let records = try records(header, stored, from: start)
      if let path = records.path { globalPath = path.value }
      if let size = records.size { globalSize = size.value }
    case UInt8(ascii: "S"): throw sparse("entry type S")
    case UInt8(ascii: "M"):
      throw fault(
        .badArchive, expected: "a whole archive", found: "a part of an archive in several volumes",
        cure: "join the volumes with tar -M and pack anew")
    default: try entry(header, stored, from: start)
    }
  }

  private mutating func entry(_ header: TarHeader, _ stored: Int, from start: Int) throws(DatasetError) {
    var name = name(header)
    guard !name.isEmpty else {
      throw fault(.badArchive, expected: "an entry's name", found: "an empty one")
    }
    let kind: TarIndex.Kind
    var size = 0
    switch header.type {
    case UInt8(ascii: "1")...UInt8(ascii: "4"), UInt8(ascii: "6"): kind = .other
    case UInt8(ascii: "5"): kind = .folder
    case 0 where name.last == UInt8(ascii: "/"): kind = .folder  // V7 marks folders so.
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
      kind = .file
      size = self.size(stored)
    default:
      kind = .other
      size = self.size(stored)
    }
    if kind == .folder { while name.count > 1, name.last == UInt8(ascii: "/") { name.removeLast() } }
    guard size <= bytes.count - start else {
      throw fault(
        .truncated, at: bytes.count,
        expected: "\(size) bytes of \(String(decoding: name.prefix(256), as: UTF8.self)) from byte \(start)",
        found: "\(bytes.count - start)")
    }
    // The names of a sound archive are part of it; only a global path can multiply.
    guard name.count <= bytes.count - index.nameCount,
      index.append(name: name[...], offset: start, size: size, kind: kind)
    else {
      throw fault(
        .tooLarge, expected: "an archive below 2 TiB with less than 4 GiB of names", found: "a larger one",
        cure: "split it into shards")
    }
    (longName, local, pending) = (nil, nil, nil)
    advance(to: start, size)
  }

  private func name(_ header: TarHeader) -> [UInt8] {
    switch local?.path {
    case .given(let path): return path
    case .removed: return longName ?? header.name
    case nil: return longName ?? globalPath ?? header.name
    }
  }

  private func size(_ stored: Int) -> Int {
    switch local?.size {
    case .given(let size): return size
    case .removed: return stored
    case nil: return globalSize ?? stored
    }
  }

  private mutating func records(_ header: TarHeader, _ size: Int, from start: Int) throws(DatasetError)
    -> PaxRecords
  {
    let content = try extended(header, size, from: start)
    let records: PaxRecords
    do throws(PaxRecords.Fault) {
      records = try PaxRecords(content)
    } catch {
      throw fault(.badArchive, at: start + error.place, expected: error.expected, found: error.found)
    }
    if let key = records.sparse { throw sparse("key \(key)") }
    return records
  }

  /// The content of an extended header, which is passed over.
  private mutating func extended(_ header: TarHeader, _ size: Int, from start: Int) throws(DatasetError)
    -> UnsafeRawBufferPointer
  {
    guard size <= Self.headerLimit else {
      throw fault(
        .tooLarge, expected: "an extended header of at most \(Self.headerLimit) bytes", found: "\(size)")
    }
    guard size <= bytes.count - start else {
      throw fault(
        .truncated, at: bytes.count, expected: "\(size) bytes of an extended header from byte \(start)",
        found: "\(bytes.count - start)")
    }
    // A global header may stand alone at the archive's end, as git writes it for an empty tree.
    if header.type != UInt8(ascii: "g") { pending = pending ?? at }
    advance(to: start, size)
    return UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])
  }

  /// To the block after data that are known to lie within the bytes; their padding may be cut off.
  private mutating func advance(to start: Int, _ size: Int) {
    let used = start + size
    let padding = (TarHeader.size - size % TarHeader.size) % TarHeader.size
    at = padding <= bytes.count - used ? used + padding : bytes.count
  }

  private func size(_ header: TarHeader, _ what: String) -> DatasetError {
    fault(
      .badArchive, at: at + 124, expected: "a size in bytes, at most \(TarIndex.largestSize)",
      found: "\(what) (\(header.sizeField))")
  }

  private func sparse(_ mark: String) -> DatasetError {
    fault(
      .badArchive, expected: "files stored whole", found: "a sparse file (\(mark))",
      cure: "pack the archive anew without --sparse")
  }

  private func fault(
    _ kind: DatasetError.Kind, at place: Int? = nil, expected: String, found: String,
    cure: String = "get the file again"
  ) -> DatasetError {
    DatasetError(kind, file: file, offset: place ?? at, expected: expected, found: found, cure: cure)
  }
}

extension PaxRecords.Setting {
  /// The value; nil where it is taken back.
  var value: Value? {
    if case .given(let value) = self { return value }
    return nil
  }
}
