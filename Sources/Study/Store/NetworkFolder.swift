import Foundation

/// Whether a file lies where other machines may reach it.
enum NetworkFolder {
  /// Types of file systems that several machines share, as Linux names them.
  private static let types: Set<String> = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "ceph", "beegfs", "afs", "ocfs2", "gfs2", "panfs", "9p",
    "fuse",
  ]

  /// Whether the folder of `file` is on a network file system; false where that cannot be told, as on macOS.
  static func holds(_ file: URL) -> Bool {
    // A file of the kernel has no size, so that it is read to its end.
    guard let handle = FileHandle(forReadingAtPath: "/proc/self/mountinfo"), let data = try? handle.readToEnd() else {
      return false
    }
    let folder = file.deletingLastPathComponent().resolvingSymlinksInPath().path
    return holds(folder, mounts: String(decoding: data, as: UTF8.self))
  }

  /// The same by a table of mounts: `36 35 98:0 /root /mount/point options - type source options` in each line.
  static func holds(_ folder: String, mounts: String) -> Bool {
    var best = (length: -1, type: "")
    for line in mounts.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 5, let dash = fields[5...].firstIndex(of: "-"), dash + 1 < fields.endIndex else { continue }
      let point = fields[4].replacing("\\040", with: " ")
      let isAbove = point == "/" || folder == point || folder.hasPrefix(point + "/")
      // Of several at one place the last one counts.
      if isAbove, point.utf8.count >= best.length { best = (point.utf8.count, String(fields[dash + 1])) }
    }
    return types.contains(best.type) || best.type.hasPrefix("fuse.")
  }
}
