import Foundation
import Torch

/// The forms in which a study's results leave it.
public enum ExportFormat: String, Codable, Sendable, CaseIterable {
  /// One tidy table, a measurement a row.
  case csv
  /// The same rows, one JSON object a line.
  case jsonl
  /// A log directory for TensorBoard.
  case tensorboard
}

/// Hands a study's results to other programs. The same store gives the same bytes; a second export replaces its own
/// files and touches no others.
///
/// ```swift
/// let export = try StudyExport(directory: study)
/// try export.write(.csv, to: URL(fileURLWithPath: "results.csv"))
/// ```
public struct StudyExport: Sendable {
  /// Folder of the study.
  public var directory: URL
  /// What its store holds.
  public var snapshot: StudySnapshot
  /// What a table holds; a log directory for TensorBoard holds single runs whatever this says.
  public var content = ExportContent.runs
  /// Examples of each run whose features go to TensorBoard's projector; 0 for none.
  public var examples = TensorBoardExport.standardExamples

  /// What was written.
  public struct Summary: Codable, Hashable, Sendable {
    /// Runs of which something was written.
    public var runs: Int
    /// Measurements, those without a value included.
    public var measurements: Int
    /// Files written.
    public var files: Int
  }

  /// Reads the study in `directory`; it may be running.
  public init(directory: URL) throws(StudyError) {
    self.directory = directory
    snapshot = try StudySnapshot(directory: directory)
  }

  /// Writes the results to a file, or to a folder for TensorBoard.
  ///
  /// - Throws: `ExportError` for what cannot be written or must not be replaced, `StudyError` for a damaged store.
  @discardableResult
  public func write(_ format: ExportFormat, to out: URL) throws -> Summary {
    if format == .tensorboard {
      return try TensorBoardExport(snapshot: snapshot, directory: directory, examples: examples).write(to: out)
    }
    switch content {
    case .runs: return try Self.write(ResultTable(snapshot), asLines: format == .jsonl, to: out)
    case .pairs: return try Self.write(PairResultTable(snapshot), asLines: format == .jsonl, to: out)
    }
  }

  private static func write<Table: ExportTable>(_ table: Table, asLines: Bool, to out: URL) throws -> Summary {
    if asLines {
      try put(try table.jsonLines(), to: out) { text in
        let first = Data(text.prefix { !$0.isNewline }.utf8)
        return (try? JSONDecoder().decode(Table.Row.self, from: first)) != nil
      }
    } else {
      try put(table.csv, to: out) { $0.hasPrefix(Table.header + "\n") }
    }
    return Summary(
      runs: Set(table.rows.flatMap { Table.runs(of: $0) }).count, measurements: table.rows.count, files: 1)
  }

  /// Writes a file in one step where there is none, an empty one, or one that `isOurs` knows by its text.
  private static func put(_ text: String, to file: URL, isOurs: (String) -> Bool) throws(ExportError) {
    if let type = try? FileManager.default.attributesOfItem(atPath: file.resolvingSymlinksInPath().path)[.type] {
      guard type as? FileAttributeType == .typeRegular else {
        throw .notOurs(path: file.path, reason: "not a file, where one should go")
      }
      // The beginning will do to know it; the file may be anything.
      guard let handle = try? FileHandle(forReadingFrom: file),
        let start = try? handle.read(upToCount: 1 << 16) ?? Data()
      else { throw .notReadable(path: file.path, reason: "it exists, and whether it is an export cannot be seen") }
      if !start.isEmpty && !isOurs(String(decoding: start, as: UTF8.self)) {
        throw .notOurs(path: file.path, reason: "exists and is no export in this format")
      }
    }
    do throws(ArrayFileError) {
      try AtomicFile.write(to: file) { (sink: inout AtomicFile.Sink) throws(ArrayFileError) in try sink.write(text.utf8)
      }
    } catch {
      throw .notWritable(path: file.path, reason: "\(error.field): \(error.found)")
    }
  }
}
