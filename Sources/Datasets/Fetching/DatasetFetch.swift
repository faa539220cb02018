import Foundation

/// The files of a data set from the net: fetched, verified, unpacked, and in place only when all are.
///
/// Everything happens in `.NAME.fetching` beside the folder to be, which keeps finished and partial downloads for
/// the next run if this one fails; a lock keeps two runs apart. At the end the tree gets its name in one step, with
/// `.fetched.json` in it, by which a later run knows that there is nothing to do.
public struct DatasetFetch: Sendable {
  /// A file to fetch.
  public struct File: Codable, Hashable, Sendable {
    /// Where from: http or https.
    public var url: String
    /// Its name below the folder, such as `train.tar.gz` or `labels/val.txt`.
    public var name: String
    /// Its size in bytes, if known.
    public var bytes: Int?
    /// Its SHA-256, hexadecimal, if known.
    public var sha256: String?
    /// Its MD5, hexadecimal, if known.
    public var md5: String?
    /// Whether to unpack it; its name tells the format.
    public var unpacks: Bool
    /// The folder to unpack into, below the folder of the set; that folder itself if nil.
    public var folder: String?

    /// A file from its parts.
    public init(
      url: String, name: String, bytes: Int? = nil, sha256: String? = nil, md5: String? = nil, unpacks: Bool = false,
      folder: String? = nil
    ) {
      self.url = url
      self.name = name
      self.bytes = bytes
      self.sha256 = sha256
      self.md5 = md5
      self.unpacks = unpacks
      self.folder = folder
    }
  }

  /// What a run is about.
  public enum Step: Hashable, Sendable {
    /// Fetching a file.
    case download(Download.Progress)
    /// Unpacking one.
    case unpacking(Archive.Progress)
  }

  /// What came of it; also what `.fetched.json` holds.
  public struct Receipt: Codable, Hashable, Sendable {
    /// The files asked for.
    public var files: [File]
    /// What was fetched, in the same order.
    public var downloads: [Download.Receipt]
    /// Whether archives were kept beside what came out of them.
    public var keepsArchives: Bool
  }

  /// The files, in the order in which they are fetched.
  public var files: [File]
  /// The folder to be.
  public var folder: String
  /// Whether archives stay beside what came out of them.
  public var keepsArchives: Bool
  /// How long to try, and how much to take.
  public var policy: Download.Policy
  /// How much each archive may hold.
  public var limits: Archive.Limits

  /// The name of the file by which a later run knows what is there.
  public static let receiptName = ".fetched.json"

  /// A fetch from its parts.
  public init(
    _ files: [File], into folder: String, keepsArchives: Bool = false, policy: Download.Policy = .init(),
    limits: Archive.Limits = .init()
  ) {
    self.files = files
    self.folder = folder
    self.keepsArchives = keepsArchives
    self.policy = policy
    self.limits = limits
  }

  /// What an earlier run brought into the folder; nil if there is nothing that such a run wrote.
  public static func receipt(in folder: String) -> Receipt? {
    let file = URL(fileURLWithPath: folder).appendingPathComponent(receiptName)
    guard let bytes = try? Data(contentsOf: file) else { return nil }
    return try? JSONDecoder().decode(Receipt.self, from: bytes)
  }

  /// Brings the files. What is there already is left as it is: a folder that the same request filled is the result.
  /// - Parameters:
  ///   - progress: Called some ten times a second with the file at work.
  ///   - isCancelled: Asked at least once a second; the answer true ends the work with the error `cancelled`.
  @discardableResult public func run(
    progress: @escaping (File, Step) -> Void = { _, _ in }, isCancelled: @escaping () -> Bool = { false }
  ) throws(DatasetError) -> Receipt {
    try check()
    if let done = Self.receipt(in: folder), done.files == files, done.keepsArchives == keepsArchives {
      removeLeftovers()
      return done
    }
    let staging = try StagingFolder(beside: folder, purpose: "fetching", keepsContents: true)
    let store = try FetchStore(staging, files)
    do throws(DatasetError) {
      return try fill(store, progress: progress, isCancelled: isCancelled)
    } catch {
      store.tidy()
      throw error
    }
  }

  private func fill(
    _ store: FetchStore, progress: @escaping (File, Step) -> Void, isCancelled: @escaping () -> Bool
  ) throws(DatasetError) -> Receipt {
    try checkSpace(store)
    var downloads: [Download.Receipt] = []
    for file in files {
      if let receipt = try store.receipt(of: file) {
        downloads.append(receipt)
        continue
      }
      let download = Download(
        file.url, to: store.path(of: file), bytes: file.bytes, sha256: file.sha256, md5: file.md5, policy: policy)
      let receipt = try download.run(progress: { progress(file, .download($0)) }, isCancelled: isCancelled)
      downloads.append(try store.note(receipt, file))
    }
    try store.makeTree()
    for file in files where file.unpacks {
      try store.unpack(file, limits: limits, progress: { progress(file, .unpacking($0)) }, isCancelled: isCancelled)
    }
    for file in files where !file.unpacks || keepsArchives { try store.place(file) }
    let receipt = Receipt(files: files, downloads: downloads, keepsArchives: keepsArchives)
    try store.publish(receipt)
    return receipt
  }

  /// Names must be distinct, stay below the folder, and tell the format of what is to be unpacked.
  private func check() throws(DatasetError) {
    guard !files.isEmpty else {
      throw DatasetError(.empty, file: folder, expected: "files to fetch", found: "none")
    }
    var names: Set<ArchivePath> = []
    for file in files {
      let path: ArchivePath
      do throws(ArchivePath.Fault) {
        path = try ArchivePath(Array(file.name.utf8))
        if let folder = file.folder { _ = try ArchivePath(Array(folder.utf8)) }
      } catch { throw misuse(file, error.expected, error.found) }
      guard !path.parts.isEmpty, file.name != Self.receiptName, names.insert(path).inserted else {
        throw misuse(file, "a name for each file", "\"\(file.name)\"")
      }
      guard !file.unpacks || Archive.Format(name: file.name) != nil else {
        throw misuse(file, "a name that tells the format, such as .tar.gz or .zip", "\"\(file.name)\"")
      }
    }
  }

  private func misuse(_ file: File, _ expected: String, _ found: String) -> DatasetError {
    DatasetError(.badReference, file: file.url, expected: expected, found: found, cure: "correct the list of files")
  }

  /// Downloads that are still to come, and for archives as much again: pictures are packed already.
  private func checkSpace(_ store: FetchStore) throws(DatasetError) {
    var needed = 0
    for file in files {
      guard let bytes = file.bytes, bytes > 0 else { continue }
      let rest = max(bytes - store.present(file), 0)
      let sum = needed.addingReportingOverflow(rest)
      let all = sum.partialValue.addingReportingOverflow(file.unpacks ? bytes : 0)
      needed = sum.overflow || all.overflow ? .max : all.partialValue
    }
    try DiskSpace.require(needed, in: store.root, for: "\(files.count) files and what comes out of them")
  }

  /// A run may have been killed between the last rename and its tidying up.
  private func removeLeftovers() {
    guard let staging = try? StagingFolder(leftBeside: folder, purpose: "fetching") else { return }
    staging.discard()
  }
}
