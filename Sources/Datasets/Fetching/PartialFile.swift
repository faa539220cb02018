import Foundation

/// The file that a download grows in, with what is known about it; locked while it is open.
final class PartialFile {
  /// What the next run has to know, as JSON beside the file.
  struct Note: Codable, Hashable {
    var url: String
    /// The server's name for this version of the file: a strong ETag, or the time of its last change.
    var validator: String?
    /// Bytes of the whole file.
    var total: Int?
    /// Bytes that are on the disk; what follows them in the file after a crash may be anything.
    var count: Int
  }

  /// After so many bytes they are brought to the disk, and noted.
  private static let interval = 64 << 20

  /// How many bytes there are.
  private(set) var count = 0
  private(set) var note: Note
  private(set) var digests = Digests()
  let path: String
  private let notePath: String
  private let destination: String
  private var descriptor: Int32
  private var isDiscarded = false

  /// Opens what an earlier run left, or nothing.
  init(_ download: Download) throws(DatasetError) {
    destination = download.destination
    path = destination + ".partial"
    notePath = path + ".json"
    note = Note(url: download.url, validator: nil, total: nil, count: 0)
    let folder = URL(fileURLWithPath: destination).deletingLastPathComponent()
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw DatasetError(
        .unreadable, file: folder.path, expected: "a folder, or the right to make it",
        found: error.localizedDescription)
    }
    descriptor = try Self.lock(path)
    do throws(DatasetError) { try recover(download) } catch {
      close()
      throw error
    }
  }

  /// Closes the file and gives up the lock; what has come stays.
  func close() {
    if descriptor >= 0 { Foundation.close(descriptor) }
    descriptor = -1
  }

  deinit { close() }

  private func recover(_ download: Download) throws(DatasetError) {
    let known = (try? Data(contentsOf: URL(fileURLWithPath: notePath))).flatMap {
      try? JSONDecoder().decode(Note.self, from: $0)
    }
    // Without a validator only a digest can tell whether old and new bytes belong together.
    guard let known, known.url == download.url, known.validator != nil || download.hasDigest, known.count > 0,
      known.count <= download.bytes ?? known.count, known.count <= known.total ?? known.count
    else { return try restart() }
    guard try digests.take(descriptor, upTo: known.count, file: path) == known.count else { return try restart() }
    try truncate(known.count)
    note = known
  }

  /// Forgets all bytes.
  func restart() throws(DatasetError) {
    unlink(notePath)
    note.validator = nil
    note.total = nil
    digests = Digests()
    try truncate(0)
  }

  /// Takes over what the server says about the file.
  func describe(validator: String?, total: Int?) {
    note.validator = validator
    note.total = total
  }

  /// Adds bytes.
  func append(_ bytes: UnsafeRawBufferPointer) throws(DatasetError) {
    digests.take(bytes)
    var done = 0
    while done < bytes.count {
      let put = pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(count + done))
      if put < 0 && errno == EINTR { continue }
      guard put > 0 else { throw .system(errno, file: path, doing: "writing") }
      done += put
    }
    count += bytes.count
    if count - note.count >= Self.interval { try save() }
  }

  /// Brings the bytes to the disk and notes how many there are.
  func save() throws(DatasetError) {
    if isDiscarded { return }
    guard fsync(descriptor) == 0 else { throw .system(errno, file: path, doing: "writing to disk") }
    note.count = count
    do {
      try JSONEncoder().encode(note).write(to: URL(fileURLWithPath: notePath), options: .atomic)
    } catch {
      throw DatasetError(
        .unreadable, file: notePath, expected: "to write it", found: error.localizedDescription)
    }
  }

  /// Gives the file its name; whatever has that name is replaced.
  func finish() throws(DatasetError) {
    guard fsync(descriptor) == 0 else { throw .system(errno, file: path, doing: "writing to disk") }
    guard rename(path, destination) == 0 else { throw .system(errno, file: destination, doing: "renaming") }
    unlink(notePath)
    let folder = open((destination as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      Foundation.close(folder)
    }
  }

  /// Removes the file and what is noted about it.
  func discard() {
    isDiscarded = true
    unlink(path)
    unlink(notePath)
  }

  private func truncate(_ size: Int) throws(DatasetError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw .system(errno, file: path, doing: "truncating") }
    count = size
    note.count = size
  }

  private static func lock(_ path: String) throws(DatasetError) -> Int32 {
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw .system(errno, file: path, doing: "writing") }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let code = errno
        Foundation.close(descriptor)
        if code == EINTR { continue }
        guard code == EWOULDBLOCK else { throw .system(code, file: path, doing: "locking") }
        throw DatasetError(
          .busy, file: path, expected: "no other run at work on it", found: "one that holds the lock",
          cure: "wait for it, or stop it")
      }
      // Another run may have finished with the file before it was locked.
      var opened = stat()
      var named = stat()
      if fstat(descriptor, &opened) == 0, lstat(path, &named) == 0, opened.st_ino == named.st_ino { return descriptor }
      Foundation.close(descriptor)
    }
  }
}
