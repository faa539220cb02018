import Foundation

/// The files, folders and links of an archive as they are written below an open folder.
///
/// Each part of a name is opened relative to the part before and without following links (openat(2), O_NOFOLLOW),
/// and files are made only where there is none (O_EXCL).
final class UnpackedTree {
  /// How many files, folders and links were made.
  private(set) var entries = 0

  private let root: Int32
  private let name: String
  private let archive: String
  private let limits: Archive.Limits
  /// The folder written to last: most archives go folder by folder.
  private var parent: (parts: ArraySlice<[UInt8]>, descriptor: Int32)?

  init(descriptor: Int32, name: String, archive: String, limits: Archive.Limits) throws(DatasetError) {
    root = descriptor
    self.name = name
    self.archive = archive
    self.limits = limits
  }

  deinit { if let parent { close(parent.descriptor) } }

  /// Makes the folder and those above it.
  func makeFolder(_ path: ArchivePath) throws(DatasetError) { _ = try folder(path.parts[...], of: path) }

  /// Makes an empty file and gives its descriptor, which the receiver closes.
  func makeFile(_ path: ArchivePath) throws(DatasetError) -> Int32 {
    let (folder, name) = try place(path)
    let descriptor = Self.withText(name) {
      openat(folder, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    }
    guard descriptor >= 0 else { throw fault(errno, path) }
    return descriptor
  }

  /// Makes a symbolic link whose target was checked.
  func makeSymbolicLink(_ path: ArchivePath, to target: [UInt8]) throws(DatasetError) {
    let (folder, name) = try place(path)
    let status = Self.withText(target) { target in Self.withText(name) { symlinkat(target, folder, $0) } }
    if status != 0 { throw fault(errno, path) }
  }

  /// Makes a second name for a file of this archive.
  func makeHardLink(_ path: ArchivePath, to target: ArchivePath) throws(DatasetError) {
    guard let last = target.parts.last else { throw outside(path, target, "the folder itself") }
    let source = try existingFolder(target.parts.dropLast(), path, target)
    defer { close(source) }
    var status = stat()
    guard Self.withText(last, { fstatat(source, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
      throw outside(path, target, "nothing of that name before it")
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw outside(path, target, "no file") }
    let (folder, name) = try place(path)
    let result = Self.withText(last) { last in Self.withText(name) { linkat(source, last, folder, $0, 0) } }
    if result != 0 { throw fault(errno, path) }
  }

  /// The open folder of an entry, made if need be, and the entry's own name.
  private func place(_ path: ArchivePath) throws(DatasetError) -> (Int32, [UInt8]) {
    guard let last = path.parts.last else {
      throw refusal("a name below the folder", "the folder itself, as a file or link")
    }
    let folder = try folder(path.parts.dropLast(), of: path)
    try count(path)
    return (folder, last)
  }

  private func folder(_ parts: ArraySlice<[UInt8]>, of path: ArchivePath) throws(DatasetError) -> Int32 {
    if parts.isEmpty { return root }
    if let parent, parent.parts.elementsEqual(parts) { return parent.descriptor }
    guard parts.count <= limits.depth else {
      throw refusal("at most \(limits.depth) folders within folders", "\(parts.count) in \(path.description)")
    }
    var current = root
    for part in parts {
      let next: Int32
      do throws(DatasetError) { next = try step(from: current, part, path) } catch {
        if current != root { close(current) }
        throw error
      }
      if current != root { close(current) }
      current = next
    }
    if let parent { close(parent.descriptor) }
    parent = (Array(parts)[...], current)
    return current
  }

  private func step(from folder: Int32, _ part: [UInt8], _ path: ArchivePath) throws(DatasetError) -> Int32 {
    if Self.withText(part, { mkdirat(folder, $0, 0o755) }) == 0 {
      try count(path)
    } else if errno != EEXIST {
      throw fault(errno, path)
    }
    let next = Self.withText(part) { openat(folder, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    if next >= 0 { return next }
    let code = errno
    if code == ENOTDIR || code == ELOOP {
      throw refusal(
        "a folder \(ArchivePath.shown(part)) for \(path.description)", "a file or a link of that name before it")
    }
    throw fault(code, path)
  }

  private func existingFolder(
    _ parts: ArraySlice<[UInt8]>, _ path: ArchivePath, _ target: ArchivePath
  ) throws(DatasetError) -> Int32 {
    var current = dup(root)
    for part in parts where current >= 0 {
      let next = Self.withText(part) { openat(current, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
      close(current)
      current = next
    }
    if current < 0 { throw outside(path, target, "nothing of that name before it") }
    return current
  }

  private func count(_ path: ArchivePath) throws(DatasetError) {
    entries += 1
    if entries > limits.entries {
      throw refusal("at most \(limits.entries) files, folders and links", "more, \(path.description) being the next")
    }
  }

  private func outside(_ path: ArchivePath, _ target: ArchivePath, _ found: String) -> DatasetError {
    refusal("a file of the archive behind the hard link \(path.description)", "\(found): \(target.description)")
  }

  private func refusal(_ expected: String, _ found: String) -> DatasetError {
    DatasetError(
      .unsafeArchive, file: archive, expected: expected, found: found,
      cure: "get the archive from a source you trust, or unpack it by hand where it can do no harm")
  }

  private func fault(_ code: Int32, _ path: ArchivePath) -> DatasetError {
    switch code {
    case EEXIST: refusal("every name once", "\(path.description) a second time")
    case ENAMETOOLONG: refusal("names that the file system takes", "\(path.description), too long")
    default: .system(code, file: name, doing: "writing \(path.description)")
    }
  }

  private static func withText<Result>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let text = (bytes + [0]).map { CChar(bitPattern: $0) }
    return text.withUnsafeBufferPointer { buffer in
      // Never empty: the null at its end is there.
      buffer.baseAddress.map(body) ?? "".withCString(body)
    }
  }
}
