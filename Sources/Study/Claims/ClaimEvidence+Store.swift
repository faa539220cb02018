import Datasets
import Foundation

/// The evidence in a study's store. Whatever stages store under another name than the claims look for is mapped here
/// and nowhere else.
extension ClaimEvidence {
  /// The evidence that a store holds now; may be read while the study runs.
  /// - Parameters:
  ///   - snapshot: the store's rows.
  ///   - facts: what the store knows of the data, for the numbers of test images.
  public init(_ snapshot: StudySnapshot, facts: [String: String]) {
    let study = StudyTerms(json: snapshot.study.specJSON)
    let measurements = Dictionary(grouping: snapshot.measurements, by: \.runDigest)
    let epochs = Dictionary(grouping: snapshot.epochs, by: \.runDigest)
    let runs = snapshot.runs.map { run in
      Run(run, measurements: measurements[run.digest] ?? [], epochs: epochs[run.digest] ?? [])
    }
    let pairs = Self.pairs(of: snapshot.pairs)
    let known = StudyLayers.names(in: facts)
    let standard = study.augmentation.flatMap { own in runs.contains { $0.augmentation == own } ? own : nil }
    self.init(
      runs: runs, targets: Self.targets(snapshot.stages, study, facts), pairs: pairs,
      layers: known.isEmpty ? Self.layers(runs, pairs) : known, standardAugmentation: standard)
  }

  /// The targets that are judged, in the order of the specification.
  private static func targets(_ stages: [StageRecord], _ study: StudyTerms, _ facts: [String: String]) -> [Target] {
    var seen: Set<String> = []
    let asked = stages.filter { [.probe, .knn, .finetune].contains($0.kind) }.map(\.target)
    return (study.targets.map(\.label) + asked).filter { seen.insert($0).inserted }.map { label in
      let said = study.targets.first { $0.label == label }
      return Target(
        label, testCount: facts["data/\(label)/test/images"].flatMap { Int($0) }, tags: said?.tags.map { Set($0) },
        meanPerClass: said?.isQuotedByClass ?? false)
    }
  }

  /// The layers that were measured, from the first to the penultimate: their names count upwards.
  static func layers(_ runs: [Run], _ pairs: [Pair]) -> [String] {
    let measure = ClaimMeasure.nonzero("").measure
    let names = Set(runs.flatMap { $0.values.keys.filter { $0.measure == measure }.map(\.target) })
      .union(pairs.flatMap(\.cka.keys))
    let ends = ["stem": 0, "norm": 2, "features": 3]
    return names.sorted { first, second in
      let (a, b) = (ends[first] ?? 1, ends[second] ?? 1)
      return a == b ? first.compare(second, options: .numeric) == .orderedAscending : a < b
    }
  }
}

extension ClaimEvidence.Run {
  /// A run with what its finished stages measured.
  init(_ run: RunRecord, measurements: [MeasurementRecord], epochs: [EpochRecord]) {
    let plan = RunTerms(json: run.planJSON)
    var values: [ClaimEvidence.Key: Double] = [:]
    for row in measurements {
      values[ClaimEvidence.Key(row.name, target: row.target, split: row.split)] = row.value
    }
    // No stage measures the holdout: training did, after each epoch.
    let held = epochs.sorted { $0.epoch < $1.epoch }.compactMap(\.holdoutAccuracy)
    values[ClaimMeasure.holdout] = plan.keepsBest ? held.max() : held.last
    self.init(
      id: run.digest, label: run.label,
      objective: ClaimEvidence.Part.parts(json: run.objectiveJSON, name: run.objective), network: run.network,
      seed: run.seed, augmentation: plan.augmentation ?? "", values: values)
  }
}

extension ClaimEvidence.Part {
  /// The parts in the JSON of an objective; the bare names where it cannot be read.
  /// - Parameters:
  ///   - json: what `RunRecord.objectiveJSON` holds.
  ///   - name: the names joined by `+`.
  public static func parts(json: String, name: String) -> [Self] {
    struct Objective: Decodable {
      struct Part: Decodable {
        var name: String
        var parameters: [String: Double]?
      }
      var parts: [Part]
    }
    guard let spec = try? JSONDecoder().decode(Objective.self, from: Data(json.utf8)) else {
      return name.split(separator: "+").map { Self(String($0)) }
    }
    return spec.parts.map { Self($0.name, $0.parameters ?? [:]) }
  }
}
