import Datasets
import Foundation
import Testing

@testable import Study

/// Plans that are shown although data are missing.
@Suite struct MissingDataTests {
  /// Sets of these names lack their files, the others are there.
  func runner(
    _ text: String = smallStudy, overrides: [String] = [], lacking: Set<String>, only: Split? = nil
  ) throws -> StudyRunner {
    var runner = StudyRunner(document: try document(text, overrides: overrides, dataRoot: "/nowhere"))
    runner.loader = { reference, split in
      guard lacking.contains(reference.dataset), only == nil || only == split else {
        return try pretendData(reference, split)
      }
      throw DatasetError(
        .missing, file: reference.directory, expected: "a folder that can be listed", found: "nothing of that name")
    }
    return runner
  }

  @Test func planIsShownAndRunRefuses() throws {
    let runner = try runner(lacking: ["fashion-mnist", "mnist"])
    let plan = try runner.plan(withoutData: true)
    #expect(plan.runs.count == 6 && plan.stages.count == 54)
    #expect(Set(plan.stages.map(\.record.digest)).count == 54)
    #expect(plan.source.train.count == 60_000 && plan.targets[0].test.count == 10_000)
    #expect(plan.targets[1].train.count == 100)
    #expect(plan.missing.map(\.dataset) == ["fashion-mnist", "mnist"])
    let first = try #require(plan.missing.first)
    #expect(first.directory == "/nowhere/fashion-mnist" && first.usedBy == ["fashion-mnist"])
    #expect(first.train == 60_000 && first.test == 10_000 && first.classes == 10)
    #expect(first.reason.contains("a folder that can be listed"))
    #expect(Estimate.bytes(of: plan) > 1_000_000)
    for attempt in [{ _ = try runner.plan() }, { _ = try runner.run() }] {
      #expect {
        try attempt()
      } throws: {
        "\($0)".contains("study.yaml:2:9: /nowhere/fashion-mnist: expected a folder that can be listed")
      }
    }
  }

  @Test func withAllDataNothingIsMissing() throws {
    let runner = try runner(lacking: [])
    let plan = try runner.plan(withoutData: true)
    #expect(plan.missing.isEmpty)
    #expect(try plan.stages.map(\.record.digest) == runner.plan().stages.map(\.record.digest))
  }

  @Test func bothSplitsAreAsPublishedWhereOneIsMissing() throws {
    let plan = try runner(lacking: ["fashion-mnist"], only: .test).plan(withoutData: true)
    #expect(plan.source.train.count == 60_000 && plan.source.test.count == 10_000)
  }

  @Test func otherClassesOfAMissingSource() throws {
    let text = smallStudy.replacingOccurrences(
      of: "dataset: fashion-mnist, ", with: "dataset: fashion-mnist, classes: [0, 1, 7], "
    ).replacingOccurrences(
      of: "- { dataset: notmnist, protocols: [knn] }", with: "- { dataset: source, classes: others }")
    let plan = try runner(text, lacking: ["fashion-mnist"]).plan(withoutData: true)
    #expect(plan.source.train.count == 18_000 && plan.targets[1].train.classes == 7)
    #expect(plan.missing.map(\.usedBy) == [["fashion-mnist", "fashion-mnist (other classes)"]])
  }

  @Test func damageIsNoAbsence() throws {
    var runner = try runner(lacking: [])
    runner.loader = { reference, split in
      guard reference.dataset == "mnist" else { return try pretendData(reference, split) }
      throw DatasetError(.truncated, file: "x", expected: "16 bytes", found: "12")
    }
    #expect(throws: SpecificationError.self) { try runner.plan(withoutData: true) }
    // A file that is there and lacks something is damaged, too.
    let folder = try TemporaryFolder()
    try folder.write("", to: "meta.mat")
    let file = folder.url.appendingPathComponent("meta.mat").path
    runner.loader = { _, _ in throw DatasetError(.missing, file: file, expected: "the array", found: "none") }
    #expect(throws: SpecificationError.self) { try runner.plan(withoutData: true) }
  }

  @Test func whatDoesNotFitIsRefusedAllTheSame() throws {
    let wrong = try runner(overrides: ["training.batch=60000"], lacking: ["fashion-mnist"])
    #expect(throws: SpecificationError.self) { try wrong.plan(withoutData: true) }
    let classes = smallStudy.replacingOccurrences(
      of: "dataset: mnist, ", with: "dataset: mnist, classes: [0, 10], ")
    #expect {
      _ = try runner(classes, lacking: ["mnist"]).plan(withoutData: true)
    } throws: {
      "\($0)".contains("classes in 0..<10")
    }
  }

  @Test func doneStagesAreCounted() throws {
    let folder = try TemporaryFolder()
    var runner = try runner(lacking: [])
    runner.directory = folder.url
    let plan = try runner.plan()
    #expect(try runner.alreadyDone(of: plan).isEmpty)
    runner.reuse = [folder.url.appendingPathComponent("elsewhere")]
    #expect(throws: StudyError.self) { try runner.alreadyDone(of: plan) }
  }
}
