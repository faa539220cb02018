import Foundation
import Testing

@testable import Study

/// `csv` and `jsonl`: one row a measurement.
@Suite struct ResultExportTests {
  let study: ExportedStudy

  init() throws { study = try ExportedStudy() }

  func text(_ name: String) throws -> String { try String(contentsOf: study.out(name), encoding: .utf8) }

  @Test func oneTidyTable() throws {
    let summary = try study.export(.csv, to: "r.csv")
    #expect(summary == StudyExport.Summary(runs: 2, measurements: 16, files: 1))
    let lines = try text("r.csv").split(separator: "\n", omittingEmptySubsequences: false)
    let first = ExportedStudy.runs[0].digest
    #expect(lines.count == 18 && lines[17].isEmpty)
    #expect(lines[0] == "run,objective,network,seed,stage,target,split,measure,value,reason")
    #expect(lines[1] == "\(first),softmax,resnet8,0,evaluate,,test,nll,,\"no logits, \"\"so\"\"\"")
    #expect(lines[2] == "\(first),softmax,resnet8,0,evaluate,,test,top1,0.9033333333333333,")
    #expect(lines[3] == "\(first),softmax,resnet8,0,separation,,test,r2_cosine,1,")
    #expect(lines[6] == "\(first),softmax,resnet8,0,probe,not/mnist,test,probe_accuracy,0.25,")
  }

  @Test func theSameRowsAsLines() throws {
    try study.export(.jsonl, to: "r.jsonl")
    let lines = try text("r.jsonl").split(separator: "\n")
    let rows = try lines.map { try JSONDecoder().decode(ResultTable.Row.self, from: Data($0.utf8)) }
    #expect(rows == ResultTable(try StudySnapshot(directory: study.directory)).rows)
    #expect(lines[0].contains("\"value\":null") && lines[1].contains("\"reason\":null"))
  }

  @Test(arguments: [ExportFormat.csv, .jsonl]) func theSameBytesAgainAndNothingElse(_ format: ExportFormat) throws {
    try study.export(format, to: "r")
    let before = try Data(contentsOf: study.out("r"))
    try study.export(format, to: "r")
    #expect(try Data(contentsOf: study.out("r")) == before)
    // What is not ours stays; an empty file holds nothing.
    for other in ["a,b\n1,2\n", "{\"run\":1}\n", "run,objective\n", "\u{0}"] {
      try study.folder.write(other, to: "other")
      #expect(throws: ExportError.self) { try study.export(format, to: "other") }
      #expect(try text("other") == other)
    }
    try study.folder.write("", to: "empty")
    try study.export(format, to: "empty")
    #expect(try Data(contentsOf: study.out("empty")) == before)
  }

  @Test func placesThatWillNotDo() throws {
    func refusal(_ name: String) -> ExportError? {
      do {
        try study.export(.csv, to: name)
        return nil
      } catch { return error as? ExportError }
    }
    #expect(refusal("study") == .notOurs(path: study.out("study").path, reason: "not a file, where one should go"))
    guard case .notWritable(let path, _) = refusal("none/r.csv") else {
      Issue.record("accepted")
      return
    }
    #expect(path == study.out("none/r.csv").path)
    #expect(throws: StudyError.noStudy(directory: study.out("nowhere").path)) {
      try StudyExport(directory: study.out("nowhere"))
    }
    let empty = study.out("empty")
    try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
    try StudyStore(at: empty.appendingPathComponent("study.sqlite")).close()
    #expect(throws: StudyError.noStudy(directory: empty.path)) { try StudyExport(directory: empty) }
  }

  /// A reader sees all rows of a finished stage or none, whatever is written meanwhile.
  @Test func whileTheStudyWrites() throws {
    let store = study.store
    let writer = Thread {
      for number in 0..<200 {
        let stage = ExportedStudy.stage(ExportedStudy.runs[2], 1)
        let value = Double(number)
        let both = ["x", "y"].map {
          MeasurementRecord(
            runDigest: stage.runDigest, stageDigest: stage.digest, name: $0, split: "test", value: value)
        }
        try? store.finish(stage: stage.digest, seconds: 0, measurements: both)
      }
    }
    writer.start()
    for _ in 0..<20 {
      let rows = ResultTable(try StudySnapshot(directory: study.directory)).rows
      let found = ["x", "y"].map { name in rows.first { $0.measure == name }?.value }
      #expect(found[0] == found[1])
    }
    while !writer.isFinished { usleep(1000) }
  }
}
