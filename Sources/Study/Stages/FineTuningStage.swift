import Datasets
import Foundation
import Training
import Transfer

extension StageExecution {
  /// How networks are fine-tuned in a study: the small preset. The holdout is the same for all runs.
  static func tuning(holdout: Double, seed: UInt64, threads: Int) throws -> FineTuningOptions {
    var options = try FineTuningOptions(.small)
    options.holdout = holdout
    options.seed = seed
    options.threads = threads
    return options
  }

  /// Fine-tunes the run's network on a target, or goes on where it was stopped.
  func tune(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    guard let target = job.target, let options = job.tuning else {
      throw StageFailure("fine-tuning needs a target and settings", isLasting: true)
    }
    let folder = URL(fileURLWithPath: job.directory).appendingPathComponent("finetune/\(job.stage.prefix(16))")
    let tuning = FineTuning(
      URL(fileURLWithPath: job.directory), data: target.data, options: options, folder: folder, catalog: catalog,
      device: device)
    let (train, test) = (try samples(target.data, .train), try samples(target.data, .test))
    let throttle = SharedThrottle()
    func run() throws -> FineTuningResult {
      try tuning.run(
        train: train, test: test,
        progress: { progress in
          guard throttle.isDue() else { return }
          let share = Double(progress.done) / Double(max(1, progress.total))
          context.send(.progress(progress.note, share: share))
        }, shouldStop: context.isStopping)
    }
    let result: FineTuningResult
    do {
      do {
        result = try run()
      } catch let error as TransferError where error.argument == "out" {
        // The study or its data lie elsewhere than before. What the stage's digest stands for is the same.
        try FileManager.default.removeItem(at: folder)
        result = try run()
      }
    } catch is FineTuning.Interruption {
      throw StageInterruption()
    }
    try keep(result, of: job)
    return [
      job.measurement("finetune_accuracy", .test, result.main.accuracy),
      job.measurement(
        "finetune_mean_per_class_accuracy", .test, result.main.meanPerClassAccuracy, reason: "no test images"),
      job.measurement("finetune_holdout_accuracy", .test, result.main.holdoutAccuracy),
      job.measurement("finetune_learning_rate", .test, result.main.chosen.learningRate),
      job.measurement("finetune_weight_decay", .test, result.main.chosen.weightDecay),
    ]
  }
}

/// Lets a few messages a second through, from any thread.
private final class SharedThrottle: @unchecked Sendable {
  private let lock = NSLock()
  private var last = Date.distantPast

  func isDue() -> Bool {
    lock.withLock {
      guard Date().timeIntervalSince(last) >= 0.3 else { return false }
      last = Date()
      return true
    }
  }
}
