import Datasets
import Foundation
import Testing

@testable import Study

/// The true stages of a tiny study on drawn images, one after another in this process.
@Suite struct StageExecutionTests {
  static let tiny = """
    name: tiny
    source: { dataset: glyphs, labels: coarse, samples: { train: 160, test: 80 }, holdout: 0.2 }
    network: { name: convnet, width: 4 }
    training: { epochs: 1, batch: 32, learning_rate: 0.05, warmup: 0 }
    objectives: [squared-error]
    seeds: 1
    transfer:
      - { dataset: source, labels: texture }
    """

  @Test func everyStageMeasuresWhatItShould() throws {
    let folder = try TemporaryFolder()
    let document = try document(Self.tiny)
    var expansion = PlanExpansion(
      document: document, directory: folder.url.path, threads: 1, data: DataCatalog())
    let plan = try expansion.plan()
    #expect(plan.stages.map(\.record.kind) == [.train, .evaluate, .extract, .separation, .probe, .knn])
    let stages = StageExecution()
    let sent = Sent()
    let context = Worker.Context(send: { sent.append($0) }, isStopping: { false })
    var found: [String: MeasurementRecord] = [:]
    for stage in plan.stages {
      for measurement in try stages.perform(stage.job, context) {
        #expect(measurement.target == stage.record.target && measurement.stageDigest == stage.record.digest)
        found["\(measurement.name) \(measurement.split)"] = measurement
      }
      #expect(stage.products.allSatisfy { FileManager.default.fileExists(atPath: $0) })
    }
    for name in [
      "top1", "loss", "probe_accuracy", "probe_lambda", "probe_gradient_ratio", "knn_accuracy", "knn_k",
    ] {
      #expect(found["\(name) test"]?.value != nil, "\(name)")
    }
    for name in ["r2_cosine", "r2_debiased_cosine", "r2_centered_cosine", "r2_squared_euclidean", "r2_angle"] {
      #expect(found["\(name) train"]?.value != nil && found["\(name) test"]?.value != nil, "\(name)")
    }
    // Squared error's outputs are no logits: raw figures are blank, with the reason.
    #expect(found["nll test"]?.value == nil && found["nll test"]?.reason?.contains("squared error") == true)
    #expect(found["top1 test"]?.reason == nil)
    #expect(sent.epochs.count >= 1)
    try check(try #require(sent.details.first), found, of: plan.stages[1])
    // Once more: training finds all done, and the figures are the same.
    for stage in plan.stages where stage.record.kind != .extract {
      for measurement in try StageExecution().perform(stage.job, context) {
        #expect(found["\(measurement.name) \(measurement.split)"] == measurement)
      }
    }
  }

  /// The detail of the evaluation is what its figures were made of.
  private func check(
    _ detail: EvaluationDetail, _ found: [String: MeasurementRecord], of stage: StudyPlan.Stage
  ) throws {
    let answers = detail.answers
    #expect(answers.stageDigest == stage.record.digest && answers.runDigest == stage.record.runDigest)
    let right = try #require(answers.right)
    #expect(right.count == 80)
    #expect(Double(right.count { $0 }) / 80 == found["top1 test"]?.value)
    // Squared error has confidences at its temperature only.
    let bins = detail.reliability
    #expect(!bins.isEmpty && bins.allSatisfy { $0.isScaled && (0..<15).contains($0.bin) })
    #expect(bins.reduce(0) { $0 + $1.count } == 80)
    let error = bins.reduce(0) { $0 + Double($1.count) / 80 * abs($1.confidence - $1.accuracy) }
    #expect(abs(error - (found["ece_scaled test"]?.value ?? .nan)) < 1e-12)
  }

  @Test func logitsHaveConfidencesAtBothTemperatures() throws {
    let folder = try TemporaryFolder()
    var expansion = PlanExpansion(
      document: try document(Self.tiny, overrides: ["objectives=[softmax]"]), directory: folder.url.path, threads: 1,
      data: DataCatalog())
    let plan = try expansion.plan()
    let (stages, sent) = (StageExecution(), Sent())
    let context = Worker.Context(send: { sent.append($0) }, isStopping: { false })
    _ = try stages.perform(plan.stages[0].job, context)
    let measured = try stages.perform(plan.stages[1].job, context)
    let bins = try #require(sent.details.first).reliability
    for (name, isScaled) in [("ece", false), ("ece_scaled", true)] {
      let own = bins.filter { $0.isScaled == isScaled }
      #expect(own.reduce(0) { $0 + $1.count } == 80)
      let error = own.reduce(0) { $0 + Double($1.count) / 80 * abs($1.confidence - $1.accuracy) }
      #expect(abs(error - (measured.first { $0.name == name }?.value ?? .nan)) < 1e-12, "\(name)")
    }
    // Without calibration only the answers are kept.
    var job = plan.stages[1].job
    job.measures = []
    _ = try stages.perform(job, context)
    #expect(sent.details.count == 2 && sent.details[1].reliability.isEmpty)
    #expect(sent.details[1].answers == sent.details[0].answers)
  }

  @Test func aStoppedTrainingGoesOn() throws {
    let folder = try TemporaryFolder()
    var expansion = PlanExpansion(
      document: try document(Self.tiny), directory: folder.url.path, threads: 1, data: DataCatalog())
    let job = try expansion.plan().stages[0].job
    let sent = Sent()
    #expect(throws: StageInterruption.self) {
      try StageExecution().perform(job, Worker.Context(send: { sent.append($0) }, isStopping: { true }))
    }
    // The data may have moved meanwhile: the plan of the folder still counts.
    var moved = job
    moved.plan.data.directory = "/elsewhere"
    _ = try StageExecution().perform(moved, Worker.Context(send: { sent.append($0) }, isStopping: { false }))
    #expect(sent.epochs.contains { $0.epoch == 1 })
  }

  @Test func lossesThatAreNotFiniteLast() throws {
    let folder = try TemporaryFolder()
    var expansion = PlanExpansion(
      document: try document(Self.tiny, overrides: ["training.learning_rate=1e30", "training.epochs=20"]),
      directory: folder.url.path, threads: 1, data: DataCatalog())
    let job = try expansion.plan().stages[0].job
    do {
      _ = try StageExecution().perform(job, Worker.Context(send: { _ in }, isStopping: { false }))
      Issue.record("trained")
    } catch let failure as StageFailure {
      #expect(failure.isLasting && failure.description.contains("learning rate"))
    }
  }

  @Test func reasonsGoToTheirFigures() {
    let reasons = "nll, ece: no logits; temperature: no holdout"
    #expect(StageExecution.reason(for: "ece", in: reasons) == "no logits")
    #expect(StageExecution.reason(for: "nll_scaled", in: reasons) == "no holdout")
    #expect(StageExecution.reason(for: "top5", in: nil) == nil)
  }
}

/// Events in the order sent.
private final class Sent: @unchecked Sendable {
  private let lock = NSLock()
  private var events: [StageEvent] = []

  func append(_ event: StageEvent) { lock.withLock { events.append(event) } }
  var epochs: [Study.EpochRecord] {
    lock.withLock { events }.compactMap { if case .epoch(let epoch) = $0 { epoch } else { nil } }
  }
  var details: [EvaluationDetail] {
    lock.withLock { events }.compactMap { if case .detail(let detail) = $0 { detail } else { nil } }
  }
}
