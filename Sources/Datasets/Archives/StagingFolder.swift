import CCodecs
import Foundation

/// A hidden folder beside the one that is to come into being: filled first, renamed when whole.
///
/// It is locked (flock(2)) as long as this object lives, so that two runs do not collide; the lock of a killed run
/// goes with it, and what that run left is taken over.
final class StagingFolder {
  /// The folder to be.
  let target: String
  /// Where the folder is meanwhile: `.NAME.PURPOSE` beside the target.
  let path: String
  /// The open folder.
  let descriptor: Int32

  /// Makes, locks and, unless its contents are to be kept, empties the folder. The folders above are made, too.
  /// Throws `alreadyExists` if there is something at the target other than an empty folder, `busy` if another run
  /// holds the lock.
  init(beside target: String, purpose: String, keepsContents: Bool) throws(DatasetError) {
    (self.target, path) = Self.paths(target, purpose)
    try Self.check(self.target)
    let parent = (self.target as NSString).deletingLastPathComponent
    do { try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true) } catch {
      throw DatasetError(
        .unreadable, file: parent, expected: "a folder, or the right to make it", found: error.localizedDescription)
    }
    descriptor = try Self.lock(path)
    do throws(DatasetError) {
      // Another run may have finished between the first look and the lock.
      try Self.check(self.target)
      if !keepsContents { try removeContents() }
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// What a killed run left beside a target that is finished, locked; throws if there is nothing, or a run at work.
  init(leftBeside target: String, purpose: String) throws(DatasetError) {
    (self.target, path) = Self.paths(target, purpose)
    guard FileManager.default.fileExists(atPath: path) else {
      throw DatasetError(.missing, file: path, expected: "a folder of an earlier run", found: "none")
    }
    descriptor = try Self.lock(path)
  }

  deinit { close(descriptor) }

  private static func paths(_ target: String, _ purpose: String) -> (target: String, staging: String) {
    let url = URL(fileURLWithPath: target).standardizedFileURL
    let name = ".\(url.lastPathComponent).\(purpose)"
    return (url.path, url.deletingLastPathComponent().appendingPathComponent(name).path)
  }

  /// Brings everything to the disk and gives the folder, or the one of that name within it, the target's name.
  func publish(_ inner: String? = nil) throws(DatasetError) {
    let code = ca_sync(descriptor)
    guard code == 0 else { throw DatasetError.system(code, file: path, doing: "writing to disk") }
    guard rename(inner.map { path + "/" + $0 } ?? path, target) == 0 else {
      let code = errno
      if code == ENOTEMPTY || code == EEXIST || code == ENOTDIR { try Self.check(target) }
      throw DatasetError.system(code, file: target, doing: "renaming")
    }
    let parent = open((target as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if parent >= 0 {
      fsync(parent)
      close(parent)
    }
  }

  /// Removes the folder with all that is in it.
  func discard() { try? FileManager.default.removeItem(atPath: path) }

  private func removeContents() throws(DatasetError) {
    do {
      for name in try FileManager.default.contentsOfDirectory(atPath: path) {
        try FileManager.default.removeItem(atPath: path + "/" + name)
      }
    } catch {
      throw DatasetError(
        .unreadable, file: path, expected: "to clear what an earlier run left", found: error.localizedDescription,
        cure: "remove it")
    }
  }

  private static func check(_ target: String) throws(DatasetError) {
    var status = stat()
    guard lstat(target, &status) == 0 else { return }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    if isFolder, (try? FileManager.default.contentsOfDirectory(atPath: target))?.isEmpty == true { return }
    throw DatasetError(
      .alreadyExists, file: target, expected: "no such folder yet, or an empty one",
      found: isFolder ? "a folder with something in it" : "something that is no folder",
      cure: "name another folder, or remove this one")
  }

  private static func lock(_ path: String) throws(DatasetError) -> Int32 {
    while true {
      if mkdir(path, 0o755) != 0, errno != EEXIST {
        throw DatasetError.system(errno, file: path, doing: "making the folder")
      }
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      if descriptor < 0 {
        if errno == ENOENT { continue }  // Another run has just finished.
        throw DatasetError.system(errno, file: path, doing: "opening the folder")
      }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        let code = errno
        close(descriptor)
        if code == EINTR { continue }
        guard code == EWOULDBLOCK else { throw DatasetError.system(code, file: path, doing: "locking") }
        throw DatasetError(
          .busy, file: path, expected: "no other run at work here", found: "one that holds the lock",
          cure: "wait for it, or stop it")
      }
      // The folder may have been renamed or removed before it was locked.
      var opened = stat()
      var named = stat()
      if fstat(descriptor, &opened) == 0, lstat(path, &named) == 0, opened.st_ino == named.st_ino,
        opened.st_dev == named.st_dev
      {
        return descriptor
      }
      close(descriptor)
    }
  }
}

extension DatasetError {
  /// The error for a system call that failed.
  static func system(_ code: Int32, file: String, doing what: String) -> DatasetError {
    let found = String(cString: strerror(code))
    switch code {
    case ENOSPC, EDQUOT:
      return DatasetError(
        .noSpace, file: file, expected: "room on the disk for \(what)", found: found, cure: "free some and try again")
    case ENOENT:
      return DatasetError(.missing, file: file, expected: "a file or folder for \(what)", found: found)
    default:
      return DatasetError(.unreadable, file: file, expected: "\(what) to work", found: found)
    }
  }
}
