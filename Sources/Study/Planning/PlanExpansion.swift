import Datasets
import Foundation
import Networks
import Objectives
import Torch
import Training
import Transfer

/// Lays a specification out into runs and stages.
struct PlanExpansion {
  let document: StudyDocument
  /// Absolute path of the study's folder.
  let directory: String
  let threads: Int
  /// Where runs are trained.
  var device = Device.cpu
  /// Where objectives are looked up.
  var catalog = Catalog.standard
  var data: DataCatalog

  /// Pictures that cannot be decoded and are left out, by the label of their set.
  var skipped: [String: [BadImage]] = [:]
  /// Listed sets whose files are not there.
  var missing: [MissingData] = []

  var specification: Specification { document.specification }

  /// Numbers that stand in every digest; raise one when the meaning of its results changes.
  enum Revision {
    static let train = 1
    static let evaluate = 2  // answers and reliability diagrams are kept
    static let shift = 1
    static let extract = 1
    static let separation = 1
    static let probe = 1
    static let knn = 1
    static let finetune = 1
    static let fewShot = 1
    static let layers = 1
    static let features = 1
    static let pairs = 1
  }

  /// Loads the data, checks what can only be checked with them, and makes the plan.
  mutating func plan() throws -> StudyPlan {
    let source = try sifted(resolved(specification.source.data), specification.source.label, part: "source")
    let (train, test) = try splits(source, specification.source.label, part: "source")
    try check(source: train, test)
    var targets: [(target: Specification.Target, data: DataReference, splits: Splits)] = []
    for (index, target) in specification.transfer.enumerated() {
      let part = "transfer.\(index)"
      let data = try sifted(others(of: target, part: part), target.label, part: part)
      let splits = try splits(data, target.label, part: part)
      try check(target: target, splits.train, splits.test, part: part)
      targets.append((target, data, splits))
    }

    var runs: [StudyPlan.Run] = []
    var stages: [StudyPlan.Stage] = []
    var seen: [String: String] = [:]
    for (place, objective) in specification.objectives.enumerated() {
      let spec: ObjectiveSpec
      do {
        spec = try ObjectiveSpec(parsing: objective.text, classes: train.classes, from: catalog.objectives)
      } catch {
        throw document.error("objectives.\(place)", "objectives: \(error)")
      }
      for (seedPlace, seed) in specification.seeds.enumerated() {
        let run = try self.run(objective, spec, seed: seed, data: source, facts: train, position: runs.count)
        if let other = seen.updateValue(objective.label, forKey: run.record.digest) {
          throw document.error(
            "objectives.\(place)",
            "objectives: '\(objective.label)' is the same training as '\(other)'; keep one")
        }
        runs.append(run)
        let priority = (seedPlace * specification.objectives.count + place) * 1000
        stages += try self.stages(
          of: run, source: (train, test), targets: targets, from: stages.count, priority: priority)
      }
    }
    stages += try comparisons(of: runs, after: stages, source: (train, test))
    return StudyPlan(
      document: document, runs: runs, stages: stages, source: (train, test),
      targets: targets.map(\.splits), threads: threads, skipped: skipped, missing: missing)
  }

  // MARK: Runs

  /// What decides a run's weights; where the files lie does not.
  private struct RunIdentity: Encodable {
    var revision: Int
    var data: String
    var groups: String?
    var holdout: Double
    var holdoutSeed: UInt64
    var network: NetworkSpec
    var objective: ObjectiveSpec
    var training: TrainingOptions
    var seed: Int
    var threads: Int
    /// Nil for the processor.
    var device: String?
  }

  private func run(
    _ objective: Specification.Objective, _ spec: ObjectiveSpec, seed: Int, data: DataReference,
    facts: SplitFacts,
    position: Int
  ) throws -> StudyPlan.Run {
    let source = specification.source
    let network =
      objective.network ?? Specification.Network(label: specification.network.name, spec: specification.network)
    var plan = Plan(
      data: data, dataDigest: facts.digest, holdout: source.holdout, holdoutSeed: source.holdoutSeed,
      network: network.spec, objective: spec, training: objective.training, seed: UInt64(seed),
      threads: threads)
    plan.device = device == .cpu ? nil : device.kind
    let identity = RunIdentity(
      revision: Revision.train, data: facts.digest, groups: facts.groupsDigest, holdout: source.holdout,
      holdoutSeed: source.holdoutSeed, network: network.spec, objective: spec,
      training: objective.training,
      seed: seed, threads: threads, device: plan.device)
    var portable = plan
    portable.data = specification.source.data
    let record = RunRecord(
      digest: try CanonicalJSON.digest(identity), label: objective.label,
      objective: spec.parts.map(\.name).joined(separator: "+"), objectiveJSON: try CanonicalJSON.text(spec),
      network: network.label, seed: seed, planJSON: try CanonicalJSON.text(portable),
      position: position)
    return StudyPlan.Run(record: record, plan: plan)
  }

  // MARK: Stages

  typealias Splits = (train: SplitFacts, test: SplitFacts)

  /// What decides a stage's result.
  struct StageIdentity: Encodable {
    var revision: Int
    var kind: StageKind
    /// Digests of the run or of the features it starts from.
    var inputs: [String]
    var holdout: Double?
    var holdoutSeed: UInt64?
    var measures: [Specification.Measure]?
    var shift: [Specification.Shift]?
    /// Images at most.
    var images: Int?
    var tuning: FineTuningOptions?
    var fewShot: Specification.FewShot?
  }

