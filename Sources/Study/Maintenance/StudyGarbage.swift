import Foundation
import GRDB

/// What lies in a study's folder that the present plan does not refer to: folders of runs, features, results and
/// fine-tuned networks of stages, and rows of the store. Nothing else is looked at, and so never removed.
public struct StudyGarbage: Codable, Hashable, Sendable {
  /// A folder or file below `runs/`.
  public struct Item: Codable, Hashable, Sendable {
    /// Its path below the study's folder.
    public var path: String
    /// Bytes that it holds.
    public var bytes: Int
  }

  /// In the order of their paths.
  public var items: [Item] = []
  /// Rows of stages that are no longer planned.
  public var stages = 0
  /// Rows of runs that are no longer planned.
  public var runs = 0

  /// Bytes of all items.
  public var bytes: Int { items.reduce(0) { $0 + $1.bytes } }

  /// Looks for it; nothing is changed.
  public init(directory: URL) throws(StudyError) {
    let store = try StudyStore(existing: directory.appendingPathComponent("study.sqlite"))
    try self.init(directory: directory, store: store)
    try store.close()
  }

  /// Removes it. Refuses while somebody runs the study.
  /// - Returns: what was removed.
  public static func remove(
    from directory: URL, say: (String) -> Void = { _ in }
  ) throws(StudyError) -> StudyGarbage {
    let store = try StudyStore(existing: directory.appendingPathComponent("study.sqlite"))
    try store.awaitVerdicts(patience: OwnerWatch.standardPatience, say: say)
    // As an owner it keeps others from changing the plan meanwhile.
    let owner = try store.enterAlone(OwnerRecord(), directory: directory.path)
    defer { try? store.leave(owner.id) }
    let garbage = try StudyGarbage(directory: directory, store: store)
    // Rows first: should it be stopped in between, what is left is still found to be nobody's.
    try store.removeUnplanned()
    for item in garbage.items {
      let url = directory.appendingPathComponent(item.path)
      do {
        try FileManager.default.removeItem(at: url)
      } catch {
        throw .notWritable(path: url.path, reason: error.localizedDescription)
      }
    }
    return garbage
  }

  private init(directory: URL, store: StudyStore) throws(StudyError) {
    guard try store.study() != nil else { throw .noStudy(directory: directory.path) }
    (stages, runs) = try store.unplanned()
    let places = StudyFiles(directory: directory)
    let stages = Dictionary(grouping: try store.stages(), by: \.runDigest)
    let planned = Set(try store.runs().map(\.digest))
    for run in StudyFiles.names(in: places.runs) where StudyFiles.isDigest(run, length: 64) {
      guard planned.contains(run) else {
        add("runs/\(run)", directory)
        continue
      }
      let wanted = Set((stages[run] ?? []).map { String($0.digest.prefix(16)) })
      for folder in ["features", "results"] {
        for name in StudyFiles.names(in: places.folder(ofRun: run).appendingPathComponent(folder)) {
          guard let digest = Self.digest(of: name, in: folder), !wanted.contains(digest) else { continue }
          add("runs/\(run)/\(folder)/\(name)", directory)
        }
      }
      for name in StudyFiles.names(in: places.folder(ofRun: run).appendingPathComponent("finetune"))
      where StudyFiles.isDigest(name, length: 16) && !wanted.contains(name) {
        add("runs/\(run)/finetune/\(name)", directory)
      }
    }
  }

  private mutating func add(_ path: String, _ directory: URL) {
    items.append(Item(path: path, bytes: StudyFiles.bytes(of: directory.appendingPathComponent(path))))
  }

  /// The beginning of the digest of the stage that a file is named after: `<digest>-<split>.safetensors`,
  /// `<kind>-<digest>.json`. Nil for a file of another name.
  private static func digest(of name: String, in folder: String) -> String? {
    let (end, isFirst) = folder == "features" ? (".safetensors", true) : (".json", false)
    guard name.hasSuffix(end) else { return nil }
    let parts = name.dropLast(end.count).split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let digest = isFirst ? parts.first : parts.last,
      StudyFiles.isDigest(digest, length: 16)
    else { return nil }
    return String(digest)
  }
}

extension StudyStore {
  private static let unplannedRuns = """
    FROM run WHERE NOT active AND NOT EXISTS (SELECT 1 FROM stage WHERE stage.run_digest = run.digest AND stage.active)
    """

  /// How many stages and runs the present plan does not ask for.
  func unplanned() throws(StudyError) -> (stages: Int, runs: Int) {
    try read { database in
      (
        try Int.fetchOne(database, sql: "SELECT count(*) FROM stage WHERE NOT active") ?? 0,
        try Int.fetchOne(database, sql: "SELECT count(*) \(Self.unplannedRuns)") ?? 0
      )
    }
  }

  /// Removes them with all that they measured.
  func removeUnplanned() throws(StudyError) {
    try write { database in
      try database.execute(sql: "DELETE FROM stage WHERE NOT active")
      try database.execute(sql: "DELETE \(Self.unplannedRuns)")
    }
  }

  /// Enters an owner where there is no other.
  func enterAlone(_ owner: OwnerRecord, directory: String) throws(StudyError) -> OwnerRecord {
    try write { database in
      if let other = try OwnerRecord.fetchOne(database, sql: "SELECT * FROM owner ORDER BY number") {
        throw StudyError.locked(directory: directory, holder: other.name)
      }
      try owner.insert(database)
      return owner
    }
  }
}
