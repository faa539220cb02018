import Foundation

@testable import Study

/// What the evaluations of the synthetic study keep of their test images: some are hard for every run, and those that a
/// run has right have more confidence.
enum SyntheticDetails {
  static let images = 400

  static func detail(
    _ run: RunRecord, _ objective: SyntheticStudy.Objective, _ stage: StageRecord
  ) -> EvaluationDetail {
    // How hard an image is depends on the image alone; the rest is the run's own.
    var difficulty = SyntheticStudy.Noise(state: 7)
    var noise = SyntheticStudy.Noise(state: UInt64(1000 + run.position))
    var right: [Bool] = []
    var confidence: [Double] = []
    for _ in 0..<images {
      let hard = (difficulty.next() + 1) / 2
      let chance = hard < 0.25 ? 1 - 4 * (1 - objective.top1) * (0.6 + 0.8 * hard) : 1
      right.append((noise.next() + 1) / 2 < chance)
      confidence.append(min(0.999, max(0.2, chance + 0.06 * noise.next())))
    }
    let answers = AnswerRecord(
      stageDigest: stage.digest, runDigest: run.digest, labels: String(repeating: "5", count: 64), right: right)
    // Squared error has no confidences before the temperature.
    let plain = objective.name == "squared-error" ? [] : bins(right, confidence, false, run, stage)
    let scaled = bins(right, confidence.map { 0.2 + 0.78 * $0 }, true, run, stage)
    return EvaluationDetail(answers: answers, reliability: plain + scaled)
  }

  private static func bins(
    _ right: [Bool], _ confidence: [Double], _ isScaled: Bool, _ run: RunRecord, _ stage: StageRecord
  ) -> [ReliabilityRecord] {
    Dictionary(grouping: right.indices) { min(14, Int(confidence[$0] * 15)) }.sorted { $0.key < $1.key }.map {
      bin, places in
      ReliabilityRecord(
        stageDigest: stage.digest, runDigest: run.digest, isScaled: isScaled, bin: bin, count: places.count,
        confidence: places.reduce(0) { $0 + confidence[$1] } / Double(places.count),
        accuracy: Double(places.count { right[$0] }) / Double(places.count))
    }
  }
}
