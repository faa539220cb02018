import Crypto
import Foundation

/// A pack while it is written: `FILE.partial` with the pictures so far, and `FILE.journal` with a line for each.
///
/// A line is written after its picture; what a kill cut short is cut off again. The journal begins with the digest of all
/// settings, and another's is not gone on with.
final class PackJournal {
  private(set) var records: [PackFile.Record?] = []
  private(set) var skipped: [BadImage] = []
  private let path: String
  private let data: Int32
  private let journal: Int32
  private var offset = PackFile.headerSize
  private var pending: [UInt8] = []
  private var lines: [UInt8] = []
  private var unwritten = 0

  init(path: String, settings: String) throws(DatasetError) {
    self.path = path
    // The journal is locked before the pictures are opened: whoever held it may just have given them their name.
    journal = Self.locked(path + ".journal")
    let code = errno
    data = journal < 0 ? -1 : open(path + ".partial", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    if journal < 0, code == EWOULDBLOCK {
      throw DatasetError(
        .busy, file: path, expected: "a pack that no one else writes", found: "another process at it",
        cure: "wait for it, or choose another file")
    }
    guard data >= 0 else { throw Self.unwritable(path, journal < 0 ? code : errno) }
    try resume(settings)
  }

  /// Opens a file and locks it; -1 with `errno`, which is `EWOULDBLOCK` where another has the lock.
  private static func locked(_ path: String) -> Int32 {
    while true {
      let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      if file < 0 { return -1 }
      var (own, named) = (stat(), stat())
      let isLocked = flock(file, LOCK_EX | LOCK_NB) == 0
      let code = errno
      // A lock on a file that its owner has removed meanwhile keeps no one away.
      if isLocked, fstat(file, &own) == 0, stat(path, &named) == 0, own.st_ino == named.st_ino { return file }
      close(file)
      if !isLocked {
        errno = code
        return -1
      }
    }
  }

  deinit {
    if data >= 0 { close(data) }
    if journal >= 0 { close(journal) }
  }

  func isSkipped(_ place: Int) -> Bool { records[place] == nil }

  /// Adds a picture.
  func append(_ bytes: [UInt8], label: Int, isTest: Bool) throws(DatasetError) {
    let checksum = bytes.withUnsafeBytes { PackFile.checksum($0) }
    let record = PackFile.Record(
      offset: UInt64(offset + pending.count), size: UInt32(clamping: bytes.count), checksum: checksum,
      label: UInt32(clamping: label), nameEnd: 0, isTest: isTest)
    records.append(record)
    pending += bytes
    lines += Array("\(record.size) \(checksum) \(label) \(isTest ? 1 : 0)\n".utf8)
    unwritten += 1
    if pending.count >= 16 << 20 || unwritten >= 256 { try flush() }
  }

  /// Notes a picture that is left out.
  func skip(_ bad: BadImage) throws(DatasetError) {
    records.append(nil)
    skipped.append(bad)
    let text = (try? JSONEncoder().encode(bad)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    lines += Array("skipped \(text)\n".utf8)
  }

  /// Brings all to the disk: pictures first, so that no line tells of what is not there.
  func flush() throws(DatasetError) {
    try Self.write(pending, to: data, at: offset, path)
    offset += pending.count
    pending = []
    guard fdatasync(data) == 0 else { throw Self.unwritable(path, errno) }
    let end = lseek(journal, 0, SEEK_END)
    try Self.write(lines, to: journal, at: Int(end), path)
    lines = []
    unwritten = 0
  }

  /// Writes index and header, and gives the pack its name. Returns its size and digest.
  func finish(names: [String], description: PackDescription) throws(DatasetError) -> (bytes: Int, sha256: String) {
    try flush()
    var index: [UInt8] = []
    var text: [UInt8] = []
    func add<Word: FixedWidthInteger>(_ word: Word) { withUnsafeBytes(of: word.littleEndian) { index += $0 } }
    let kept = records.compactMap { $0 }
    for (record, name) in zip(kept, names) {
      text += Array(name.utf8)
      guard text.count < 1 << 31 else {
        throw DatasetError(.tooLarge, file: path, expected: "at most 2 GiB of names", found: "more")
      }
      add(record.offset)
      add(record.size)
      add(record.checksum)
      add(record.label)
      add(UInt32(text.count) | (record.isTest ? 1 << 31 : 0))
    }
    index += text
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = (try? encoder.encode(description)) ?? Data()
    index += json
    add(UInt32(clamping: json.count))
    var hash = try hashed()
    hash.update(data: index)
    let digest = Array(hash.finalize())
    index += digest
    try Self.write(index, to: data, at: offset, path)
    var header = PackFile.magic
    for word in [1, UInt64(offset), UInt64(index.count), UInt64(kept.count)] {
      withUnsafeBytes(of: word.littleEndian) { header += $0 }
    }
    header += [UInt8](repeating: 0, count: PackFile.headerSize - header.count)
    try Self.write(header, to: data, at: 0, path)
    guard fsync(data) == 0, rename(path + ".partial", path) == 0 else { throw Self.unwritable(path, errno) }
    unlink(path + ".journal")
    return (offset + index.count, digest.hexadecimal)
  }

  /// The hash of all pictures, read back: what lies on the disk counts.
  private func hashed() throws(DatasetError) -> SHA256 {
    var hash = SHA256()
    var place = PackFile.headerSize
    var block = [UInt8](repeating: 0, count: 1 << 20)
    while place < offset {
      let got = pread(data, &block, min(block.count, offset - place), off_t(place))
      guard got > 0 else { throw Self.unwritable(path, errno) }
      block.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[0..<got])) }
      place += got
    }
    return hash
  }

  /// Takes up what an earlier call left, as far as it is whole and of these settings.
  private func resume(_ settings: String) throws(DatasetError) {
    let text = (try? String(contentsOfFile: path + ".journal", encoding: .utf8)) ?? ""
    var good = settings.utf8.count + 1
    var size = PackFile.headerSize
    let stored = Int(lseek(data, 0, SEEK_END))
    if text.hasPrefix(settings + "\n") {
      for line in text.dropFirst(settings.count + 1).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      {
        if line.hasPrefix("skipped ") {
          guard let bad = try? JSONDecoder().decode(BadImage.self, from: Data(line.dropFirst(8).utf8)) else { break }
          records.append(nil)
          skipped.append(bad)
        } else {
          let numbers = line.split(separator: " ").compactMap { UInt32($0) }
          guard numbers.count == 4, size + Int(numbers[0]) <= stored else { break }
          records.append(
            PackFile.Record(
              offset: UInt64(size), size: numbers[0], checksum: numbers[1], label: numbers[2], nameEnd: 0,
              isTest: numbers[3] == 1))
          size += Int(numbers[0])
        }
        good += line.utf8.count + 1
      }
      guard ftruncate(journal, off_t(good)) == 0 else { throw Self.unwritable(path, errno) }
    } else {
      guard ftruncate(journal, 0) == 0 else { throw Self.unwritable(path, errno) }
      try Self.write(Array((settings + "\n").utf8), to: journal, at: 0, path)
    }
    guard ftruncate(data, off_t(size)) == 0 else { throw Self.unwritable(path, errno) }
    offset = size
  }

  private static func write(_ bytes: [UInt8], to file: Int32, at offset: Int, _ path: String) throws(DatasetError) {
    var done = 0
    while done < bytes.count {
      let wrote = bytes.withUnsafeBytes { raw in
        raw.baseAddress.map { pwrite(file, $0 + done, raw.count - done, off_t(offset + done)) } ?? 0
      }
      if wrote < 0, errno == EINTR { continue }
      guard wrote > 0 else { throw unwritable(path, errno) }
      done += wrote
    }
  }

  private static func unwritable(_ path: String, _ code: Int32) -> DatasetError {
    DatasetError(
      .unreadable, file: path, expected: "a place to write the pack", found: String(cString: strerror(code)),
      cure: "name a file in a folder that exists, on a disk with room")
  }
}
