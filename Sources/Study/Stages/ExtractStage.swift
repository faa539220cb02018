import Datasets
import Features
import Foundation
import Training

extension StageExecution {
  /// Writes the features of both splits of the source or of a target. The labels in the files are those of the first
  /// that asked; stages take labels from the data.
  func extract(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    let model = try model(of: job)
    for split in Split.allCases {
      let file = URL(fileURLWithPath: job.featureFile(split))
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      let samples = try samples(job.target?.data ?? job.plan.data, split, as: model.description.shape)
      let throttle = Throttle()
      try FeatureExtraction.write(
        model, samples, data: job.target?.label ?? job.plan.data.dataset, split: split.rawValue, to: file
      ) { done in
        guard throttle.isDue() else { return }
        context.send(
          .progress("\(split.rawValue) images", share: Double(done) / Double(max(1, samples.count))))
      }
    }
    return []
  }
}
