import Foundation
import Testing

@testable import Study

/// A study that takes over what another one has done, with true stages on drawn images.
@Suite struct StudyReuseTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A runner without workers: whatever it does not find done, it cannot do.
  func runner(_ name: String, _ text: String, _ overrides: [String] = []) throws -> StudyRunner {
    StudyRunner(
      document: try document(text, overrides: overrides), directory: folder.url.appendingPathComponent(name),
      workers: 1,
      program: WorkerProgram(executable: URL(fileURLWithPath: "/usr/bin/env"), arguments: ["false"]))
  }

  func silent() throws -> StudyProgress {
    let file = folder.url.appendingPathComponent("shown")
    _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    return StudyProgress(output: try FileHandle(forWritingTo: file), isTerminal: false)
  }

  /// Does all stages of a study in this process.
  func done(_ runner: StudyRunner) throws -> StudyPlan {
    try FileManager.default.createDirectory(at: runner.directory, withIntermediateDirectories: true)
    let plan = try runner.plan()
    let store = try StudyStore(at: runner.directory.appendingPathComponent("study.sqlite"))
    let study = StudyRecord(
      name: plan.document.specification.name, specYAML: "", specJSON: "{}", createdAt: "2026-01-01T00:00:00Z",
      programVersion: "1")
    try store.plan(study: study, runs: plan.runs.map(\.record), stages: plan.stages.map(\.record))
    let stages = StageExecution()
    let context = Worker.Context(
      send: { event in
        switch event {
        case .epoch(let epoch): try? store.record(epoch: epoch)
        case .detail(let detail): try? store.record(detail: detail)
        default: break
        }
      }, isStopping: { false })
    for stage in plan.stages {
      try store.start(stage: stage.record.digest, host: "there")
      let found = try stages.perform(stage.job, context)
      try store.finish(stage: stage.record.digest, seconds: 3, measurements: found)
    }
    try store.close()
    return plan
  }

  @Test func whatIsDoneElsewhereIsTakenOver() throws {
    let first = try runner("first", StageExecutionTests.tiny)
    let plan = try done(first)
    // The same work under other names.
    let text = StageExecutionTests.tiny.replacing("name: tiny", with: "name: second").replacing(
      "- { dataset: source", with: "- { name: grain, dataset: source")
    var second = try runner("second", text)
    second.reuse = [second.directory, first.directory]
    let result = try second.run(progress: try silent())
    #expect(result == StudyRunner.Result(total: 6, done: 6, failed: 0, wasInterrupted: false))
    #expect(folder.lines(of: "shown") == ["6 stages taken over from \(first.directory.standardizedFileURL.path)"])

    let stores = try [first, second].map {
      try StudyStore(existing: $0.directory.appendingPathComponent("study.sqlite"))
    }
    let measured = try stores.map { try $0.measurements() }
    #expect(measured[0].map(\.value) == measured[1].map(\.value) && measured[0].count > 20)
    #expect(Set(measured[1].map(\.target)) == ["", "grain"])
    #expect(try stores[1].epochs() == stores[0].epochs())
    #expect(try stores[1].details() == stores[0].details())
    #expect(try stores[1].details().first?.reliability.isEmpty == false)
    #expect(try stores[1].stages().allSatisfy { $0.host == "there" && $0.seconds == 3 && $0.attempts == 1 })
    #expect(try stores[1].facts()["reused_directory"]?.hasPrefix("6 stages of ") == true)
    #expect(try StudyCheck(directory: second.directory).problems.isEmpty)
    #expect(try StudyCheck(directory: second.directory).files == StudyCheck(directory: first.directory).files)
    // Weights and features are the same files; logs, which grow, are not.
    let run = "runs/\(plan.runs[0].record.digest)"
    func number(_ runner: StudyRunner, _ name: String) throws -> Int? {
      let file = runner.directory.appendingPathComponent("\(run)/\(name)").path
      return try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int
    }
    #expect(try number(first, "weights.safetensors") == number(second, "weights.safetensors"))
    #expect(try number(first, "log.jsonl") != number(second, "log.jsonl"))
  }

  @Test func onlyWhatIsTheSameAndSound() throws {
    let first = try runner("first", StageExecutionTests.tiny)
    let plan = try done(first)
    var other = try runner("other", StageExecutionTests.tiny, ["training.learning_rate=0.06"])
    other.reuse = [first.directory]
    #expect(throws: StudyError.self, "another learning rate is other work") { try other.run(progress: try silent()) }
    let otherStore = try StudyStore(existing: other.directory.appendingPathComponent("study.sqlite"))
    #expect(try otherStore.stages().allSatisfy { $0.state != .done })
    // Damaged weights are made anew; what was measured with them before stands.
    let weights = first.directory.appendingPathComponent("runs/\(plan.runs[0].record.digest)/weights.safetensors")
    var bytes = try Data(contentsOf: weights)
    bytes[bytes.count - 3] ^= 1
    try bytes.write(to: weights)
    var second = try runner("second", StageExecutionTests.tiny)
    second.reuse = [first.directory]
    #expect(throws: StudyError.self) { try second.run(progress: try silent()) }
    let store = try StudyStore(existing: second.directory.appendingPathComponent("study.sqlite"))
    #expect(try store.stages().filter { $0.state != .done }.map(\.kind) == [.train])
    second.reuse = [folder.url.appendingPathComponent("nowhere")]
    #expect(throws: StudyError.noStudy(directory: folder.url.appendingPathComponent("nowhere").path)) {
      try second.run(progress: try silent())
    }
  }
}
