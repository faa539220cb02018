import CCodecs
import Foundation

/// Reads an archive entry by entry and writes what the limits and the rules for names allow.
final class Unpacker {
  private static let chunk = 1 << 18

  private let file: String
  private let fileName: String
  private let limits: Archive.Limits
  private let tree: UnpackedTree
  private let format: Archive.Format
  private var archive: OpaquePointer?
  private var progress = Archive.Progress()
  /// Unpacked bytes, also of what follows the last entry.
  private var unpacked = 0
  private var buffer = [UInt8](repeating: 0, count: chunk)
  private var reported = ContinuousClock.now

  init(
    _ file: String, named fileName: String, format: Archive.Format, tree: UnpackedTree, limits: Archive.Limits
  ) throws(DatasetError) {
    self.file = file
    self.fileName = fileName
    self.format = format
    self.tree = tree
    self.limits = limits
    progress.total = try Self.size(of: file)
    let code: ca_format =
      switch format {
      case .tar: CA_TAR
      case .zip: CA_ZIP
      case .gzip: CA_GZIP
      }
    let status = ca_open(file, code, &archive)
    if status != CA_OK { throw fault(status) }
  }

  deinit { ca_close(archive) }

  func run(progress report: (Archive.Progress) -> Void, isCancelled: () -> Bool) throws(DatasetError)
    -> Archive.Progress
  {
    guard let archive else { throw fault(CA_NO_MEMORY) }
    func pulse() throws(DatasetError) {
      if isCancelled() {
        throw DatasetError(
          .cancelled, file: file, expected: "to unpack it whole", found: "the wish to stop", cure: "run it again")
      }
      progress.read = Int(ca_consumed(archive))
      progress.entries = tree.entries
      let now = ContinuousClock.now
      if now - reported > .milliseconds(100) {
        reported = now
        report(progress)
      }
    }
    while let entry = try next(archive) {
      try pulse()
      try write(entry, from: archive, pulse)
    }
    var count = 0
    // What follows the last entry is read for its check sums.
    while try isPresent(ca_rest(archive, &buffer, buffer.count, &count)) {
      try add(count)
      try pulse()
    }
    guard tree.entries > 0 else {
      throw DatasetError(
        .empty, file: file, expected: "an archive with something in it", found: "no entries", cure: "get the file again"
      )
    }
    progress.read = progress.total
    progress.entries = tree.entries
    report(progress)
    return progress
  }

  private func write(
    _ entry: ca_entry, from archive: OpaquePointer, _ pulse: () throws(DatasetError) -> Void
  ) throws(DatasetError) {
    let name = format == .gzip ? ownName : Self.bytes(entry.name)
    let path = try checked(name)
    switch entry.kind {
    case CA_FILE: try writeFile(path, announced: entry.size, archive, pulse)
    case CA_FOLDER: try tree.makeFolder(path)
    case CA_SYMBOLIC_LINK:
      let target = Self.bytes(entry.target)
      do throws(ArchivePath.Fault) { try ArchivePath.check(target: target, depth: path.parts.count - 1) } catch {
        throw refusal(error.expected, error.found + " from \(path.description)")
      }
      try tree.makeSymbolicLink(path, to: target)
    case CA_HARD_LINK: try tree.makeHardLink(path, to: try checked(Self.bytes(entry.target)))
    default: throw refusal("files, folders and links", "a device, pipe or socket \(path.description)")
    }
  }

  private func checked(_ name: [UInt8]) throws(DatasetError) -> ArchivePath {
    do throws(ArchivePath.Fault) { return try ArchivePath(name) } catch {
      throw refusal(error.expected, error.found)
    }
  }

