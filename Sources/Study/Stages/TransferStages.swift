import Datasets
import Features
import Foundation
import Transfer

extension StageExecution {
  /// The linear probe on a target's features.
  func probe(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    let (train, test) = (try features(of: job, .train), try features(of: job, .test))
    let throttle = Throttle()
    let options = ProbeOptions(
      holdout: job.target?.holdout ?? 0.2, seed: job.target?.holdoutSeed ?? 0, groups: try groups(of: job))
    let outcome = try LinearProbe.run(
      train: try train.layer().allRows(), trainLabels: try train.requireLabels(),
      test: try test.layer().allRows(),
      testLabels: try test.requireLabels(), options: options
    ) { progress in
      guard throttle.isDue() else { return }
      context.send(
        .progress(
          "\(progress.done) of \(progress.total) fits",
          share: Double(progress.done) / Double(max(1, progress.total))))
    }
    let result = outcome.result
    try keep(result, of: job)
    return [
      job.measurement("probe_accuracy", .test, result.accuracy, reason: result.reason),
      job.measurement(
        "probe_mean_per_class_accuracy", .test, result.meanPerClassAccuracy, reason: result.reason),
      job.measurement("probe_lambda", .test, result.lambda, reason: result.reason),
      job.measurement("probe_holdout_accuracy", .test, result.holdoutAccuracy, reason: result.reason),
      job.measurement("probe_gradient_ratio", .test, result.largestGradientRatio),
    ]
  }

  /// Nearest neighbours on a target's features; k, distance and weighting are chosen on the holdout.
  func neighbours(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    let (train, test) = (try features(of: job, .train), try features(of: job, .test))
    context.send(.progress("searching", share: nil))
    let result = try NearestNeighbors.run(
      train: try train.layer().allRows(), trainLabels: try train.requireLabels(), test: try test.layer().allRows(),
      testLabels: try test.requireLabels(),
      options: KNNOptions(
        holdout: job.target?.holdout ?? 0.2, seed: job.target?.holdoutSeed ?? 0, groups: try groups(of: job)))
    try keep(result, of: job)
    return [
      job.measurement("knn_accuracy", .test, result.accuracy),
      job.measurement("knn_mean_per_class_accuracy", .test, result.meanPerClassAccuracy, reason: "no test images"),
      job.measurement("knn_holdout_accuracy", .test, result.holdoutAccuracy, reason: "no holdout"),
      job.measurement("knn_k", .test, Double(result.k)),
    ]
  }

  /// The group of each training image of a target that has groups.
  func groups(of job: StageJob) throws -> [Int]? {
    guard let target = job.target, target.data.groups != nil else { return nil }
    return try samples(target.data, .train).groups
  }
}
