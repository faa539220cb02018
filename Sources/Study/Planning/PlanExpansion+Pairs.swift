import Datasets
import Foundation
import Training

/// Stages that compare the runs of a study with each other.
extension PlanExpansion {
  /// Up to so many runs every pair of them is compared; of more those of the first seeds alone.
  static let mostRuns = 40
  /// The seeds whose runs are compared then.
  static let comparedSeeds = 3
  /// Beyond so many runs of these seeds, nothing is compared.
  static let limit = 120

  /// One stage for each measure of pairs, over all runs of the plan; it waits for what they leave.
  func comparisons(
    of runs: [StudyPlan.Run], after stages: [StudyPlan.Stage], source: Splits
  ) throws -> [StudyPlan.Stage] {
    let kinds = [(Specification.Measure.agreement, StageKind.agreement), (.cka, .cka)].filter {
      specification.measures.contains($0.0)
    }
    guard !kinds.isEmpty else { return [] }
    let compared = try Self.compared(runs, seeds: specification.seeds) { document.error("measures", $0) }
    guard let first = compared.first else { return [] }
    func stage(_ kind: StageKind, of run: StudyPlan.Run) -> StudyPlan.Stage? {
      stages.first { $0.record.runDigest == run.record.digest && $0.record.kind == kind && $0.job.target == nil }
    }
    return try kinds.enumerated().map { place, one in
      let kind = one.1
      let needed = compared.compactMap { stage(kind == .agreement ? .extract : .train, of: $0) }
      // Digests of features for answers, of runs for layers.
      let inputs =
        kind == .agreement
        ? needed.map(\.record.digest) + [source.test.digest]
        : compared.map(\.record.digest) + [source.test.pixelDigest]
      let identity = StageIdentity(
        revision: Revision.pairs, kind: kind, inputs: inputs, images: kind == .cka ? StageExecution.ckaImages : nil)
      let digest = try CanonicalJSON.digest(identity)
      let position = stages.count + place
      var job = StageJob(
        stage: digest, run: first.record.digest, kind: kind, plan: first.plan, target: nil, features: nil,
        directory: "\(directory)/runs/\(first.record.digest)", measures: specification.measures)
      job.peers = compared.map { run in
        StageJob.Peer(
          run: run.record.digest, label: run.record.label, seed: run.record.seed,
          directory: "\(directory)/runs/\(run.record.digest)",
          features: stage(.extract, of: run)?.record.digest)
      }
      return StudyPlan.Stage(
        record: StageRecord(digest: digest, runDigest: first.record.digest, kind: kind, position: position),
        job: job, needs: needed.map(\.record.digest), priority: runs.count * 1000 + position, products: [])
    }
  }

  /// The runs that are compared.
  static func compared(
    _ runs: [StudyPlan.Run], seeds: [Int], refusal: (String) -> SpecificationError
  ) throws(SpecificationError) -> [StudyPlan.Run] {
    guard runs.count > 1 else {
      throw refusal("measures: 'agreement' and 'cka' compare runs, and the study has one; add objectives or seeds")
    }
    guard runs.count > mostRuns else { return runs }
    let kept = Set(seeds.prefix(comparedSeeds))
    let chosen = runs.filter { kept.contains($0.record.seed) }
    guard chosen.count <= limit else {
      throw refusal(
        "measures: 'agreement' and 'cka' compare every two runs of the first \(comparedSeeds) seeds, which are "
          + "\(chosen.count) runs; at most \(limit): leave them out, or ask for fewer objectives")
    }
    return chosen
  }
}
