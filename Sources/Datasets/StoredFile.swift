import CCodecs
import Foundation

/// A file of a data set, plain or gzip, whose size is checked before its bytes are taken into memory.
final class StoredFile {
  /// How a file is known to be gzip.
  enum Packing {
    /// By the name's end (`.gz`), or by the first two bytes, where the format itself cannot begin so.
    case byNameOrMagic
    /// By the name's end only.
    case byName
  }

  /// No file may hold more than this after unpacking: 8 GiB.
  static let limit = 8 << 30

  let path: String
  let isGzip: Bool
  /// The file's bytes as stored.
  let storedSize: Int
  private let descriptor: Int32
  private var packed: [UInt8]?

  init(_ path: String, packing: Packing) throws(DatasetError) {
    self.path = path
    var status = stat()
    guard stat(path, &status) == 0 else {
      let code = errno
      if code == ENOENT || code == ENOTDIR {
        throw DatasetError(
          .missing, file: path, expected: "a file", found: "nothing of that name", cure: "check the path")
      }
      throw Self.unreadable(path, code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let found = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device, pipe or socket"
      throw DatasetError(
        .wrongKindOfFile, file: path, expected: "a file", found: found, cure: "name the file itself")
    }
    storedSize = Int(status.st_size)
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw Self.unreadable(path, errno) }
    var magic = [UInt8](repeating: 0, count: 2)
    let isPacked = pread(descriptor, &magic, 2, 0) == 2 && magic == [0x1f, 0x8b]
    isGzip = path.hasSuffix(".gz") || (packing == .byNameOrMagic && isPacked)
    guard storedSize > 0 else {
      throw DatasetError(
        .empty, file: path, offset: 0, expected: "data", found: "an empty file", cure: "get the file again")
    }
    if isGzip && !isPacked {
      throw DatasetError(
        .badGzip, file: path, offset: 0, expected: "gzip's first bytes 1f 8b",
        found: storedSize < 2 ? "\(storedSize) byte" : magic.hexadecimal,
        cure: "drop .gz from the name if the file is not compressed")
    }
    guard storedSize <= Self.limit else {
      throw DatasetError(
        .tooLarge, file: path, expected: "at most \(Self.limit) bytes", found: "\(storedSize)",
        cure: "split the file")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The first bytes after unpacking; fewer where the file has fewer.
  func prefix(_ count: Int) throws(DatasetError) -> [UInt8] {
    if !isGzip { return try read(min(count, storedSize)) }
    return try unpack(limit: count, allowsMore: true)
  }

  /// All bytes after unpacking, which must be `size` in number, of which the header announces `what`.
  func contents(size: Int, what: String) throws(DatasetError) -> [UInt8] {
    let bytes: [UInt8]
    if isGzip {
      bytes = try unpack(limit: min(size, Self.limit) + 1, allowsMore: true, announced: size)
    } else {
      try check(storedSize, against: size, what: what, atLeast: false)
      bytes = try read(size)
    }
    try check(bytes.count, against: size, what: what, atLeast: isGzip)
    return bytes
  }

  /// All bytes after unpacking, whatever their number.
  func contents() throws(DatasetError) -> [UInt8] {
    try isGzip ? unpack(limit: Self.limit, allowsMore: false) : read(storedSize)
  }

  private func check(_ found: Int, against size: Int, what: String, atLeast: Bool) throws(DatasetError) {
    if found < size {
      throw DatasetError(
        .truncated, file: path, offset: found, expected: "\(size) bytes (\(what))", found: "\(found)",
        cure: "get the file again")
    }
    if found > size {
      throw DatasetError(
        .oversized, file: path, offset: size, expected: "the end after \(size) bytes (\(what))",
        found: atLeast ? "more" : "\(found) bytes", cure: "get the file again")
    }
  }

  private func read(_ count: Int) throws(DatasetError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count, let base = buffer.baseAddress {
        let got = pread(descriptor, base + filled, min(count - filled, 1 << 30), off_t(filled))
        if got < 0 {
          if errno == EINTR { continue }
          failure = errno
          break
        }
        if got == 0 { break }
        filled += got
      }
    }
    if failure != 0 { throw Self.unreadable(path, failure) }
    if bytes.count < count {
      throw DatasetError(
        .truncated, file: path, offset: bytes.count, expected: "\(count) bytes",
        found: "\(bytes.count): the file shrank while it was read", cure: "try again")
    }
    return bytes
  }

  private func unpack(limit: Int, allowsMore: Bool, announced: Int? = nil) throws(DatasetError) -> [UInt8] {
    let input: [UInt8]
    if let packed { input = packed } else { input = try read(storedSize) }
    packed = input
    var output = cc_buffer()
    var consumed = 0
    let status = cc_gunzip(input, input.count, limit, &output, &consumed)
    defer { cc_free(output) }
    let more = announced.map { ", of \($0) announced" } ?? ""
    let got = "after \(output.count) unpacked bytes\(more)"
    switch status {
    case CC_OK: break
    case CC_LIMIT where allowsMore: break
    case CC_LIMIT:
      throw DatasetError(
        .tooLarge, file: path, expected: "at most \(limit) bytes when unpacked", found: "more",
        cure: "split the file")
    case CC_ENDS_EARLY:
      throw DatasetError(
        .badGzip, file: path, offset: consumed, expected: "the rest of the compressed data",
        found: "the end of the file, \(got)", cure: "get the file again")
    case CC_TRAILING:
      throw DatasetError(
        .badGzip, file: path, offset: consumed, expected: "the end of the file",
        found: "\(input.count - consumed) bytes after the compressed data", cure: "get the file again")
    case CC_NO_MEMORY:
      throw DatasetError(
        .tooLarge, file: path, expected: "memory for the unpacked data", found: "none left \(got)",
        cure: "close other programs or split the file")
    default:
      throw DatasetError(
        .badGzip, file: path, offset: consumed, expected: "gzip data", found: "damaged data \(got)",
        cure: "get the file again")
    }
    return Array(UnsafeBufferPointer(start: output.bytes, count: output.count))
  }

  private static func unreadable(_ path: String, _ code: Int32) -> DatasetError {
    DatasetError(
      .unreadable, file: path, expected: "a readable file", found: String(cString: strerror(code)),
      cure: code == EACCES ? "give yourself the right to read it" : nil)
  }
}
