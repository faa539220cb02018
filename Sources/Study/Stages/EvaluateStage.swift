import Datasets
import Foundation
import Measures
import Training

extension StageExecution {
  /// Accuracy, loss and calibration on the source's test split; the temperature is fitted on the holdout.
  func evaluate(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    if !job.shift.isEmpty { return try shifted(job, context) }
    let model = try model(of: job)
    context.send(.progress("test images", share: nil))
    let test = try model.predict(try samples(job.plan.data, .test))
    context.send(.progress("holdout images", share: nil))
    let held = TrainingRun.split(try samples(job.plan.data, .train), job.plan).holdout
    let result = try Evaluation(model, test, holdout: try held.map { try model.predict($0) })
    try keep(result, of: job)
    context.send(.detail(try detail(of: result, test, job)))
    func found(_ name: String, _ value: Double?) -> MeasurementRecord {
      job.measurement(name, .test, value, reason: Self.reason(for: name, in: result.reason))
    }
    let accuracy = [found("top1", result.top1), found("top5", result.top5), found("loss", result.loss)]
    guard job.measures.contains(.calibration) else { return accuracy }
    return accuracy + [
      found("nll", result.nll), found("ece", result.ece), found("temperature", result.temperature),
      found("nll_scaled", result.nllScaled), found("ece_scaled", result.eceScaled),
    ]
  }

  /// Which test images are right, and the reliability diagrams where calibration is measured.
  private func detail(of result: Evaluation, _ test: Predictions, _ job: StageJob) throws -> EvaluationDetail {
    let answers = AnswerRecord(
      stageDigest: job.stage, runDigest: job.run, labels: try CanonicalJSON.digest(test.labels),
      right: try Accuracy.right(outputs: test.outputs, labels: test.labels))
    guard job.measures.contains(.calibration) else { return EvaluationDetail(answers: answers, reliability: []) }
    let bins = [(false, result.bins), (true, result.scaledBins)].flatMap { isScaled, bins in
      (bins ?? []).enumerated().compactMap { place, bin -> ReliabilityRecord? in
        guard let confidence = bin.confidence, let accuracy = bin.accuracy else { return nil }
        return ReliabilityRecord(
          stageDigest: job.stage, runDigest: job.run, isScaled: isScaled, bin: place, count: bin.count,
          confidence: confidence, accuracy: accuracy)
      }
    }
    return EvaluationDetail(answers: answers, reliability: bins)
  }

  /// The part of an evaluation's reasons, such as `nll, ece: why; temperature: why`, that is about one figure. What is
  /// scaled lacks what the temperature lacks.
  static func reason(for name: String, in reasons: String?) -> String? {
    let subject = name.hasSuffix("_scaled") ? "temperature" : name
    for part in (reasons ?? "").components(separatedBy: "; ") {
      guard let colon = part.range(of: ": ") else { continue }
      if part[..<colon.lowerBound].components(separatedBy: ", ").contains(subject) {
        return String(part[colon.upperBound...])
      }
    }
    return reasons
  }
}
