import Foundation

/// A file mapped read-only into memory: pages are read when they are touched and never count as the program's own.
final class MappedBytes: @unchecked Sendable {
  let path: String
  /// Valid as long as this object lives.
  let bytes: UnsafeRawBufferPointer

  init(_ path: String) throws(DatasetError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      throw DatasetError(
        code == ENOENT ? .missing : .unreadable, file: path, expected: "a readable file",
        found: String(cString: strerror(code)), cure: "check the path")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw DatasetError(
        .wrongKindOfFile, file: path, expected: "a file", found: "a folder or device", cure: "name the file itself")
    }
    guard status.st_size > 0 else {
      throw DatasetError(
        .empty, file: path, offset: 0, expected: "data", found: "an empty file", cure: "get the file again")
    }
    let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let start, start != MAP_FAILED else {
      throw DatasetError(
        .unreadable, file: path, expected: "room to map \(status.st_size) bytes",
        found: String(cString: strerror(errno)))
    }
    bytes = UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
  }

  deinit { if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) } }
}
