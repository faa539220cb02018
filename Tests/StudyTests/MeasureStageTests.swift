import Datasets
import Foundation
import Testing

@testable import Study

/// The stages that `measures` and `protocols` ask for beyond the usual ones.
@Suite struct MeasureStageTests {
  func plan(_ text: String = smallStudy, _ overrides: [String] = []) throws -> StudyPlan {
    var expansion = PlanExpansion(
      document: try document(text, overrides: overrides, dataRoot: "/data"), directory: "/out", threads: 1,
      data: DataCatalog(loader: pretendData))
    return try expansion.plan()
  }

  static let all = "measures=[separation, calibration, sparsity, spectrum, collapse, agreement, cka]"

  @Test func whatIsNotAskedForIsNotThere() throws {
    let study = try document().specification
    #expect(study.measures == [.separation, .calibration])
    let target = try document(overrides: ["transfer=[{ dataset: mnist }]"]).specification.transfer[0]
    #expect(target.protocols == [.probe, .knn])
  }

  @Test func stagesOfARun() throws {
    let usual = try plan()
    let more = try plan(smallStudy, [Self.all, "transfer.0.protocols=[probe, knn, finetune]"])
    // What was there keeps its digest.
    #expect(Set(usual.stages.map(\.record.digest)).isSubset(of: more.stages.map(\.record.digest)))
    let own = more.stages.filter { $0.record.runDigest == more.runs[1].record.digest }
    #expect(
      own.map(\.record.kind) == [
        .train, .evaluate, .extract, .separation, .sparsity, .spectrum, .collapse, .finetune, .extract, .probe, .knn,
        .extract, .knn,
      ])
    #expect(own[4].needs == [own[0].record.digest])
    #expect(own[5].needs == [own[2].record.digest])
    #expect(own[5].job.featureFile(.train) == own[2].job.featureFile(.train))
    #expect(own[7].record.target == "mnist" && own[7].needs == [own[0].record.digest])
    #expect(own[7].job.tuning?.holdout == 0.2)
    // Positions follow each other.
    #expect(more.stages.map(\.record.position) == Array(0..<more.stages.count))
    let estimate = Estimate(plan: more)
    #expect(more.stages.allSatisfy { estimate.seconds(of: $0.record.digest) > 0 })
  }

  @Test func comparisonsReadAllRuns() throws {
    let plan = try plan(smallStudy, ["measures=[agreement, cka]"])
    let (agreement, cka) = (plan.stages[plan.stages.count - 2], plan.stages[plan.stages.count - 1])
    #expect(agreement.record.kind == .agreement && cka.record.kind == .cka)
    #expect(cka.needs == plan.stages.filter { $0.record.kind == .train }.map(\.record.digest))
    #expect(cka.job.peers.map(\.run) == plan.runs.map(\.record.digest))
    // Answers lie beside the source's features, which are extracted for them.
    #expect(agreement.needs.count == 6)
    #expect(Set(agreement.job.peers.compactMap(\.features)) == Set(agreement.needs))
    #expect(cka.record.runDigest == plan.runs[0].record.digest)
    // Another run makes other comparisons; the stages of single runs stay.
    let more = try self.plan(smallStudy, ["measures=[agreement, cka]", "seeds=3"])
    #expect(!more.stages.map(\.record.digest).contains(cka.record.digest))
    #expect(more.stages.map(\.record.digest).contains(plan.stages[0].record.digest))
    #expect(plan.stages.allSatisfy { $0.priority <= cka.priority })
  }

  @Test func manyRunsAreComparedInPart() throws {
    let many = try plan(smallStudy, ["measures=[cka]", "seeds=20"])
    let cka = try #require(many.stages.last)
    #expect(cka.job.peers.count == 9 && Set(cka.job.peers.map(\.seed)) == [0, 1, 2])
    let labels = (1...50).map { "\"cosine-softmax:temperature=0.\(100 + $0)\"" }.joined(separator: ", ")
    #expect(throws: SpecificationError.self) {
      try plan(smallStudy, ["measures=[cka]", "objectives=[\(labels)]", "seeds=3"])
    }
    do {
      _ = try plan(
        smallStudy.replacingOccurrences(of: "seeds: 2", with: "measures: [cka]\nseeds: 1"), ["objectives=[softmax]"])
      Issue.record("accepted")
    } catch let error as SpecificationError {
      #expect(error.description.hasPrefix("study.yaml:8:11"), "\(error)")
      #expect(error.description.contains("compare runs of one network"))
    }
  }

  @Test func theStagesMeasure() throws {
    let folder = try TemporaryFolder()
    let text = StageExecutionTests.tiny.replacingOccurrences(
      of: "objectives: [squared-error]", with: "objectives: [softmax, sigmoid]"
    ).replacingOccurrences(of: "labels: texture }", with: "labels: texture, protocols: [finetune] }")
    var expansion = PlanExpansion(
      document: try document(text, overrides: [Self.all]), directory: folder.url.path, threads: 1,
      data: DataCatalog())
    let plan = try expansion.plan()
    let stages = StageExecution()
    let sent = SentPairs()
    let context = Worker.Context(send: { sent.append($0) }, isStopping: { false })
    var found: [String: [MeasurementRecord]] = [:]
    for stage in plan.stages {
      var job = stage.job
      // Fewer steps than a study takes.
      job.tuning?.steps = 3
      job.tuning?.learningRates = [0.01]
      job.tuning?.decays = [0]
      for one in try stages.perform(job, context) { found[one.name, default: []].append(one) }
    }
    let names = StudyLayers.names(in: sent.facts)
    #expect(names.count > 2 && names.last == "features")
    let nonzero = try #require(found["nonzero_fraction"])
    #expect(nonzero.count == 2 * names.count && Set(nonzero.map(\.target)) == Set(names))
    #expect(nonzero.allSatisfy { ($0.value ?? -1) >= 0 && ($0.value ?? 2) <= 1 && $0.split == "test" })
    for name in ["effective_rank", "participation_ratio", "rankme", "alpha", "nc1", "nc3", "nc4", "cdnv", "vci"] {
      #expect(found[name]?.count == 4, "\(name)")
      #expect(found[name]?.contains { $0.value != nil } == true, "\(name)")
    }
    #expect(found["finetune_accuracy"]?.count == 2)
    #expect(found["finetune_mean_per_class_accuracy"]?.allSatisfy { $0.target.hasSuffix("texture") } == true)
    let digests = plan.runs.map(\.record.digest)
    let agreement = try #require(sent.pairs.first { $0.name == "agreement" })
    #expect(agreement.firstRun == digests[0] && agreement.secondRun == digests[1])
    #expect((0...1).contains(agreement.value ?? -1))
    #expect(sent.pairs.contains { $0.name == "ensemble_top1" && $0.value != nil })
    let cka = sent.pairs.filter { $0.name == "cka" }
    let own = cka.filter { $0.firstRun == $0.secondRun }
    #expect(own.count == 2 * names.count * names.count)
    #expect(own.filter { $0.firstLayer == $0.secondLayer }.allSatisfy { abs(($0.value ?? 0) - 1) < 1e-9 })
    let between = cka.filter { $0.firstRun != $0.secondRun }
    #expect(between.count == names.count * names.count)
    #expect(between.filter { $0.firstLayer == $0.secondLayer }.count == names.count)
    // A run that failed is left out, and one alone is not enough.
    try FileManager.default.removeItem(atPath: "\(folder.url.path)/runs/\(digests[1])/weights.safetensors")
    let last = try #require(plan.stages.last)
    do {
      _ = try stages.perform(last.job, context)
      Issue.record("compared")
    } catch let failure as StageFailure {
      #expect(failure.description.contains("fewer than two runs"))
    }
  }
}

