import Foundation
import Testing

@testable import Study

@Suite struct IncludeTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("parts"), withIntermediateDirectories: true)
    try folder.write(smallStudy, to: "base.yaml")
  }

  private func read(_ text: String, overrides: [String] = []) throws -> StudyDocument {
    try folder.write(text, to: "study.yaml")
    return try StudyRunner.read(
      file: folder.url.appendingPathComponent("study.yaml"), named: "here/study.yaml", overrides: overrides)
  }

  private func refusal(_ text: String, overrides: [String] = []) -> String {
    do {
      _ = try read(text, overrides: overrides)
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  @Test func keysOfTheIncludingFileWin() throws {
    let study = try read(
      """
      include: base.yaml
      name: mine
      training: { epochs: 9 }
      objectives: [sigmoid]
      transfer: ~
      """, overrides: ["training.batch=16"]
    ).specification
    #expect(study.name == "mine" && study.source.data.dataset == "fashion-mnist")
    #expect(study.training.epochs == 9 && study.training.warmup == 1 && study.training.batch == 16)
    #expect(study.objectives.map(\.label) == ["sigmoid"] && study.transfer.isEmpty)
  }

  @Test func includingIsWritingItOut() throws {
    #expect(try read("include: base.yaml\n").specification == document().specification)
  }

  @Test func laterFilesWinAndPathsAreRelative() throws {
    try folder.write("seeds: 7\ntraining: { batch: 8 }\ninclude: more/deep.yaml", to: "parts/seeds.yaml")
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("parts/more"), withIntermediateDirectories: true)
    try folder.write("seeds: 1\nmeasures: [calibration]", to: "parts/more/deep.yaml")
    let document = try read("include: [base.yaml, parts/seeds.yaml]")
    let study = document.specification
    #expect(study.seeds.count == 7 && study.training.batch == 8 && study.training.epochs == 2)
    #expect(study.measures == [.calibration])
    #expect(document.included.map(\.name) == ["here/base.yaml", "here/parts/seeds.yaml", "here/parts/more/deep.yaml"])
    #expect(document.yaml == "include: [base.yaml, parts/seeds.yaml]")
    #expect(
      document.written.hasPrefix("include: [base.yaml, parts/seeds.yaml]\n\n# Included: here/base.yaml\nname: small"))
    #expect(document.written.hasSuffix("# Included: here/parts/more/deep.yaml\nseeds: 1\nmeasures: [calibration]"))
    // The same file by two ways is no circle.
    #expect(try read("include: [base.yaml, base.yaml]").specification.name == "small")
  }

  @Test func errorsNameTheFileAndPlace() throws {
    #expect(
      refusal("name: a\ninclude: none.yaml").contains("here/study.yaml:2:10: include: here/none.yaml: no such file"))
    #expect(refusal("include: { a: b }").contains("here/study.yaml:1:10: include: expected a list"))
    #expect(refusal("include: []").contains("the list is empty"))
    #expect(refusal("include: parts").contains("here/study.yaml:1:10: include: here/parts: cannot be read"))
    #expect(refusal("include: study.yaml").contains("here/study.yaml:1:10: include: a circle: here/study.yaml, which"))
    try folder.write("a: 1\ninclude:\n  - ../parts/round.yaml", to: "parts/round.yaml")
    #expect(refusal("include: parts/round.yaml").contains("here/parts/round.yaml:3:5: include: a circle"))
    try folder.write("include: ../study.yaml", to: "parts/back.yaml")
    #expect(refusal("include: parts/back.yaml").contains("here/parts/back.yaml:1:10: include: a circle"))
    try folder.write("- a", to: "parts/list.yaml")
    #expect(refusal("include: parts/list.yaml").contains("here/parts/list.yaml:1:1: study: expected a mapping"))
    try folder.write("name: [a", to: "parts/broken.yaml")
    #expect(refusal("include: parts/broken.yaml").contains("here/parts/broken.yaml:"))
    try folder.write("training: { epoch: 3 }", to: "parts/key.yaml")
    #expect(
      refusal("include: [base.yaml, parts/key.yaml]").contains(
        "here/parts/key.yaml:1:13: training: unknown key 'epoch'"))
    #expect(refusal("include: base.yaml\nseeds: x").contains("here/study.yaml:2:8: seeds:"))
    #expect(
      refusal("include: base.yaml", overrides: ["include=x.yaml"]).contains("--set include=x.yaml: include: belongs"))
    try folder.write("include: [\(Array(repeating: "base.yaml", count: 101).joined(separator: ", "))]", to: "many.yaml")
    #expect(refusal("include: many.yaml").contains("more than 100 files"))
  }
}
