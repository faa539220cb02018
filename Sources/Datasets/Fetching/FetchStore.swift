import Foundation

/// What a fetch keeps in its hidden folder: `parts/` with the downloads and a note for each finished one, `tree/`
/// with the folder to be.
struct FetchStore {
  /// What is noted about a finished download.
  private struct Note: Codable {
    var file: DatasetFetch.File
    var receipt: Download.Receipt
  }

  private let staging: StagingFolder
  private let numbers: [DatasetFetch.File: Int]

  /// The hidden folder.
  var root: String { staging.path }
  private var parts: String { root + "/parts" }
  private var tree: String { root + "/tree" }

  init(_ staging: StagingFolder, _ files: [DatasetFetch.File]) throws(DatasetError) {
    self.staging = staging
    numbers = Dictionary(zip(files, files.indices), uniquingKeysWith: { first, _ in first })
    try Self.make(staging.path + "/parts")
  }

  /// Where a file is downloaded to. The number keeps names apart that differ in their folder only.
  func path(of file: DatasetFetch.File) -> String {
    "\(parts)/\(numbers[file] ?? 0)-\((file.name as NSString).lastPathComponent)"
  }

  /// Bytes of the file that are there, finished or not.
  func present(_ file: DatasetFetch.File) -> Int {
    var status = stat()
    for path in [path(of: file), path(of: file) + ".partial"] where stat(path, &status) == 0 {
      return Int(status.st_size)
    }
    return 0
  }

  /// What is noted about the file if it was fetched by an earlier run; a leftover of another file is removed.
  func receipt(of file: DatasetFetch.File) throws(DatasetError) -> Download.Receipt? {
    let note = (try? Data(contentsOf: URL(fileURLWithPath: notePath(file)))).flatMap {
      try? JSONDecoder().decode(Note.self, from: $0)
    }
    if let note, note.file == file, present(file) == note.receipt.bytes { return note.receipt }
    unlink(notePath(file))
    unlink(path(of: file))
    return nil
  }

  /// Notes that the file is whole.
  func note(_ receipt: Download.Receipt, _ file: DatasetFetch.File) throws(DatasetError) -> Download.Receipt {
    try Self.write(Note(file: file, receipt: receipt), to: notePath(file))
    return receipt
  }

  /// Makes the tree anew; what a failed run unpacked is gone.
  func makeTree() throws(DatasetError) {
    if FileManager.default.fileExists(atPath: tree) {
      do { try FileManager.default.removeItem(atPath: tree) } catch {
        throw DatasetError(
          .unreadable, file: tree, expected: "to remove what an earlier run left", found: error.localizedDescription)
      }
    }
    try Self.make(tree)
  }

  /// After a failure: keeps downloads for the next run, and nothing else.
  func tidy() {
    try? FileManager.default.removeItem(atPath: tree)
    // These go only if there is nothing in them.
    rmdir(parts)
    rmdir(root)
  }

  /// Unpacks a file into its folder of the tree.
  func unpack(
    _ file: DatasetFetch.File, limits: Archive.Limits, progress: (Archive.Progress) -> Void, isCancelled: () -> Bool
  ) throws(DatasetError) {
    let folder = file.folder.map { tree + "/" + $0 } ?? tree
    try Self.make(folder)
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(errno, file: folder, doing: "opening the folder") }
    defer { close(descriptor) }
    _ = try Archive.unpack(
      path(of: file), as: (file.name as NSString).lastPathComponent, intoOpen: descriptor, named: folder,
      limits: limits,
      progress: progress, isCancelled: isCancelled)
  }

  /// Puts a file under its name into the tree.
  func place(_ file: DatasetFetch.File) throws(DatasetError) {
    let target = tree + "/" + file.name
    try Self.make((target as NSString).deletingLastPathComponent)
    // A second name for the same bytes; the first stays in case that something fails before the end.
    if link(path(of: file), target) == 0 { return }
    let code = errno
    guard code != EEXIST else {
      throw DatasetError(
        .alreadyExists, file: file.url, expected: "no \(file.name) among what was unpacked", found: "one",
        cure: "correct the list of files: unpack into another folder")
    }
    // File systems without hard links.
    guard rename(path(of: file), target) == 0 else { throw .system(code, file: target, doing: "renaming") }
  }

  /// Gives the tree its name and removes the rest.
  func publish(_ receipt: DatasetFetch.Receipt) throws(DatasetError) {
    try Self.write(receipt, to: tree + "/" + DatasetFetch.receiptName)
    try staging.publish("tree")
    staging.discard()
  }

  private func notePath(_ file: DatasetFetch.File) -> String { path(of: file) + ".done.json" }

  private static func make(_ folder: String) throws(DatasetError) {
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      throw DatasetError(
        .unreadable, file: folder, expected: "the right to make the folder", found: error.localizedDescription)
    }
  }

  private static func write(_ value: some Encodable, to path: String) throws(DatasetError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do { try encoder.encode(value).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
      throw DatasetError(.unreadable, file: path, expected: "to write it", found: error.localizedDescription)
    }
  }
}
