import Datasets
import Features
import Foundation
import Measures
import Torch

extension StageExecution {
  /// Class separation of the source's penultimate features, on training and held-out data.
  func separation(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    var found: [MeasurementRecord] = []
    var results: [String: SeparationResult] = [:]
    for split in Split.allCases {
      context.send(.progress("\(split.rawValue) images", share: nil))
      let (features, labels) = try trained(job, split)
      let result = try ClassSeparation.measure(features: features, labels: labels)
      results[split.rawValue] = result
      let skipped = "not measured by default above \(ClassSeparation.angleLimit) images"
      for (name, entry) in [
        ("cosine", result.cosine), ("centered_cosine", result.centeredCosine),
        ("squared_euclidean", result.squaredEuclidean), ("angle", result.angle),
      ] {
        let reason = entry == nil ? skipped : entry?.reason
        found += [
          job.measurement("r2_\(name)", split, entry?.r2, reason: reason),
          job.measurement("r2_debiased_\(name)", split, entry?.r2Debiased, reason: reason),
          job.measurement("within_\(name)", split, entry?.within, reason: reason),
          job.measurement("total_\(name)", split, entry?.total, reason: reason),
        ]
      }
    }
    try keep(results, of: job)
    return found
  }

  /// Features and labels of the images that were trained on, the holdout left out, or of the test images.
  func trained(_ job: StageJob, _ split: Split) throws -> (features: Tensor, labels: [Int]) {
    let features = try features(of: job, split).layer().allRows()
    let all = try samples(job.plan.data, split)
    guard split == .train, job.plan.holdout > 0 else { return (features, all.labels) }
    let kept = Holdout.split(
      labels: all.labels, groups: all.groups, fraction: job.plan.holdout, seed: job.plan.holdoutSeed
    ).kept
    return (try features.indexSelect(0, Tensor(kept)), kept.map { all.labels[$0] })
  }
}
