import Foundation

/// Pictures in files of their own below one folder.
final class FolderStore: ImageStore {
  let root: String
  let names: NameList

  init(root: String, names: NameList) {
    self.root = root
    self.names = names
  }

  var count: Int { names.count }
  var shards: [Range<Int>]? { nil }
  func name(_ place: Int) -> String { names[place] }
  func withName(_ place: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    names.withBytes(place) { body(UnsafeRawBufferPointer($0)) }
  }
  func size(_ place: Int) -> Int {
    var status = stat()
    return stat(location(place), &status) == 0 ? Int(status.st_size) : -1
  }

  func location(_ place: Int) -> String { names[place].hasPrefix("/") ? names[place] : root + "/" + names[place] }

  func withBytes<Result>(
    _ place: Int, _ scratch: inout [UInt8], _ body: (UnsafeRawBufferPointer) throws(ImageFault) -> Result
  ) throws(ImageFault) -> Result {
    // A pipe would have no end to wait for.
    let descriptor = open(location(place), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw ImageFault(.unreadable, String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw ImageFault(.unreadable, "a folder, pipe or device")
    }
    let size = Int(status.st_size)
    guard size > 0 else { throw ImageFault(.empty, "0 bytes") }
    guard size <= Self.limit else { throw ImageFault(.tooLarge, "\(size) bytes; at most \(Self.limit) are taken") }
    if scratch.count < size { scratch = [UInt8](unsafeUninitializedCapacity: size + size / 4) { $1 = $0.count } }
    var filled = 0
    while filled < size {
      let got = scratch.withUnsafeMutableBytes { room in
        room.baseAddress.map { read(descriptor, $0 + filled, size - filled) } ?? 0
      }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else {
        throw ImageFault(.unreadable, got < 0 ? String(cString: strerror(errno)) : "the file shrank while it was read")
      }
      filled += got
    }
    return try scratch.withRawBytes { (bytes) throws(ImageFault) in
      try body(UnsafeRawBufferPointer(rebasing: bytes[0..<size]))
    }
  }

  /// No picture's file may be larger: 1 GiB.
  static let limit = 1 << 30
}
