import Foundation

/// Unpacking of archives that nobody vouches for, by libarchive 3.
///
/// Everything is written below a folder opened once, each name relative to its parent and never through a link, so
/// that no entry can reach outside, whatever the archive says. Refused are absolute names, `..`, links that lead
/// out, devices, pipes, sockets, names that come twice, and more than the limits. Owners, modes and times are not
/// taken over: files get 644 and folders 755, less the user's mask.
public enum Archive {
  /// How files are packed.
  public enum Format: String, Hashable, Sendable, CaseIterable {
    /// tar, plain or packed by gzip, bzip2 or xz.
    case tar
    /// zip.
    case zip
    /// A single file packed by gzip.
    case gzip

    /// The format that the end of a file's name tells; nil for a name of none of them.
    public init?(name: String) {
      let name = name.lowercased()
      let tars = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz"]
      if tars.contains(where: name.hasSuffix) {
        self = .tar
      } else if name.hasSuffix(".zip") {
        self = .zip
      } else if name.hasSuffix(".gz") {
        self = .gzip
      } else {
        return nil
      }
    }
  }

  /// How much an archive may hold.
  public struct Limits: Hashable, Sendable {
    /// Bytes of all files together.
    public var bytes: Int
    /// Files, folders and links together, folders that only names imply included.
    public var entries: Int
    /// Unpacked bytes for each packed byte. Deflate reaches 1032, photographs stay near 1.
    public var ratio: Double
    /// Unpacked bytes that are allowed whatever the ratio.
    public var ratioFloor: Int
    /// Folders within folders.
    public var depth: Int

    /// Limits; those not given are wide enough for ImageNet and stop bombs.
    public init(
      bytes: Int = 1 << 40, entries: Int = 20_000_000, ratio: Double = 200, ratioFloor: Int = 16 << 20,
      depth: Int = 64
    ) {
      self.bytes = bytes
      self.entries = entries
      self.ratio = ratio
      self.ratioFloor = ratioFloor
      self.depth = depth
    }
  }

  /// How far the work is.
  public struct Progress: Hashable, Sendable {
    /// Files, folders and links written.
    public var entries = 0
    /// Bytes written.
    public var unpacked = 0
    /// Bytes of the archive read.
    public var read = 0
    /// Bytes of the archive.
    public var total = 0
  }

  /// Unpacks a file into a folder that does not exist yet, or is empty.
  ///
  /// All or nothing: the work is done in a hidden folder beside it, which gets its name once all is written and
  /// all check sums are right. After a failure nothing is left; what a killed run leaves, the next one removes.
  /// - Parameters:
  ///   - file: The archive; its name tells the format unless `format` does.
  ///   - progress: Called some ten times a second, and once at the end.
  ///   - isCancelled: Asked often; the answer true ends the work with the error `cancelled`.
  @discardableResult public static func unpack(
    _ file: String, into folder: String, format: Format? = nil, limits: Limits = Limits(),
    progress: (Progress) -> Void = { _ in }, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) -> Progress {
    let staging = try StagingFolder(beside: folder, purpose: "unpacking", keepsContents: false)
    do throws(DatasetError) {
      let done = try unpack(
        file, intoOpen: staging.descriptor, named: folder, format: format, limits: limits, progress: progress,
        isCancelled: isCancelled)
      try staging.publish()
      return done
    } catch {
      staging.discard()
      throw error
    }
  }

  /// Unpacks into an open folder, beside what other archives put there; what is written stays after a failure.
  /// `fileName` is what the file is called, if not so on disk.
  static func unpack(
    _ file: String, as fileName: String? = nil, intoOpen folder: Int32, named name: String, format: Format? = nil,
    limits: Limits, progress: (Progress) -> Void, isCancelled: () -> Bool
  ) throws(DatasetError) -> Progress {
    let fileName = fileName ?? (file as NSString).lastPathComponent
    guard let format = format ?? Format(name: fileName) else {
      throw DatasetError(
        .badArchive, file: file, expected: "a name that ends in .tar, .tar.gz, .tgz, .tar.bz2, .tar.xz, .zip or .gz",
        found: "another", cure: "rename the file after its format")
    }
    let tree = try UnpackedTree(descriptor: folder, name: name, archive: file, limits: limits)
    let unpacker = try Unpacker(file, named: fileName, format: format, tree: tree, limits: limits)
    return try unpacker.run(progress: progress, isCancelled: isCancelled)
  }
}