/// Fine-tuning as a stage.
extension MeasureStageTests {
  @Test func fineTuningGoesOn() throws {
    let folder = try TemporaryFolder()
    let text = StageExecutionTests.tiny.replacingOccurrences(
      of: "labels: texture }", with: "labels: texture, protocols: finetune }")
    var expansion = PlanExpansion(
      document: try document(text), directory: folder.url.path, threads: 1, data: DataCatalog())
    let plan = try expansion.plan()
    let stages = StageExecution()
    let quiet = Worker.Context(send: { _ in }, isStopping: { false })
    _ = try stages.perform(try #require(plan.stages.first).job, quiet)
    var job = try #require(plan.stages.last { $0.record.kind == .finetune }).job
    #expect(job.tuning?.steps == 1000 && job.tuning?.learningRates.count == 3)
    job.tuning?.steps = 4
    job.tuning?.learningRates = [0.01, 0.1]
    job.tuning?.decays = [0]
    #expect(throws: StageInterruption.self) {
      try stages.perform(job, Worker.Context(send: { _ in }, isStopping: { true }))
    }
    let first = try stages.perform(job, quiet)
    #expect(first.map(\.name).prefix(2) == ["finetune_accuracy", "finetune_mean_per_class_accuracy"])
    #expect(first.allSatisfy { $0.value != nil && $0.split == "test" && $0.target.hasSuffix("texture") })
    // Done already: the folder has the answer. In a folder of other settings it begins anew.
    #expect(try stages.perform(job, quiet) == first)
    job.tuning?.steps = 5
    #expect(try stages.perform(job, quiet).count == first.count)
  }
}

/// Pairs and facts that were sent.
private final class SentPairs: @unchecked Sendable {
  private let lock = NSLock()
  private var events: [StageEvent] = []

  func append(_ event: StageEvent) { lock.withLock { events.append(event) } }
  var pairs: [PairRecord] {
    lock.withLock { events }.flatMap { event -> [PairRecord] in
      if case .pairs(let pairs) = event { pairs } else { [] }
    }
  }
  var facts: [String: String] {
    lock.withLock { events }.reduce(into: [:]) { found, event in
      if case .facts(let facts) = event { found.merge(facts) { $1 } }
    }
  }
}
