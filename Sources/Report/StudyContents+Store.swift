import Foundation
import Study

extension StudyContents {
  /// Reads a study's store.
  ///
  /// - Throws: `ReportError.nothingPlanned` where the store holds no study, and what the store throws.
  init(store: StudyStore) throws {
    guard let study = try store.study() else { throw ReportError.nothingPlanned }
    let runs = try store.runs()
    let all = try store.stages()
    // Comparisons of all runs are kept under the first, which they say nothing about.
    let own = Dictionary(grouping: all.filter { !$0.kind.isOfAllRuns }, by: \.runDigest)
    let stages = Dictionary(grouping: all, by: \.runDigest)
    let measurements = Dictionary(grouping: try store.measurements(), by: \.runDigest)
    let epochs = Dictionary(grouping: try store.epochs(), by: \.runDigest)
    let facts = try store.facts().map { Fact(key: $0.key, value: $0.value) }.sorted { $0.key < $1.key }

    name = study.name
    specification = study.specYAML
    programVersion = study.programVersion
    self.facts = facts.filter { !$0.isOfTheMachine }
    self.runs = runs.map { run in
      Run(
        record: run, stages: own[run.digest] ?? [], measurements: measurements[run.digest] ?? [],
        epochs: epochs[run.digest] ?? [])
    }
    layers = StudyLayers.names(in: try store.facts())
    pairs = try store.pairs().map(Pair.init)
    comparisons = all.filter(\.kind.isOfAllRuns).map(StudyContents.Stage.init)
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
    record: RunRecord, stages: [Study.StageRecord], measurements: [MeasurementRecord], epochs: [EpochRecord]
  ) {
    digest = record.digest
    label = record.label
    objective = StudyContents.ObjectivePart.parts(json: record.objectiveJSON, name: record.objective)
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

extension StudyContents.ObjectivePart {
  private struct Spec: Decodable {
    struct Part: Decodable {
      var name: String
      var parameters: [String: Double]?
    }
    var parts: [Part]
  }

  /// The parts in the JSON of an `ObjectiveSpec`; the bare names where it cannot be read.
  static func parts(json: String, name: String) -> [Self] {
    guard let spec = try? JSONDecoder().decode(Spec.self, from: Data(json.utf8)) else {
      return name.split(separator: "+").map { Self(name: String($0), parameters: [:]) }
    }
    return spec.parts.map { Self(name: $0.name, parameters: $0.parameters ?? [:]) }
  }
}
