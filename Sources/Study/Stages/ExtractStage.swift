import Datasets
import Features
import Foundation
import Training

extension StageExecution {
  /// Writes the features of both splits of the source, the holdout left out, or of a target.
  func extract(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    let model = try model(of: job)
    for split in Split.allCases {
      let file = URL(fileURLWithPath: job.featureFile(split))
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      let samples = try input(job, split, shape: model.description.shape)
      let throttle = Throttle()
      try FeatureExtraction.write(
        model, samples, data: job.target?.label ?? job.plan.data.dataset, split: split.rawValue, to: file
      ) { done in
        guard throttle.isDue() else { return }
        context.send(.progress("\(split.rawValue) images", share: Double(done) / Double(max(1, samples.count))))
      }
    }
    return []
  }

  private func input(_ job: StageJob, _ split: Split, shape: ImageShape) throws -> Samples {
    if let target = job.target { return try samples(target.data, split, as: shape) }
    let all = try samples(job.plan.data, split)
    return split == .train ? TrainingRun.split(all, job.plan).train : all
  }
}
