import Foundation
import GRDB
import Torch
import Training

/// Looks a study over: its store by SQLite's own checks, and the files of every stage that is done.
public struct StudyCheck: Codable, Hashable, Sendable {
  /// Something that is not as the store says.
  public struct Problem: Codable, Hashable, Sendable {
    /// The file.
    public var file: String
    /// The stage whose file it is, for people; nil for the store itself.
    public var stage: String?
    /// What is wrong with it.
    public var reason: String

    /// Writes every key; `stage` is null where there is none.
    public func encode(to encoder: any Encoder) throws {
      var keys = encoder.container(keyedBy: CodingKeys.self)
      try keys.encode(file, forKey: .file)
      try keys.encode(stage, forKey: .stage)
      try keys.encode(reason, forKey: .reason)
    }
  }

  /// Stages that are done.
  public var stages: Int
  /// Their files that were looked at.
  public var files: Int
  /// Bytes of these.
  public var bytes: Int
  /// What is wrong, in the order of the stages.
  public var problems: [Problem]

  /// Checks the study in a folder; nothing is changed, and the study may be running.
  /// - Parameter catalog: where objectives and networks are looked up.
  public init(directory: URL, catalog: Catalog = .standard) throws(StudyError) {
    let file = directory.appendingPathComponent("study.sqlite")
    let store = try StudyStore(existing: file)
    problems = try store.damage().map { Problem(file: file.path, stage: nil, reason: $0) }
    let runs = Dictionary(try store.runs().map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
    let done = try store.stages().filter { $0.state == .done }
    stages = done.count
    files = 0
    bytes = 0
    let places = StudyFiles(directory: directory)
    for stage in done {
      let name =
        "\(runs[stage.runDigest]?.label ?? "?"), seed \(runs[stage.runDigest]?.seed ?? 0): \(Scheduler.name(of: stage))"
      var wanted = places.products(of: stage)
      let result = places.result(of: stage)
      if FileManager.default.fileExists(atPath: result.path) { wanted.append(result) }
      for file in wanted {
        files += 1
        bytes += StudyFiles.bytes(of: file)
        if let reason = Self.fault(of: file, stage, catalog) {
          problems.append(Problem(file: file.path, stage: name, reason: reason))
        }
      }
    }
    try store.close()
  }

  /// What is wrong with a file of a stage, or nil.
  static func fault(of file: URL, _ stage: StageRecord, _ catalog: Catalog) -> String? {
    guard FileManager.default.fileExists(atPath: file.path) else {
      return "it is gone; the same `study run` makes it again when a stage needs it"
    }
    do {
      switch file.pathExtension {
      case "json": _ = try JSONSerialization.jsonObject(with: Data(contentsOf: file), options: .fragmentsAllowed)
      // Weights carry a digest of all that is in them, which reading compares.
      case _ where stage.kind == .train: _ = try TrainedModel(file.deletingLastPathComponent(), catalog: catalog)
      default: _ = try SafeTensorsFile(file)
      }
      return nil
    } catch {
      let reason = "\(error)"
      let path = "\(file.path): "
      if file.pathExtension == "json" { return "it is no JSON" }
      return reason.hasPrefix(path) ? String(reason.dropFirst(path.count)) : reason
    }
  }
}

extension StudyStore {
  /// What SQLite finds wrong with the file; nothing in a sound one.
  func damage() throws(StudyError) -> [String] {
    try read { database in
      let found = try String.fetchAll(database, sql: "PRAGMA integrity_check(20)").filter { $0 != "ok" }
      let lost = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").prefix(20).map { row in
        "a row of table '\(row[0] as String? ?? "?")' refers to one of '\(row[2] as String? ?? "?")' that is not there"
      }
      return found + lost
    }
  }
}
