import Datasets
import Foundation
import Testing

@testable import Study

@Suite struct PlanExpansionTests {
  func plan(
    _ text: String = smallStudy, overrides: [String] = [], root: String = "/data", threads: Int = 1,
    loader: @escaping DataCatalog.Loader = pretendData
  ) throws -> StudyPlan {
    var expansion = PlanExpansion(
      document: try document(text, overrides: overrides, dataRoot: root), directory: "/out", threads: threads,
      data: DataCatalog(loader: loader))
    return try expansion.plan()
  }

  @Test func runsAndStages() throws {
    let plan = try plan()
    #expect(plan.runs.count == 3 * 2)
    // train, evaluate, extract, separation; extract, probe, knn; extract, knn
    #expect(plan.stages.count == 6 * 9)
    #expect(Set(plan.stages.map(\.record.digest)).count == plan.stages.count)
    #expect(plan.runs.map(\.record.position) == Array(0..<6))
    #expect(plan.stages.map(\.record.position) == Array(0..<54))
    #expect(plan.runs.map(\.record.seed) == [0, 1, 0, 1, 0, 1])
    let kinds = plan.stages.prefix(9).map(\.record.kind)
    #expect(kinds == [.train, .evaluate, .extract, .separation, .extract, .probe, .knn, .extract, .knn])
    #expect(plan.runs[0].plan.data.directory == "/data/fashion-mnist")
    #expect(plan.facts["data/mnist/test/images"] == "50")
  }

  @Test func needsComeBefore() throws {
    let plan = try plan()
    var seen: Set<String> = []
    for stage in plan.stages {
      #expect(stage.needs.allSatisfy(seen.contains))
      seen.insert(stage.record.digest)
    }
    // Seeds come before objectives, so that what is done early compares all objectives.
    let trains = plan.stages.filter { $0.record.kind == .train }.sorted { $0.priority < $1.priority }
    let seeds = trains.map { $0.job.plan.seed }
    #expect(seeds == [0, 0, 0, 1, 1, 1])
  }

  @Test func digestsDependOnWhatDecidesAndOnNothingElse() throws {
    let first = try plan()
    #expect(try plan(root: "/elsewhere").stages.map(\.record.digest) == first.stages.map(\.record.digest))
    #expect(try plan(overrides: ["name=other"]).runs.map(\.record.digest) == first.runs.map(\.record.digest))
    for override in ["training.epochs=3", "training.batch=16", "source.holdout=0.2", "network=resnet14"] {
      let other = try plan(overrides: [override])
      #expect(Set(other.runs.map(\.record.digest)).isDisjoint(with: first.runs.map(\.record.digest)))
    }
    #expect(try plan(threads: 2).runs[0].record.digest != first.runs[0].record.digest)
    // A target's holdout changes the probe, and neither run nor features.
    let other = try plan(overrides: ["transfer.0.holdout=0.3"])
    #expect(other.runs.map(\.record.digest) == first.runs.map(\.record.digest))
    #expect(other.stages[4].record.digest == first.stages[4].record.digest)
    #expect(other.stages[5].record.digest != first.stages[5].record.digest)
    // More seeds leave the first ones as they were.
    let more = try plan(overrides: ["seeds=3"])
    #expect(Set(first.stages.map(\.record.digest)).isSubset(of: more.stages.map(\.record.digest)))
    // Other bytes in the data are other runs.
    let changed = try plan { reference, split in
      var facts = try pretendData(reference, split)
      facts.digest += "x"
      return facts
    }
    #expect(changed.runs[0].record.digest != first.runs[0].record.digest)
  }

  @Test func otherClasses() throws {
    let text = smallStudy.replacingOccurrences(
      of: "dataset: fashion-mnist, ", with: "dataset: fashion-mnist, classes: [0, 1, 7], "
    ).replacingOccurrences(
      of: "- { dataset: notmnist, protocols: [knn] }", with: "- { dataset: source, classes: others }")
    let plan = try plan(text)
    let target = try #require(
      plan.stages.first { $0.record.target == "fashion-mnist (other classes)" }?.job.target)
    #expect(target.data.classes == [2, 3, 4, 5, 6, 8, 9])
    #expect(plan.source.train.classes == 3)
  }

  @Test func refusesWhatTheDataDoNotAllow() throws {
    #expect(throws: SpecificationError.self) { try plan(overrides: ["training.batch=91"]) }
    #expect(throws: SpecificationError.self) {
      try plan { _, _ in throw StudyError.data(name: "x", reason: "no such file") }
    }
    #expect(throws: SpecificationError.self) {
      try plan { reference, split in
        var facts = try pretendData(reference, split)
        if split == .test { facts.classes = 9 }
        return facts
      }
    }
    do {
      _ = try plan { reference, split in
        guard reference.dataset != "notmnist" else { throw StudyError.data(name: "x", reason: "gone") }
        return try pretendData(reference, split)
      }
      Issue.record("accepted")
    } catch let error as SpecificationError {
      #expect(error.description.hasPrefix("study.yaml:11:5: "), "\(error)")
      #expect(error.description.contains("--data-root"))
    }
  }

  @Test func featuresAreSharedByTargetsOfTheSameImages() throws {
    let text = smallStudy.replacingOccurrences(
      of: "- { dataset: mnist, protocols: [probe, knn] }",
      with: "- { name: a, dataset: source, classes: [0, 1] }\n  - { name: b, dataset: source, fraction: 0.5 }"
    )
    let plan = try plan(text) { reference, split in
      var facts = try pretendData(reference, split)
      facts.digest += "\(reference.fraction ?? 1)"
      facts.pixelDigest = "\(reference.dataset) \(split)"
      return facts
    }
    // train, evaluate, extract, separation, (probe, knn) twice, then notmnist's extract and knn
    let stages = plan.stages.filter { $0.record.runDigest == plan.runs[0].record.digest }
    let kinds = stages.map(\.record.kind)
    #expect(kinds == [.train, .evaluate, .extract, .separation, .probe, .knn, .probe, .knn, .extract, .knn])
    #expect(stages[4].needs == [stages[2].record.digest] && stages[6].needs == [stages[2].record.digest])
    #expect(stages[4].job.featureFile(.train) == stages[2].job.featureFile(.train))
  }

  @Test func sameTrainingTwiceIsRefused() {
    #expect(throws: SpecificationError.self) {
      try plan(overrides: [
        "objectives=[\"cosine-softmax:temperature=0.1\", \"cosine-softmax:temperature=0.10\"]"
      ])
    }
  }

  @Test func estimates() throws {
    let plan = try plan()
    let prior = Estimate(plan: plan)
    #expect(plan.stages.allSatisfy { prior.seconds(of: $0.record.digest) > 0 })
    let train = plan.stages[0].record.digest
    let measured = prior.corrected(by: [(train, 100)])
    #expect(abs(measured.seconds(of: plan.stages[9].record.digest) - 100) < 1e-9)
    #expect(Estimate.bytes(of: plan) > 1_000_000)
  }
}
