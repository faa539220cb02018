import Foundation
import Training

extension StageExecution {
  /// Trains the run, or goes on from its last checkpoint. Measures nothing; its epochs go to the store.
  func train(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    let folder = URL(fileURLWithPath: job.directory)
    let epochs = job.plan.training.epochs
    let throttle = Throttle()
    let run = TrainingRun(plan: settled(job.plan, in: folder), folder: folder, catalog: catalog, device: device)
    let samples = try samples(job.plan.data, .train)
    let outcome = try whenFree(context) {
      try run.run(all: samples, checkpointEvery: checkpointEvery) { event in
        switch event {
        case .step(let done, let epoch, let loss, let accuracy, let speed):
          guard throttle.isDue() else { return }
          let note =
            "epoch \(epoch + 1)/\(epochs)  loss \(Self.short(loss))  acc \(Self.short(accuracy))  \(Int(speed)) images/s"
          context.send(.progress(note, share: throttle.share(done)))
        case .started(let steps, _, _, _): throttle.steps = steps
        case .epoch(let epoch): context.send(.epoch(EpochRecord(epoch, run: job.run)))
        case .resumed(let step):
          context.send(.progress("goes on from step \(step)", share: throttle.share(step)))
        case .warning(let text): context.send(.warning(text))
        case .checkpoint: break
        }
      } shouldStop: {
        context.isStopping()
      }
    }
    if case .interrupted = outcome { throw StageInterruption() }
    // Told once more: a study that was killed may have missed some.
    for epoch in TrainingRun.epochs(in: folder) { context.send(.epoch(EpochRecord(epoch, run: job.run))) }
    return []
  }

  /// Tries again for a while where another process still has the folder: one whose study was just killed, and which is
  /// about to end with it.
  private func whenFree<Value>(_ context: Worker.Context, _ body: () throws -> Value) throws -> Value {
    let deadline = OwnerWatch.now + 30
    while true {
      do {
        return try body()
      } catch TrainingError.folderInUse(let path, let holder) {
        guard OwnerWatch.now < deadline else { throw TrainingError.folderInUse(path: path, holder: holder) }
        if context.isStopping() { throw StageInterruption() }
        context.send(.progress("waits for \(holder)", share: nil))
        Thread.sleep(forTimeInterval: 0.5)
      }
    }
  }

  /// The plan that the run's folder holds, if it differs from this one only in where the files lie: then a study whose
  /// data moved goes on where it was.
  private func settled(_ plan: Plan, in folder: URL) -> Plan {
    guard plan.dataDigest != nil, var there = try? TrainingRun.plan(in: folder) else { return plan }
    let held = there
    there.data = plan.data
    return there == plan ? held : plan
  }

  private static func short(_ value: Double) -> String {
    value.isFinite ? String(format: "%.3f", value) : "\(value)"
  }
}

extension EpochRecord {
  /// An epoch of a run's log as a row of the store.
  init(_ epoch: Training.EpochRecord, run: String) {
    self.init(
      runDigest: run, epoch: epoch.epoch, loss: epoch.loss, trainAccuracy: epoch.trainAccuracy,
      holdoutAccuracy: epoch.holdoutAccuracy, learningRate: epoch.learningRate,
      imagesPerSecond: epoch.imagesPerSecond)
  }
}

/// Lets a few messages a second through.
final class Throttle {
  var steps = 0
  private var last = Date.distantPast

  func isDue() -> Bool {
    guard Date().timeIntervalSince(last) >= 0.3 else { return false }
    last = Date()
    return true
  }

  func share(_ done: Int) -> Double? { steps > 0 ? Double(done) / Double(steps) : nil }
}
