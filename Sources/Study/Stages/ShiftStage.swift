import Datasets
import Foundation
import Training

extension StageExecution {
  /// Top-1 accuracy on the source's test images under each corruption and severity, and the mean over all.
  func shifted(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    let model = try model(of: job)
    let clean = try samples(job.plan.data, .test, as: model.description.shape).decoded().samples
    var found: [MeasurementRecord] = []
    var sum = 0.0
    for (number, shift) in job.shift.enumerated() {
      context.send(
        .progress("\(shift.corruption) \(shift.severity)", share: Double(number) / Double(job.shift.count)))
      let corruption = try Corruption.find(shift.corruption)
      // One seed for all runs: every network sees the same corrupted images.
      let images = try clean.corrupted(
        by: corruption, severity: shift.severity, seed: 0, threads: job.plan.threads)
      let accuracy = try model.predict(images).accuracy()
      sum += accuracy
      var record = job.measurement("shift_top1", .test, accuracy)
      record.target = "\(shift.corruption)/\(shift.severity)"
      found.append(record)
    }
    found.append(job.measurement("shift_top1_mean", .test, sum / Double(job.shift.count)))
    return found
  }
}
