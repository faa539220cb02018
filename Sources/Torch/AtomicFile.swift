#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import Foundation

/// Writes whole files so that a reader sees the old bytes or the new ones, never a part, even when the machine
/// stops at any moment: a temporary file in the same folder, fsync, rename, fsync of the folder.
public enum AtomicFile {
  /// Takes the bytes of the file, piece by piece.
  public struct Sink: ~Copyable {
    fileprivate let descriptor: Int32
    fileprivate let path: String
    /// Bytes taken so far.
    public private(set) var count = 0

    fileprivate init(descriptor: Int32, path: String) {
      self.descriptor = descriptor
      self.path = path
    }

    /// Appends `bytes`.
    public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ArrayFileError) {
      var done = 0
      while done < bytes.count, let start = bytes.baseAddress {
        let written = systemWrite(descriptor, start + done, min(bytes.count - done, 1 << 30))
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { throw failure("write", path) }
        done += written
      }
      count += bytes.count
    }

    /// Appends `bytes`.
    public mutating func write(_ bytes: some Sequence<UInt8>) throws(ArrayFileError) {
      let array = Array(bytes)
      var failed: ArrayFileError?
      array.withUnsafeBytes { (buffer: UnsafeRawBufferPointer) in
        do throws(ArrayFileError) { try write(buffer) } catch { failed = error }
      }
      if let failed { throw failed }
    }
  }

  /// Writes what `body` puts in the sink to `url`, replacing what is there. When `body` throws, or the disk does,
  /// the temporary file is removed and `url` keeps its old bytes.
  public static func write(
    to url: URL, _ body: (inout Sink) throws(ArrayFileError) -> Void
  ) throws(ArrayFileError) {
    let path = url.path
    let folder = url.deletingLastPathComponent().path
    let name = ".\(url.lastPathComponent).\(getpid())-\(UInt32.random(in: 0 ... .max)).partial"
    let temporary = folder + "/" + name
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("create", path) }
    var isOpen = true
    do throws(ArrayFileError) {
      var sink = Sink(descriptor: descriptor, path: path)
      try body(&sink)
      guard fsync(descriptor) == 0 else { throw failure("fsync", path) }
      isOpen = false
      guard close(descriptor) == 0 else { throw failure("close", path) }
      guard rename(temporary, path) == 0 else { throw failure("rename", path) }
    } catch {
      if isOpen { close(descriptor) }
      unlink(temporary)
      throw error
    }
    try syncFolder(folder)
  }

  /// Removes the temporary files that killed writers left in `folder`. Only for who knows that nobody writes there.
  public static func removePartials(in folder: String) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
    for name in names where name.hasPrefix(".") && name.hasSuffix(".partial") { unlink("\(folder)/\(name)") }
  }

  /// Makes the names in `folder` durable. File systems that cannot sync a folder are left alone.
  public static func syncFolder(_ folder: String) throws(ArrayFileError) {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", folder) }
    defer { close(descriptor) }
    if fsync(descriptor) != 0 && errno != EINVAL && errno != ENOTSUP { throw failure("fsync", folder) }
  }

  private static func failure(_ action: String, _ path: String) -> ArrayFileError {
    ArrayFileError(
      .unwritable, file: path, field: action, found: String(cString: strerror(errno)),
      expected: "an existing folder with room that this user may write to")
  }
}

private func systemWrite(_ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, start, count)
}
