import Foundation
import Study

extension StudyContents {
  /// Reads a study's store.
  ///
  /// - Throws: `ReportError.nothingPlanned` where the store holds no study, and what the store throws.
  init(store: StudyStore) throws {
    guard let snapshot = try StudySnapshot(store) else { throw ReportError.nothingPlanned }
    let (study, runs) = (snapshot.study, snapshot.runs)
    // Comparisons of all runs are kept under the first, which they say nothing about.
    let own = Dictionary(grouping: snapshot.stages.filter { !$0.kind.isOfAllRuns }, by: \.runDigest)
    let stages = Dictionary(grouping: snapshot.stages, by: \.runDigest)
    let measurements = Dictionary(grouping: snapshot.measurements, by: \.runDigest)
    let epochs = Dictionary(grouping: snapshot.epochs, by: \.runDigest)
    let details = Dictionary(grouping: snapshot.details, by: \.answers.runDigest)
    let known = try store.facts()
    let facts = known.map { Fact(key: $0.key, value: $0.value) }.sorted { $0.key < $1.key }

    name = study.name
    specification = study.specYAML
    programVersion = study.programVersion
    evidence = ClaimEvidence(snapshot, facts: known)
    claims = UserClaim.all(of: study)
    self.facts = facts.filter { !$0.isOfTheMachine }
    self.runs = runs.map { run in
      Run(
        record: run, stages: own[run.digest] ?? [], measurements: measurements[run.digest] ?? [],
        epochs: epochs[run.digest] ?? [], detail: details[run.digest]?.first)
    }
    layers = StudyLayers.names(in: known)
    pairs = snapshot.pairs.map(Pair.init)
    comparisons = snapshot.stages.filter(\.kind.isOfAllRuns).map(StudyContents.Stage.init)
    provenance = Provenance(
      createdAt: study.createdAt, facts: facts.filter(\.isOfTheMachine),
      stages: runs.flatMap { run in
        let rates = (epochs[run.digest] ?? []).compactMap(\.imagesPerSecond)
        return (stages[run.digest] ?? []).map { StudyContents.StageRecord($0, of: run, rates: rates) }
      })
  }
}

extension StudyContents.Fact {
  /// Whether the fact may differ between two machines or hours that give the same numbers.
  var isOfTheMachine: Bool {
    ["host", "hostname", "started", "finished", "seconds", "workers", "directory"].contains { word in
      key == word || key.hasPrefix(word + "_") || key.hasSuffix("_" + word)
    }
  }
}

extension StudyContents.Run {
  init(
    record: RunRecord, stages: [Study.StageRecord], measurements: [MeasurementRecord], epochs: [EpochRecord],
    detail: EvaluationDetail?
  ) {
    digest = record.digest
    label = record.label
    objective = ClaimEvidence.Part.parts(json: record.objectiveJSON, name: record.objective)
    network = record.network
    seed = record.seed
    plan = record.planJSON
    self.stages = stages.map(StudyContents.Stage.init)
    self.measurements = [:]
    for row in measurements {
      self.measurements[.init(name: row.name, target: row.target, split: row.split)] = .init(
        value: row.value, reason: row.reason)
    }
    self.epochs = epochs.map {
      .init(
        epoch: $0.epoch, loss: $0.loss, trainAccuracy: $0.trainAccuracy, holdoutAccuracy: $0.holdoutAccuracy,
        learningRate: $0.learningRate)
    }
    reliability = (detail?.reliability ?? []).map {
      .init(
        isScaled: $0.isScaled, place: $0.bin, count: $0.count, confidence: $0.confidence, accuracy: $0.accuracy)
    }
    answers = detail.flatMap { detail in detail.answers.right.map { .init(labels: detail.answers.labels, right: $0) } }
  }
}

extension StudyContents.Stage {
  init(_ stage: Study.StageRecord) {
    self.init(
      digest: stage.digest, kind: stage.kind.rawValue, target: stage.target, state: stage.state.rawValue,
      error: stage.error)
  }
}

extension StudyContents.Pair {
  init(_ row: PairRecord) {
    self.init(
      name: row.name, first: row.firstRun, second: row.secondRun, firstLayer: row.firstLayer,
      secondLayer: row.secondLayer, split: row.split, value: row.value, reason: row.reason)
  }
}

extension StudyContents.StageRecord {
  init(_ stage: Study.StageRecord, of run: RunRecord, rates: [Double]) {
    self.run = run.digest
    label = run.label
    seed = run.seed
    kind = stage.kind.rawValue
    target = stage.target
    state = stage.state.rawValue
    attempts = stage.attempts
    seconds = stage.seconds
    startedAt = stage.startedAt
    finishedAt = stage.finishedAt
    host = stage.host
    imagesPerSecond =
      stage.kind == .train && !rates.isEmpty ? rates.reduce(0, +) / Double(rates.count) : nil
  }
}
