import Foundation

/// The names in a folder, in the order of their bytes; hidden ones are left out.
struct FolderListing {
  /// Files, also through links.
  var files: [[UInt8]] = []
  /// Folders, also through links.
  var folders: [[UInt8]] = []

  init(_ path: String) throws(DatasetError) {
    guard let handle = opendir(path) else {
      let code = errno
      throw DatasetError(
        code == ENOENT ? .missing : code == ENOTDIR ? .wrongKindOfFile : .unreadable, file: path,
        expected: "a folder that can be listed", found: String(cString: strerror(code)), cure: "check the path")
    }
    defer { closedir(handle) }
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        Array(bytes.prefix { $0 != 0 })
      }
      if name.first == UInt8(ascii: ".") { continue }
      switch Int32(entry.pointee.d_type) {
      case Int32(DT_REG): files.append(name)
      case Int32(DT_DIR): folders.append(name)
      case Int32(DT_LNK), Int32(DT_UNKNOWN):
        // Some file systems say nothing, and links must be followed.
        var status = stat()
        guard stat(path + "/" + String(decoding: name, as: UTF8.self), &status) == 0 else {
          files.append(name)  // a broken link is a file that cannot be read, and will be reported as one
          continue
        }
        if status.st_mode & S_IFMT == S_IFDIR { folders.append(name) } else { files.append(name) }
      default: break
      }
    }
    files.sort { $0.lexicographicallyPrecedes($1) }
    folders.sort { $0.lexicographicallyPrecedes($1) }
  }

  /// Whether a file's name says that it is a picture, of whatever format.
  static func namesPicture(_ name: some BidirectionalCollection<UInt8>) -> Bool {
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return false }
    let ending = String(decoding: name[name.index(after: dot)...], as: UTF8.self).lowercased()
    return pictureEndings.contains(ending)
  }

  // Formats that are not read are pictures all the same: they are reported as such, not passed over.
  private static let pictureEndings: Set<String> = [
    "jpg", "jpeg", "jpe", "jfif", "png", "gif", "bmp", "webp", "tif", "tiff", "ppm", "pgm", "heic", "avif",
  ]
}
