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
  /// All bytes of the file. Valid as long as this object lives, which is until its last use: hold on to it with
  /// `withBytes`, or by using it again afterwards.
  public let bytes: UnsafeRawBufferPointer

  /// Number of bytes.
  public var count: Int { bytes.count }

  /// Maps `url`. Throws for what is not there, not readable or not a regular file.
  public init(_ url: URL) throws(ArrayFileError) {
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
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0)
    guard let start, start != MAP_FAILED else {
      throw ArrayFileError(
        .unreadable, file: path, field: "file", found: String(cString: strerror(errno)),
        expected: "room to map \(size) bytes")
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
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
    guard offset >= 0, offset <= count - size else { return nil }
    return Unsigned(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Unsigned.self))
  }
}
