#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import Foundation

/// A regular file mapped into memory: its pages are read when they are touched and never count as the program's own, so
/// a file may be larger than memory. Unmapped when the last reference goes. The file itself is never written: who writes to a
/// mapped tensor writes to a page of his own.
public final class MappedFile: @unchecked Sendable {
  /// Path it was opened by.
  public let path: String
  /// All bytes of the file, or its first ones where only these could be mapped. Valid as long as this object lives, which is until its
  /// last use: hold on to it with `withBytes`, or by using it again afterwards.
  public let bytes: UnsafeRawBufferPointer

  /// Number of bytes of the file.
  public let count: Int

  /// Of a file that there is no room to map, so much is.
  static let head = 1 << 24

  /// Maps `url`. Throws for what is not there, not readable or not a regular file, and where there is no room (`ulimit -v`); with `inParts`
  /// then only the first bytes are mapped, and the rest by `part`.
  public init(_ url: URL, inParts: Bool = false) throws(ArrayFileError) {
    path = url.path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw ArrayFileError(
        .unreadable, file: path, field: "file", found: String(cString: strerror(errno)),
        expected: "a file that this user may read")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw ArrayFileError(
        .unreadable, file: path, field: "file", found: "a folder or device", expected: "a regular file")
    }
    let size = Int(status.st_size)
    count = size
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    if let whole = Self.map(descriptor, 0..<size) {
      bytes = whole
    } else if inParts, errno == ENOMEM, size > Self.head, let start = Self.map(descriptor, 0..<Self.head) {
      bytes = start
    } else {
      throw ArrayFileError(
        .unreadable, file: path, field: "file", found: String(cString: strerror(errno)),
        expected: "room to map \(size) bytes")
    }
  }

  private static func map(_ descriptor: Int32, _ range: Range<Int>) -> UnsafeRawBufferPointer? {
    let start = mmap(
      nil, range.count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, off_t(range.lowerBound))
    guard let start, start != MAP_FAILED else { return nil }
    return UnsafeRawBufferPointer(start: start, count: range.count)
  }

  /// Some bytes of the file, mapped as long as the result lives: this mapping's own, or one of the part alone.
  public func part(_ range: Range<Int>) throws(ArrayFileError) -> MappedPart {
    func failed(_ found: String) -> ArrayFileError {
      ArrayFileError(
        .unreadable, file: path, field: "bytes \(range)", found: found,
        expected: "room to map \(range.count) bytes of it")
    }
    guard range.lowerBound >= 0, range.upperBound <= count else { throw failed("a file of \(count) bytes") }
    if range.upperBound <= bytes.count {
      return MappedPart(bytes: UnsafeRawBufferPointer(rebasing: bytes[range]), of: self)
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failed(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    // Another file of that name, or a shorter one, would end in a fault when it is touched.
    guard fstat(descriptor, &status) == 0, Int(status.st_size) == count else { throw failed("a file that was changed") }
    let page = sysconf(Int32(_SC_PAGESIZE))
    let first = range.lowerBound / page * page
    guard let mapped = Self.map(descriptor, first..<range.upperBound) else {
      throw failed(String(cString: strerror(errno)))
    }
    return MappedPart(
      bytes: UnsafeRawBufferPointer(rebasing: mapped[(range.lowerBound - first)...]), unmapping: mapped)
  }

  /// Calls `body` with all bytes, and keeps the file mapped until it returns.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }

  deinit {
    if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }

  /// The `Unsigned` stored little endian at `offset`; nil when it reaches past the end.
  public func integer<Unsigned: FixedWidthInteger>(at offset: Int, as type: Unsigned.Type) -> Unsigned? {
    let size = MemoryLayout<Unsigned>.size
    guard offset >= 0, offset <= bytes.count - size else { return nil }
    return Unsigned(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Unsigned.self))
  }
}

/// Some bytes of a mapped file.
public final class MappedPart: @unchecked Sendable {
  /// The bytes; valid as long as this object lives.
  public let bytes: UnsafeRawBufferPointer
  private let file: MappedFile?
  private let mapped: UnsafeRawBufferPointer?

  init(bytes: UnsafeRawBufferPointer, of file: MappedFile) { (self.bytes, self.file, mapped) = (bytes, file, nil) }

  init(bytes: UnsafeRawBufferPointer, unmapping mapped: UnsafeRawBufferPointer) {
    (self.bytes, file, self.mapped) = (bytes, nil, mapped)
  }

  /// Has the pages of a block that is about to be read mapped at once, where the system can: by faults, a few pages each, a file in
  /// the cache is read at half the memory's rate or less. Of nearly nothing, and of what may be larger than memory, pages
  /// come as they are touched.
  public func prepare() {
    #if os(Linux)
      guard (1 << 20...1 << 28).contains(bytes.count), let start = bytes.baseAddress else { return }
      let page = sysconf(Int32(_SC_PAGESIZE))
      let address = Int(bitPattern: start)
      let first = address / page * page
      // MADV_POPULATE_READ, since Linux 5.14; an older one refuses.
      _ = madvise(UnsafeMutableRawPointer(bitPattern: first), bytes.count + address - first, 22)
    #endif
  }

  deinit {
    if let mapped, let start = mapped.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), mapped.count) }
  }
}
