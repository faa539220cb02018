import Datasets
import Features
import Foundation
import Torch
import Transfer

extension StageExecution {
  /// The linear probe on a target's features.
  func probe(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    let (train, test) = (try labelled(job, .train), try labelled(job, .test))
    let throttle = Throttle()
    let options = ProbeOptions(
      holdout: job.target?.holdout ?? 0.2, seed: job.target?.holdoutSeed ?? 0, groups: try groups(of: job),
      accuracy: .protocolBound)
    let outcome = try LinearProbe.run(
      train: train.features, trainLabels: train.labels, test: test.features, testLabels: test.labels,
      options: options
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
    let (train, test) = (try labelled(job, .train), try labelled(job, .test))
    context.send(.progress("searching", share: nil))
    let result = try NearestNeighbors.run(
      train: train.features, trainLabels: train.labels, test: test.features, testLabels: test.labels,
      options: KNNOptions(
        holdout: job.target?.holdout ?? 0.2, seed: job.target?.holdoutSeed ?? 0, groups: try groups(of: job)))
    try keep(result, of: job)
    return [
      job.measurement("knn_accuracy", .test, result.accuracy),
      job.measurement(
        "knn_mean_per_class_accuracy", .test, result.meanPerClassAccuracy, reason: "no test images"),
      job.measurement("knn_holdout_accuracy", .test, result.holdoutAccuracy, reason: "no holdout"),
      job.measurement("knn_k", .test, Double(result.k)),
    ]
  }

  /// Linear probes on a few examples a class of a target. Every run draws the same examples.
  func fewShot(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    guard let drawn = job.fewShot else {
      throw StageFailure("probes on few examples need numbers of examples", isLasting: true)
    }
    let (train, test) = (try labelled(job, .train), try labelled(job, .test))
    var options = LowShot.Options()
    options.shots = drawn.shots
    options.draws = drawn.draws
    options.seed = job.target?.holdoutSeed ?? 0
    let throttle = Throttle()
    let result = try LowShot.run(
      train: train.features, trainLabels: train.labels, test: test.features, testLabels: test.labels, options: options
    ) { done, total in
      guard throttle.isDue() else { return }
      context.send(.progress("\(done) of \(total) probes", share: Double(done) / Double(max(1, total))))
    }
    try keep(result, of: job)
    return result.curve.flatMap { entry in
      [
        (FewShotMeasure.accuracy, entry.accuracy, entry.reason),
        (.standardError, entry.standardError, entry.reason ?? "one draw only"),
        (.meanPerClass, entry.meanPerClassAccuracy, entry.reason ?? "a class without test images"),
      ].map { measure, value, reason in
        job.measurement(measure.name(shots: entry.shots), .test, value, reason: reason)
      }
    }
  }

  /// A target's features with its own labels.
  private func labelled(_ job: StageJob, _ split: Split) throws -> (features: Tensor, labels: [Int]) {
    (
      try features(of: job, split).layer().allRows(),
      try samples(job.target?.data ?? job.plan.data, split).labels
    )
  }

  /// The group of each training image of a target that has groups.
  func groups(of job: StageJob) throws -> [Int]? {
    guard let target = job.target, target.data.groups != nil else { return nil }
    return try samples(target.data, .train).groups
  }
}