  private func writeFile(
    _ path: ArchivePath, announced: Int64, _ archive: OpaquePointer, _ pulse: () throws(DatasetError) -> Void
  ) throws(DatasetError) {
    if announced > limits.bytes {
      throw refusal("at most \(limits.bytes) bytes when unpacked", "\(announced) in \(path.description) alone")
    }
    let descriptor = try tree.makeFile(path)
    defer { close(descriptor) }
    var written: Int64 = 0
    var count = 0
    while try isPresent(ca_read(archive, &buffer, buffer.count, &count)) {
      try add(count)
      var start = 0
      while start < count {
        let put = buffer.withUnsafeBytes {
          Foundation.write(descriptor, $0.baseAddress.map { $0 + start }, count - start)
        }
        if put < 0 && errno == EINTR { continue }
        guard put > 0 else { throw .system(errno, file: file, doing: "writing \(path.description)") }
        start += put
      }
      written += Int64(count)
      progress.unpacked += count
      try pulse()
    }
    guard announced < 0 || announced == written else {
      throw DatasetError(
        .badArchive, file: file, expected: "\(announced) bytes of \(path.description)", found: "\(written)",
        cure: "get the file again")
    }
  }

  private static func size(of file: String) throws(DatasetError) -> Int {
    var status = stat()
    guard stat(file, &status) == 0 else { throw .system(errno, file: file, doing: "reading the archive") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DatasetError(
        .wrongKindOfFile, file: file, expected: "a file", found: "a folder, device, pipe or socket",
        cure: "name the archive itself")
    }
    guard status.st_size > 0 else {
      throw DatasetError(
        .empty, file: file, offset: 0, expected: "an archive", found: "an empty file", cure: "get the file again")
    }
    return Int(status.st_size)
  }

  /// Counts unpacked bytes against the limits.
  private func add(_ count: Int) throws(DatasetError) {
    unpacked += count
    guard unpacked <= limits.bytes else {
      throw refusal("at most \(limits.bytes) bytes when unpacked", "more")
    }
    guard
      unpacked <= limits.ratioFloor || Double(unpacked) <= limits.ratio * Double(progress.total)
    else {
      throw refusal(
        "at most \(limits.ratio) times the archive's \(progress.total) bytes when unpacked",
        "more")
    }
  }

  private func next(_ archive: OpaquePointer) throws(DatasetError) -> ca_entry? {
    var entry = ca_entry_none()
    return try isPresent(ca_next(archive, &entry)) ? entry : nil
  }

  private func isPresent(_ status: ca_status) throws(DatasetError) -> Bool {
    if status == CA_OK { return true }
    if status == CA_END { return false }
    throw fault(status)
  }

  /// The file's name without `.gz`.
  private var ownName: [UInt8] {
    Array((fileName.lowercased().hasSuffix(".gz") ? String(fileName.dropLast(3)) : fileName + ".unpacked").utf8)
  }

  private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
    Array(UnsafeBufferPointer(start: text, count: strlen(text))).map { UInt8(bitPattern: $0) }
  }

  private func refusal(_ expected: String, _ found: String) -> DatasetError {
    DatasetError(
      .unsafeArchive, file: file, expected: expected, found: found,
      cure: "get the archive from a source you trust, or unpack it by hand where it can do no harm")
  }

  private func fault(_ status: ca_status) -> DatasetError {
    guard let archive, status != CA_NO_MEMORY else {
      return DatasetError(
        .tooLarge, file: file, expected: "memory for unpacking", found: "none left", cure: "close other programs")
    }
    let message = String(cString: ca_message(archive))
    guard status == CA_DAMAGED else {
      let code = ca_errno(archive)
      return .system(code, file: file, doing: "reading the archive")
    }
    let isStart = progress.unpacked == 0 && tree.entries <= 1
    return DatasetError(
      isStart && !hasMagic ? .wrongMagic : .badArchive, file: file, offset: Int(ca_consumed(archive)),
      expected: isStart ? "a \(format) archive" : "the rest of the archive, after \(tree.entries) entries",
      found: message, cure: "get the file again")
  }

  /// Whether the file begins as its format does.
  private var hasMagic: Bool {
    guard let handle = FileHandle(forReadingAtPath: file), let start = try? handle.read(upToCount: 512) else {
      return false
    }
    switch format {
    case .zip: return start.starts(with: [0x50, 0x4b])
    case .gzip: return start.starts(with: [0x1f, 0x8b])
    case .tar:
      let packed: [[UInt8]] = [[0x1f, 0x8b], [0x42, 0x5a, 0x68], [0xfd, 0x37, 0x7a, 0x58, 0x5a]]
      return packed.contains { start.starts(with: $0) }
        || start.withUnsafeBytes { TarHeader($0, at: 0)?.hasValidChecksum ?? false }
    }
  }
}
