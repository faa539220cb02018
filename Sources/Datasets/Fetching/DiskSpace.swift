import Foundation

/// How much room a disk has.
enum DiskSpace {
  /// Left free beside what is written: 64 MiB.
  static let margin = 64 << 20

  /// Bytes that the user may still write in the file system of a folder; nil where the system does not say.
  static func available(in folder: String) -> Int? {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return nil }
    let (bytes, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
    return overflow ? nil : bytes
  }

  /// Throws `noSpace` unless there is room for so many bytes and the margin.
  static func require(_ bytes: Int, in folder: String, for what: String) throws(DatasetError) {
    guard bytes > 0, let available = available(in: folder) else { return }
    let (needed, overflow) = bytes.addingReportingOverflow(margin)
    guard overflow || needed > available else { return }
    throw DatasetError(
      .noSpace, file: folder, expected: "\(bytes) bytes free for \(what), and \(margin) to spare",
      found: "\(available)", cure: "free some, or name a folder on another disk")
  }
}
