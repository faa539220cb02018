import Foundation
import Torch

/// A folder of files that an export owns. What it owns stands in a list beside them, `separatrix-export.json`, written
/// before the files are: also after a kill, another export knows which files it may replace or remove.
struct ExportFolder {
  /// The list of files, in the folder.
  static let listName = "separatrix-export.json"

  /// What the list says.
  struct List: Codable, Hashable {
    var format: ExportFormat
    /// Name of the study.
    var study: String
    /// Folder of each run, by digest.
    var runs: [String: String]
    /// Paths below the folder, sorted.
    var files: [String]
  }

  private let folder: URL
  private var list: List
  /// Files that this export wrote.
  private(set) var written: Set<String> = []

  /// Takes a folder that does not exist, is empty, or holds an earlier export of the study.
  init(_ folder: URL, format: ExportFormat, study: String) throws(ExportError) {
    self.folder = folder
    list = List(format: format, study: study, runs: [:], files: [])
    let names: [String]
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    } catch {
      throw .notWritable(path: folder.path, reason: error.localizedDescription)
    }
    guard names.contains(Self.listName) else {
      // A first export that was killed at once may have left the beginnings of a list.
      guard names.allSatisfy({ $0.hasPrefix(".\(Self.listName).") }) else {
        throw .notOurs(path: folder.path, reason: "a folder that holds other files than an export")
      }
      return
    }
    let file = folder.appendingPathComponent(Self.listName)
    guard let data = try? Data(contentsOf: file), let old = try? JSONDecoder().decode(List.self, from: data),
      old.files.allSatisfy(Self.isBelow)
    else { throw .notOurs(path: file.path, reason: "not the list of an export") }
    guard old.study == study, old.format == format else {
      throw .notOurs(path: folder.path, reason: "holds an export of study '\(old.study)' (\(old.format.rawValue))")
    }
    list = old
    removeStaged()
  }

  /// Removes what an export left that was killed in the midst of a file.
  private func removeStaged() {
    let parents = Set(list.files.map { $0.split(separator: "/").dropLast().joined(separator: "/") })
    for parent in parents {
      let path = folder.appendingPathComponent(parent).path
      for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      where name.hasPrefix(".export-") || name.hasPrefix("..export-") { unlink("\(path)/\(name)") }
    }
  }

  /// Claims `paths`, which are about to be written, for the run's folder `name` where they belong to one.
  mutating func claim(_ paths: [String], run: (digest: String, name: String)? = nil) throws(ExportError) {
    let owned = Set(list.files)
    for path in paths where !owned.contains(path) {
      let file = folder.appendingPathComponent(path).path
      if FileManager.default.fileExists(atPath: file) {
        throw .notOurs(path: file, reason: "exists and is not of an earlier export")
      }
    }
    let before = list
    list.files = owned.union(paths).sorted()
    if let run { list.runs[run.digest] = run.name }
    if list != before { try writeList() }
  }

  /// Writes a file that was claimed.
  mutating func put(_ bytes: [UInt8], at path: String) throws(ExportError) {
    let file = folder.appendingPathComponent(path)
    let parent = file.deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    } catch {
      throw .notWritable(path: parent.path, reason: error.localizedDescription)
    }
    // TensorBoard takes whatever has "tfevents" in its name for an event file, so half a file must not have it.
    let staged = parent.appendingPathComponent(".export-\(getpid())")
    try Self.write(bytes, to: staged, insteadOf: file)
    guard rename(staged.path, file.path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(staged.path)
      throw .notWritable(path: file.path, reason: "rename: \(reason)")
    }
    written.insert(path)
  }

  /// Removes what earlier exports wrote and this one did not, and brings the list up to date.
  mutating func finish(runs: [String: String]) throws(ExportError) {
    for path in list.files where !written.contains(path) {
      let file = folder.appendingPathComponent(path)
      guard unlink(file.path) == 0 || errno == ENOENT else {
        throw .notWritable(path: file.path, reason: "remove: \(String(cString: strerror(errno)))")
      }
      // Fails where others have put something there, and then it should stay.
      if path.contains("/") { rmdir(file.deletingLastPathComponent().path) }
    }
    list.files = written.sorted()
    list.runs = runs
    try writeList()
  }

  private func writeList() throws(ExportError) {
    let file = folder.appendingPathComponent(Self.listName)
    let data: Data
    do {
      data = try CanonicalJSON.data(list)
    } catch {
      throw .notWritable(path: file.path, reason: error.description)
    }
    try Self.write(Array(data) + [10], to: file, insteadOf: file)
  }

  private static func write(_ bytes: [UInt8], to url: URL, insteadOf file: URL) throws(ExportError) {
    do throws(ArrayFileError) {
      try AtomicFile.write(to: url) { (sink: inout AtomicFile.Sink) throws(ArrayFileError) in try sink.write(bytes) }
    } catch {
      throw .notWritable(path: file.path, reason: "\(error.field): \(error.found)")
    }
  }

  /// Whether a path of a list stays below the folder.
  private static func isBelow(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count <= 2 && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }
}