  private func stages(
    of run: StudyPlan.Run, source: Splits,
    targets: [(target: Specification.Target, data: DataReference, splits: Splits)],
    from start: Int, priority: Int
  ) throws -> [StudyPlan.Stage] {
    var stages: [StudyPlan.Stage] = []
    let digest = run.record.digest
    let folder = "\(directory)/runs/\(digest)"

    func add(
      _ kind: StageKind, _ identity: StageIdentity, target: StageJob.Target? = nil, features: String? = nil,
      shift: [Specification.Shift] = [], needs: [String]
    ) throws -> String {
      let stage = try CanonicalJSON.digest(identity)
      if let present = stages.first(where: { $0.record.digest == stage }) {
        if kind == .extract { return stage }
        throw document.error(
          "transfer",
          "transfer: '\(target?.label ?? "")' asks for the same as '\(present.record.target)'; keep one of the two"
        )
      }
      let record = StageRecord(
        digest: stage, runDigest: digest, kind: kind, target: target?.label ?? (shift.isEmpty ? "" : "shift"),
        position: start + stages.count)
      var job = StageJob(
        stage: stage, run: digest, kind: kind, plan: run.plan, target: target,
        features: kind == .extract ? stage : features, directory: folder, measures: specification.measures)
      job.shift = shift
      job.tuning = identity.tuning
      job.fewShot = identity.fewShot
      let products =
        switch kind {
        case .train: ["\(folder)/weights.safetensors"]
        case .extract: Split.allCases.map { job.featureFile($0) }
        default: [String]()
        }
      stages.append(
        StudyPlan.Stage(
          record: record, job: job, needs: needs, priority: priority + stages.count, products: products))
      return stage
    }

    let train = try add(
      .train, StageIdentity(revision: Revision.train, kind: .train, inputs: [digest]), needs: [])
    // Candidates of a search are judged on the holdout, which their training tells; nothing else is ever asked of them.
    if specification.search?.phase == .candidates { return stages }
    let evaluation = StageIdentity(
      revision: Revision.evaluate, kind: .evaluate, inputs: [digest, source.test.digest],
      measures: evaluated)
    _ = try add(.evaluate, evaluation, needs: [train])
    if !specification.shift.isEmpty {
      let identity = StageIdentity(
        revision: Revision.shift, kind: .evaluate, inputs: [digest, source.test.digest], shift: specification.shift)
      _ = try add(.evaluate, identity, shift: specification.shift, needs: [train])
    }
    // Features depend on the images alone: targets that relabel the same images share them.
    func extract(_ target: StageJob.Target?, _ splits: Splits) throws -> String {
      let inputs = [digest, splits.train.pixelDigest, splits.test.pixelDigest]
      let identity = StageIdentity(revision: Revision.extract, kind: .extract, inputs: inputs)
      return try add(.extract, identity, target: target, needs: [train])
    }
    if specification.measures.contains(.separation) {
      let features = try extract(nil, source)
      let identity = StageIdentity(
        revision: Revision.separation, kind: .separation,
        inputs: [features, source.train.digest, source.train.groupsDigest ?? "", source.test.digest],
        holdout: run.plan.holdout, holdoutSeed: run.plan.holdoutSeed)
      _ = try add(.separation, identity, features: features, needs: [features])
    }
    for (kind, identity, needsFeatures) in try ofSource(
      digest, source, run.plan, features: { try extract(nil, source) })
    {
      let features = needsFeatures ? identity.inputs.first : nil
      _ = try add(kind, identity, features: features, needs: [features ?? train])
    }
    for (target, data, splits) in targets {
      let jobTarget = StageJob.Target(
        label: target.label, data: data, holdout: target.holdout, holdoutSeed: target.holdoutSeed)
      if target.protocols.contains(.finetune) {
        let identity = try tuning(digest, splits, target)
        _ = try add(.finetune, identity, target: jobTarget, needs: [train])
      }
      guard target.protocols.contains(where: { $0 != .finetune }) else { continue }
      let features = try extract(jobTarget, splits)
      for way in target.protocols where way != .finetune {
        let identity = judging(way, features, splits, target)
        _ = try add(identity.kind, identity, target: jobTarget, features: features, needs: [features])
      }
    }
    return stages
  }

  // MARK: Checks that need the data

  private func check(source train: SplitFacts, _ test: SplitFacts) throws {
    guard train.classes >= 2 else {
      throw document.error("source", "source: one class only; at least two are needed")
    }
    guard train.classes == test.classes, train.shape == test.shape else {
      throw document.error(
        "source",
        "source: train has \(train.classes) classes of \(describe(train.shape)), test \(test.classes) of \(describe(test.shape)); "
          + "they must agree")
    }
    let kept = train.count - Int(Double(train.count) * specification.source.holdout)
    for (index, objective) in specification.objectives.enumerated() where objective.training.batch > kept {
      throw document.error(
        "objectives.\(index)",
        "training.batch: \(objective.training.batch) is more than the \(kept) training images; lower it")
    }
  }

  private func check(
    target: Specification.Target, _ train: SplitFacts, _ test: SplitFacts, part: String
  ) throws {
    guard train.classes >= 2 else {
      throw document.error(part, "transfer: '\(target.label)' has one class only; at least two are needed")
    }
    guard train.classes == test.classes else {
      throw document.error(
        part, "transfer: '\(target.label)' has \(train.classes) classes in train and \(test.classes) in test")
    }
  }

  private func describe(_ shape: ImageShape) -> String { "\(shape.channels)x\(shape.height)x\(shape.width)" }
}
