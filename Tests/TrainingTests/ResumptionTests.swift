import Foundation
import TestSupport
import Testing
import Torch

@testable import Training

/// The same plan gives the same bytes, stopped or not. Serialized: threads are a setting of the process.
@Suite(.serialized) struct ResumptionTests {
  private func undisturbed(_ plan: Plan) throws -> Data {
    let folder = try ScratchFolder()
    let run = TrainingRun(plan: plan, folder: folder.url)
    try run.go(quadrants())
    return try Data(contentsOf: run.weights)
  }

  @Test(arguments: [
    ("softmax", Precision.f32, 0.99), ("softmax", .f32, 0), ("softmax", .bf16, 0.99),
    ("softmax+dropout", .f32, 0.99),
    ("cosine-softmax+logit-penalty", .bf16, 0),
  ])
  func stoppedRunsGiveTheSameBytes(objective: String, precision: Precision, ema: Double) throws {
    let plan = try smallPlan(objective: objective) {
      $0.precision = precision
      $0.ema = ema
    }
    let expected = try undisturbed(plan)
    #expect(try undisturbed(plan) == expected)
    let folder = try ScratchFolder()
    let run = TrainingRun(plan: plan, folder: folder.url)
    var steps: [Int] = []
    // In the first epoch, at the end of one, in the middle, before the last step.
    for stop in [1, 4, 6, 11] {
      let listener = Listener()
      guard case .interrupted(let step) = try run.go(quadrants(), stop: stop, listener) else {
        Issue.record("not interrupted")
        return
      }
      #expect(step == stop)
      #expect(listener.resumed == steps.suffix(1))
      steps.append(step)
    }
    guard case .finished(12, false) = try run.go(quadrants()) else {
      Issue.record("not finished")
      return
    }
    #expect(try Data(contentsOf: run.weights) == expected)
    let logged = try run.logged()
    #expect(
      logged.filter { $0["event"] as? String == "resumed" }.compactMap { $0["step"] as? Int } == [
        1, 4, 6, 11,
      ])
    #expect(
      logged.filter { $0["event"] as? String == "interrupted" }.compactMap { $0["step"] as? Int } == steps)
    #expect(logged.last?["event"] as? String == "finished")
    #expect(!FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("checkpoints").path))
  }

  /// Sums of an epoch survive the stop: the records are those of an undisturbed run.
  @Test func recordsDoNotDependOnStops() throws {
    func records(stops: [Int]) throws -> [EpochRecord] {
      let folder = try ScratchFolder()
      let run = TrainingRun(plan: try smallPlan(), folder: folder.url)
      for stop in stops { try run.go(quadrants(), stop: stop) }
      try run.go(quadrants())
      return TrainingRun.epochs(in: folder.url).map {
        var record = $0
        record.imagesPerSecond = 0
        return record
      }
    }
    let expected = try records(stops: [])
    #expect(expected.map(\.epoch) == [1, 2, 3] && expected.map(\.step) == [4, 8, 12])
    #expect(expected.allSatisfy { $0.holdoutAccuracy != nil })
    #expect(try records(stops: [2, 7, 8]) == expected)
  }

  @Test(arguments: ["truncated", "flipped", "empty", "of another plan"])
  func damagedCheckpointsFallBack(damage: String) throws {
    let plan = try smallPlan()
    let expected = try undisturbed(plan)
    for damaged in [1, 2] {
      let folder = try ScratchFolder()
      let run = TrainingRun(plan: plan, folder: folder.url)
      let first = Listener()
      try run.go(quadrants(), stop: 7, every: .steps(3), first)
      #expect(first.checkpoints == [3, 6, 7])
      #expect(!FileManager.default.fileExists(atPath: run.checkpoint(3).path))  // two are kept
      for step in [7, 6].prefix(damaged) {
        var bytes = try Data(contentsOf: run.checkpoint(step))
        switch damage {
        case "truncated": bytes.removeLast(100)
        case "flipped": bytes[bytes.count / 2] ^= 4
        case "empty": bytes.removeAll()
        default:
          let (tensors, _) = try TensorFile.read(run.checkpoint(step), requiresDigest: true)
          try TensorFile.write(
            tensors.map { ($0.key, $0.value) }, metadata: ["plan_digest": "?", "position": "{}"],
            to: run.checkpoint(step))
          continue
        }
        try bytes.write(to: run.checkpoint(step))
      }
      let second = Listener()
      try run.go(quadrants(), second)
      #expect(second.warnings.count == damaged)
      #expect(second.warnings.allSatisfy { $0.contains("step-") })
      #expect(second.resumed == (damaged == 1 ? [6] : []))
      #expect(try Data(contentsOf: run.weights) == expected, "\(damage) \(damaged)")
    }
  }

  @Test func whatAKillLeavesIsTidied() throws {
    let plan = try smallPlan()
    let folder = try ScratchFolder()
    let run = TrainingRun(plan: plan, folder: folder.url)
    try run.go(quadrants(), stop: 5)
    // A kill in the middle of a log line, of a checkpoint and of the weights.
    let handle = try FileHandle(forWritingTo: run.log)
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(#"{"event":"epo"#.utf8))
    try handle.close()
    let parts = ["checkpoints/.step-6.safetensors.12-34.partial", ".weights.safetensors.12-34.partial"].map {
      folder.url.appendingPathComponent($0)
    }
    for part in parts { try Data([1, 2, 3]).write(to: part) }
    let listener = Listener()
    try run.go(quadrants(), stop: 6, listener)
    #expect(listener.resumed == [5] && listener.warnings.isEmpty)
    #expect(parts.allSatisfy { !FileManager.default.fileExists(atPath: $0.path) })
    try run.go(quadrants())
    let lines = try String(contentsOf: run.log, encoding: .utf8).split(separator: "\n")
    #expect(lines.count(where: { $0 == #"{"event":"epo"# }) == 1)
    #expect(try run.logged().count == lines.count - 1)
    #expect(try run.logged().compactMap { $0["time"] as? Double }.count == lines.count - 1)
    #expect(try Data(contentsOf: run.weights) == undisturbed(plan))
  }

  @Test func aFinishedRunIsLeftAloneUnlessDamaged() throws {
    let plan = try smallPlan()
    let folder = try ScratchFolder()
    let run = TrainingRun(plan: plan, folder: folder.url)
    try run.go(quadrants())
    let bytes = try Data(contentsOf: run.weights)
    // A kill between the weights and the log's last line.
    let lines = try String(contentsOf: run.log, encoding: .utf8).split(separator: "\n")
    try Data((lines.dropLast().joined(separator: "\n") + "\n").utf8).write(to: run.log)
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("checkpoints"), withIntermediateDirectories: true)
    try bytes.write(to: run.checkpoint(9))
    let again = Listener()
    guard case .finished(12, true) = try run.go(quadrants(), again) else {
      Issue.record("trained again")
      return
    }
    #expect(again.events.isEmpty)
    #expect(try run.logged().count { $0["event"] as? String == "finished" } == 1)
    #expect(!FileManager.default.fileExists(atPath: run.checkpoint(9).path))
    var damaged = bytes
    damaged[damaged.count - 9] ^= 1
    try damaged.write(to: run.weights)
    let listener = Listener()
    guard case .finished(12, false) = try run.go(quadrants(), listener) else {
      Issue.record("damaged weights were kept")
      return
    }
    #expect(listener.warnings.count == 1)
    #expect(try Data(contentsOf: run.weights) == bytes)
  }

  @Test func checkpointsComeByTimeToo() throws {
    let folder = try ScratchFolder()
    let listener = Listener()
    try TrainingRun(plan: try smallPlan(), folder: folder.url).go(quadrants(), every: .seconds(0), listener)
    #expect(listener.checkpoints == Array(1...11))
  }

  @Test func anotherThreadCountIsAnotherRun() throws {
    var plan = try smallPlan()
    let one = try undisturbed(plan)
    plan.threads = 2
    let two = try undisturbed(plan)
    #expect(try undisturbed(plan) == two)
    #expect(one.count > 100_000 && one != two)  // at least the plan's digest differs
  }
}
