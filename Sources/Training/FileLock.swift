import Foundation

/// A folder held by this process through the operating system: released when the process ends, however it ends.
public final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock of `folder` or throws `folderInUse` naming the holder.
  public init(folder: URL) throws(TrainingError) {
    let path = folder.appendingPathComponent("lock").path
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .file(path: path, operation: "open", reason: String(cString: strerror(errno)))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      var text = [UInt8](repeating: 0, count: 256)
      let length = read(descriptor, &text, text.count)
      close(descriptor)
      let holder = String(decoding: text.prefix(max(0, length)), as: UTF8.self)
      throw .folderInUse(path: folder.path, holder: holder.isEmpty ? "another process" : holder)
    }
    let holder = "process \(getpid()) on \(ProcessInfo.processInfo.hostName)"
    ftruncate(descriptor, 0)
    _ = holder.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
