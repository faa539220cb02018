import Datasets
import Features
import Foundation
import Measures

extension StageExecution {
  /// Class separation of the source's penultimate features, on training and held-out data.
  func separation(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    var found: [MeasurementRecord] = []
    var results: [String: SeparationResult] = [:]
    for split in Split.allCases {
      context.send(.progress("\(split.rawValue) images", share: nil))
      let features = try features(of: job, split)
      let result = try ClassSeparation.measure(try features.layer(), labels: try features.requireLabels())
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
}
