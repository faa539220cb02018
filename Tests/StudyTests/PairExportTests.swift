import Foundation
import Testing

@testable import Study

/// `csv` and `jsonl` of pairs of runs: one row a measurement of two runs, or of two layers of one.
@Suite struct PairExportTests {
  let study: ExportedStudy
  let stage = StageRecord(
    digest: ExportedStudy.digest("all"), runDigest: ExportedStudy.runs[0].digest, kind: .cka, position: 100)

  init() throws {
    study = try ExportedStudy()
    let snapshot = try StudySnapshot(directory: study.directory)
    try study.store.plan(study: snapshot.study, runs: snapshot.runs, stages: snapshot.stages + [stage])
    func row(
      _ name: String, _ second: Int, _ layers: (String, String), _ value: Double?, _ reason: String? = nil
    ) -> PairRecord {
      PairRecord(
        stageDigest: stage.digest, name: name, firstRun: snapshot.runs[0].digest,
        secondRun: snapshot.runs[second].digest, layers: layers, value: value, reason: reason)
    }
    try study.store.record(pairs: [
      row("cka", 1, ("stem", "stem"), 0.1 + 0.2), row("cka", 0, ("block", "stem"), nil, "a \"flat\" layer"),
      row("agreement", 3, ("", ""), 1),
    ])
  }

  func finish() throws { try study.store.finish(stage: stage.digest, seconds: 1, measurements: []) }

  @discardableResult
  func export(_ format: ExportFormat, _ content: ExportContent, to name: String) throws -> StudyExport.Summary {
    var export = try StudyExport(directory: study.directory)
    export.content = content
    return try export.write(format, to: study.out(name))
  }

  func text(_ name: String) throws -> String { try String(contentsOf: study.out(name), encoding: .utf8) }

  @Test func oneTidyTable() throws {
    try finish()
    let summary = try export(.csv, .pairs, to: "p.csv")
    #expect(summary == StudyExport.Summary(runs: 3, measurements: 3, files: 1))
    let digests = ExportedStudy.runs.map(\.digest)
    let (first, second, last) = (digests[0], digests[1], digests[3])
    let smooth = "label-smoothing:smoothing=0.1"
    let lines = try text("p.csv").split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines == [
        "run_a,objective_a,network_a,seed_a,layer_a,run_b,objective_b,network_b,seed_b,layer_b,stage,split,measure,"
          + "value,reason",
        "\(first),softmax,resnet8,0,,\(last),\"a, \"\"b\"\" \u{E9}\",resnet8,1,,cka,test,agreement,1,",
        "\(first),softmax,resnet8,0,block,\(first),softmax,resnet8,0,stem,cka,test,cka,,\"a \"\"flat\"\" layer\"",
        "\(first),softmax,resnet8,0,stem,\(second),\(smooth),resnet8,0,stem,cka,test,cka,0.30000000000000004,", "",
      ])
  }

  @Test func theSameRowsAsLines() throws {
    try finish()
    try export(.jsonl, .pairs, to: "p.jsonl")
    let lines = try text("p.jsonl").split(separator: "\n")
    let rows = try lines.map { try JSONDecoder().decode(PairResultTable.Row.self, from: Data($0.utf8)) }
    #expect(rows.count == 3)
    #expect(rows == PairResultTable(try StudySnapshot(directory: study.directory)).rows)
    #expect(lines[1].contains("\"value\":null") && lines[0].contains("\"reason\":null"))
    for line in lines {
      let keys = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(keys?.keys.sorted() == PairResultTable.columns.sorted())
    }
  }

  @Test func whatIsNotDoneIsNotThere() throws {
    let summary = try export(.csv, .pairs, to: "p.csv")
    #expect(summary == StudyExport.Summary(runs: 0, measurements: 0, files: 1))
    #expect(try text("p.csv") == "\(PairResultTable.header)\n")
    // Once it is, the same file grows; the table of runs never has these rows.
    try export(.csv, .runs, to: "r.csv")
    let before = try text("r.csv")
    try finish()
    #expect(try export(.csv, .pairs, to: "p.csv").measurements == 3)
    try export(.csv, .runs, to: "r.csv")
    #expect(try text("r.csv") == before)
  }

  @Test(arguments: [ExportFormat.csv, .jsonl]) func oneTableDoesNotReplaceTheOther(_ format: ExportFormat) throws {
    try finish()
    try export(format, .runs, to: "r")
    try export(format, .pairs, to: "p")
    let (runs, pairs) = (try text("r"), try text("p"))
    #expect(throws: ExportError.self) { try export(format, .pairs, to: "r") }
    #expect(throws: ExportError.self) { try export(format, .runs, to: "p") }
    #expect(try text("r") == runs)
    #expect(try text("p") == pairs)
    try export(format, .pairs, to: "p")
    #expect(try text("p") == pairs, "the same bytes again")
  }
}
