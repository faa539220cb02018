import Foundation
import Testing
import Training

@testable import Study

/// The scheduler with real child processes: `Fixtures/worker.py`, whose stages are pretence.
@Suite(.serialized) struct StudyRunnerTests {
  let folder: TemporaryFolder
  let out: URL

  init() throws {
    folder = try TemporaryFolder()
    out = folder.url.appendingPathComponent("out")
  }

  func runner(_ overrides: [String] = [], workers: Int = 2) throws -> StudyRunner {
    let worker = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Fixtures/worker.py")
    var runner = StudyRunner(
      document: try document(overrides: overrides, dataRoot: "/data"), directory: out, workers: workers,
      program: WorkerProgram(
        executable: URL(fileURLWithPath: "/usr/bin/env"),
        arguments: ["python3", worker.path, folder.url.path]))
    runner.loader = pretendData
    return runner
  }

  /// Runs and returns the result with what was shown.
  func run(_ runner: StudyRunner) throws -> (result: StudyRunner.Result, shown: String) {
    let pipe = folder.url.appendingPathComponent("shown")
    _ = FileManager.default.createFile(atPath: pipe.path, contents: nil)
    let handle = try FileHandle(forWritingTo: pipe)
    defer { try? handle.close() }
    let result = try runner.run(progress: StudyProgress(output: handle))
    return (result, try String(contentsOf: pipe, encoding: .utf8))
  }

  func store() throws -> StudyStore { try StudyStore(existing: out.appendingPathComponent("study.sqlite")) }

  @Test func doesAllOnceAndNeverAgain() throws {
    try folder.write("2", to: "meet")  // On a busy machine one could do all before the other has begun.
    let (result, shown) = try run(try runner())
    #expect(result == StudyRunner.Result(total: 54, done: 54, failed: 0, wasInterrupted: false))
    #expect(shown.split(separator: "\n").count == 54)
    #expect(shown.contains("[54/54] "))
    let log = folder.lines(of: "log")
    #expect(log.count == 54)
    #expect(Set(log.map { $0.split(separator: " ").last }).count == 2, "two workers")
    #expect(try store().epochs().count == 12)
    #expect(try store().measurements().count == 54)
    #expect(try run(try runner()).result.done == 54)
    #expect(folder.lines(of: "log").count == 54, "nothing is done twice")
    // One more seed costs its own stages only.
    try folder.write("0", to: "meet")
    #expect(try run(try runner(["seeds=3"])).result.total == 81)
    #expect(folder.lines(of: "log").count == 81)
    let status = try StudyStatus(directory: out)
    #expect(status.done == 9 && status.failed == 0 && status.remainingSeconds == 0 && status.holder == nil)
  }

