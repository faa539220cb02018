import Datasets
import Foundation
import Training
import Transfer

/// The stages of a run's source beyond accuracy and separation, and fine-tuning.
extension PlanExpansion {
  /// What stands in the digest of an evaluation; further measures are stages of their own and leave it as it is.
  var evaluated: [Specification.Measure] {
    specification.measures.filter { $0 == .separation || $0 == .calibration }
  }

  /// The stages of one run on the source that `measures` asks for besides, with what decides them and whether they
  /// start from the source's features, whose digest is then their first input.
  func ofSource(
    _ run: String, _ source: Splits, _ plan: Plan, features: () throws -> String
  ) throws -> [(kind: StageKind, identity: StageIdentity, needsFeatures: Bool)] {
    var found: [(kind: StageKind, identity: StageIdentity, needsFeatures: Bool)] = []
    if specification.measures.contains(.sparsity) {
      let identity = StageIdentity(
        revision: Revision.layers, kind: .sparsity, inputs: [run, source.test.pixelDigest],
        images: StageExecution.sparsityImages)
      found.append((.sparsity, identity, false))
    }
    for (measure, kind) in [(Specification.Measure.spectrum, StageKind.spectrum), (.collapse, .collapse)]
    where specification.measures.contains(measure) {
      let inputs = [
        try features(), source.train.digest, source.train.groupsDigest ?? "", source.test.digest,
      ]
      let identity = StageIdentity(
        revision: Revision.features, kind: kind, inputs: inputs, holdout: plan.holdout, holdoutSeed: plan.holdoutSeed)
      found.append((kind, identity, true))
    }
    // Answers are compared by the outputs that lie beside the features.
    if specification.measures.contains(.agreement) { _ = try features() }
    return found
  }

  /// What decides how a target's features are judged.
  func judging(
    _ way: Specification.TransferProtocol, _ features: String, _ splits: Splits, _ target: Specification.Target
  ) -> StageIdentity {
    let inputs = [features, splits.train.digest, splits.train.groupsDigest ?? "", splits.test.digest]
    if way == .fewShot {
      // Nothing is held out and groups are not looked at; the seed decides the draws.
      return StageIdentity(
        revision: Revision.fewShot, kind: .fewShot, inputs: [inputs[0], inputs[1], inputs[3]],
        holdoutSeed: target.holdoutSeed, fewShot: target.fewShot)
    }
    return StageIdentity(
      revision: way == .probe ? Revision.probe : Revision.knn, kind: way == .probe ? .probe : .knn, inputs: inputs,
      holdout: target.holdout, holdoutSeed: target.holdoutSeed)
  }

  /// What decides fine-tuning on a target.
  func tuning(_ run: String, _ splits: Splits, _ target: Specification.Target) throws -> StageIdentity {
    let inputs = [run, splits.train.digest, splits.train.groupsDigest ?? "", splits.test.digest]
    return StageIdentity(
      revision: Revision.finetune, kind: .finetune, inputs: inputs,
      tuning: try StageExecution.tuning(
        holdout: target.holdout, seed: target.holdoutSeed, threads: threads))
  }
}
