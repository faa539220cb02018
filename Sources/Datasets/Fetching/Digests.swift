import Crypto
import Foundation

/// SHA-256 and MD5 of bytes as they come.
struct Digests {
  private var long = SHA256()
  private var short = Insecure.MD5()

  init() {}

  /// The digests of a whole file.
  init(file: String) throws(DatasetError) {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(errno, file: file, doing: "reading the file") }
    defer { close(descriptor) }
    _ = try take(descriptor, upTo: .max, file: file)
  }

  /// Adds bytes.
  mutating func take(_ bytes: UnsafeRawBufferPointer) {
    long.update(bufferPointer: bytes)
    short.update(bufferPointer: bytes)
  }

  /// Adds the first `limit` bytes of an open file and gives their number, smaller where the file is.
  mutating func take(_ descriptor: Int32, upTo limit: Int, file: String) throws(DatasetError) -> Int {
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var place = 0
    while place < limit {
      let wanted = min(buffer.count, limit - place)
      let got = pread(descriptor, &buffer, wanted, off_t(place))
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw .system(errno, file: file, doing: "reading the file") }
      if got == 0 { break }
      buffer.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
      place += got
    }
    return place
  }

  /// Hexadecimal, lower case.
  var sha256: String { long.finalize().hexadecimal }
  /// Hexadecimal, lower case.
  var md5: String { short.finalize().hexadecimal }
}