  @Test func survivesCrashes() throws {
    try folder.write("train knn", to: "crash")
    let (result, shown) = try run(try runner(["objectives=[softmax]"]))
    #expect(result == StudyRunner.Result(total: 18, done: 18, failed: 0, wasInterrupted: false))
    #expect(shown.contains("ended by signal 9"))
    let stages = try store().stages()
    #expect(
      stages.filter { $0.kind == .train }.allSatisfy {
        $0.attempts == 2 && $0.state == .done && $0.error == nil
      })
  }

  @Test func aStageThatAlwaysCrashesFailsAndTheOthersGoOn() throws {
    try folder.write("probe", to: "crash-all")
    let (result, _) = try run(try runner(["objectives=[softmax]"]))
    #expect(result == StudyRunner.Result(total: 18, done: 16, failed: 2, wasInterrupted: false))
    let failed = try store().stages().filter { $0.state == .failed }
    #expect(failed.allSatisfy { $0.kind == .probe && $0.attempts == 2 })
    #expect(
      failed.allSatisfy {
        ($0.error ?? "").contains("signal 9") && ($0.error ?? "").contains("about to crash")
      })
    // Tried again when the study is run again.
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("crash-all"))
    #expect(try run(try runner(["objectives=[softmax]"])).result.done == 18)
  }

  @Test func failedTrainingTakesItsStagesWithItAndLasts() throws {
    try folder.write("train", to: "lasting")
    let (result, _) = try run(try runner(["seeds=1"]))
    #expect(result == StudyRunner.Result(total: 27, done: 0, failed: 27, wasInterrupted: false))
    let stages = try store().stages()
    #expect(stages[0].error == "no luck with train")
    #expect(stages[5].error == "not done, because softmax, seed 0: train failed")
    #expect(stages[5].attempts == 0)
    let before = folder.lines(of: "log").count
    #expect(try run(try runner(["seeds=1"])).result.failed == 27)
    #expect(folder.lines(of: "log").count == before, "a lasting failure is not tried again")
    let status = try StudyStatus(directory: out)
    #expect(status.failed == 3 && status.runs[0].error == "no luck with train")
  }

  @Test func comparisonsDoWithoutRunsThatFailed() throws {
    let asked = ["seeds=1", "measures=[cka]"]
    try folder.write("train", to: "lasting")
    let (result, _) = try run(try runner(asked))
    // Training fails for good; the comparison is tried with what there is.
    let stages = try store().stages()
    #expect(stages.last?.kind == .cka && stages.last?.state == .done)
    #expect(result.failed == result.total - 1)
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("lasting"))
    // Failures that may pass are tried again, and the comparison with them.
    try FileManager.default.removeItem(at: out)
    try folder.write("train", to: "fail")
    #expect(try run(try runner(asked)).result.done == 1)
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("fail"))
    let (again, shown) = try run(try runner(asked))
    #expect(again.done == again.total && shown.contains("all runs: cka"))
    #expect(folder.lines(of: "log").count { $0.hasPrefix("cka") } == 3)
  }

  @Test func aSignalStopsItAndTheSameCallGoesOn() throws {
    try folder.write("0.3", to: "slow")
    let folder = folder
    let sender = Thread {
      // The trap is set before the first worker writes its log.
      for _ in 0..<200 where folder.lines(of: "log").count < 3 { usleep(20_000) }
      kill(getpid(), SIGINT)
    }
    sender.start()
    let (result, shown) = try run(try runner(["objectives=[softmax]"]))
    #expect(result.wasInterrupted && result.done < 18 && result.failed == 0)
    #expect(shown.contains("stopping; the same command goes on"))
    #expect(try store().stages().allSatisfy { $0.state == .done || $0.state == .pending })
    try folder.write("0", to: "slow")
    let done = result.done
    let before = folder.lines(of: "log").count
    #expect(try run(try runner(["objectives=[softmax]"])).result.done == 18)
    #expect(folder.lines(of: "log").count == before + 18 - done)
  }

  @Test func lostFilesAreMadeAgain() throws {
    try folder.write("knn", to: "fail")
    #expect(try run(try runner(["objectives=[softmax]", "seeds=1"])).result.failed == 2)
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("fail"))
    try FileManager.default.removeItem(at: out.appendingPathComponent("runs"))
    #expect(try run(try runner(["objectives=[softmax]", "seeds=1"])).result.done == 9)
    let kinds = folder.lines(of: "log").map { $0.split(separator: " ")[0] }
    #expect(kinds.count { $0 == "train" } == 2 && kinds.count { $0 == "evaluate" } == 1)
    #expect(kinds.count { $0 == "extract" } == 3 + 2)
  }

  @Test func anOlderVersionAtWorkIsLeftAlone() throws {
    try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
    let lock = try FileLock(out.appendingPathComponent("study.lock"))
    do {
      _ = try run(try runner())
      Issue.record("ran")
    } catch StudyError.locked(_, let holder) {
      #expect(holder.contains("process \(getpid()) on "))
    }
    withExtendedLifetime(lock) {}
  }

  @Test func aWorkerThatCannotStartEndsTheStudy() throws {
    var broken = try runner()
    broken.program = WorkerProgram(executable: URL(fileURLWithPath: "/usr/bin/env"), arguments: ["false"])
    #expect(throws: StudyError.self) { try run(broken) }
    broken.program = WorkerProgram(executable: URL(fileURLWithPath: "/no/such/program"), arguments: [])
    #expect(throws: StudyError.self) { try run(broken) }
  }

  @Test func foldersThatCannotBeWritten() throws {
    try folder.write("a file", to: "out")
    #expect(throws: StudyError.self) { try run(try runner()) }
  }
}
