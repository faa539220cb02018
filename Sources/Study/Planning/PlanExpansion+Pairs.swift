import Datasets
import Foundation
import Networks
import Training

/// Stages that compare the runs of a study with each other.
extension PlanExpansion {
  /// Up to so many runs every pair of them is compared; of more those of the first seeds alone.
  static let mostRuns = 40
  /// The seeds whose runs are compared then.
  static let comparedSeeds = 3
  /// Beyond so many runs of these seeds, nothing is compared.
  static let limit = 120

  /// One stage for each network and measure of pairs, over all runs of the network; it waits for what they leave.
  func comparisons(
    of runs: [StudyPlan.Run], after stages: [StudyPlan.Stage], source: Splits
  ) throws -> [StudyPlan.Stage] {
    let kinds = [(Specification.Measure.agreement, StageKind.agreement), (.cka, .cka)].filter {
      specification.measures.contains($0.0)
    }.map(\.1)
    // Candidates of a search are trained, and nothing else is asked of them.
    guard !kinds.isEmpty, specification.search?.phase != .candidates else { return [] }
    var seen: Set<NetworkSpec> = []
    let networks = runs.map(\.plan.network).filter { seen.insert($0).inserted }.map { network in
      runs.filter { $0.plan.network == network }
    }.filter { $0.count > 1 }
    guard !networks.isEmpty else {
      throw document.error(
        "measures",
        "measures: 'agreement' and 'cka' compare runs of one network, and there is one alone; add objectives or seeds")
    }
    var found: [StudyPlan.Stage] = []
    for runs in networks {
      let compared = try compared(runs)
      for kind in kinds {
        found += try comparison(
          kind, of: compared, among: stages, source: source, position: stages.count + found.count)
      }
    }
    return found
  }

  private func comparison(
    _ kind: StageKind, of runs: [StudyPlan.Run], among stages: [StudyPlan.Stage], source: Splits, position: Int
  ) throws -> [StudyPlan.Stage] {
    guard let first = runs.first else { return [] }
    func stage(_ kind: StageKind, of run: StudyPlan.Run) -> StudyPlan.Stage? {
      stages.first { $0.record.runDigest == run.record.digest && $0.record.kind == kind && $0.job.target == nil }
    }
    let needed = runs.compactMap { stage(kind == .agreement ? .extract : .train, of: $0) }.map(\.record.digest)
    // Digests of features for answers, of runs for layers.
    let inputs =
      kind == .agreement
      ? needed + [source.test.digest] : runs.map(\.record.digest) + [source.test.pixelDigest]
    let identity = StageIdentity(
      revision: Revision.pairs, kind: kind, inputs: inputs, images: kind == .cka ? StageExecution.ckaImages : nil)
    let digest = try CanonicalJSON.digest(identity)
    var job = StageJob(
      stage: digest, run: first.record.digest, kind: kind, plan: first.plan, target: nil, features: nil,
      directory: folder(of: first), measures: specification.measures)
    job.peers = runs.map { run in
      StageJob.Peer(
        run: run.record.digest, label: run.record.label, seed: run.record.seed, directory: folder(of: run),
        features: stage(.extract, of: run)?.record.digest)
    }
    let last = stages.map(\.priority).max() ?? 0
    return [
      StudyPlan.Stage(
        record: StageRecord(digest: digest, runDigest: first.record.digest, kind: kind, position: position),
        job: job, needs: needed, priority: last + 1 + position, products: [])
    ]
  }

  private func folder(of run: StudyPlan.Run) -> String { "\(directory)/runs/\(run.record.digest)" }

  /// The runs of a network that are compared.
  private func compared(_ runs: [StudyPlan.Run]) throws(SpecificationError) -> [StudyPlan.Run] {
    guard runs.count > Self.mostRuns else { return runs }
    let kept = Set(specification.seeds.prefix(Self.comparedSeeds))
    let chosen = runs.filter { kept.contains($0.record.seed) }
    guard chosen.count <= Self.limit else {
      throw document.error(
        "measures",
        "measures: 'agreement' and 'cka' compare every two runs of the first \(Self.comparedSeeds) seeds, which are "
          + "\(chosen.count) runs; at most \(Self.limit): leave them out, or ask for fewer objectives")
    }
    return chosen
  }
}
