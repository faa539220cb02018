import Foundation
import Testing

@testable import Study

@Suite struct StudyWatchTests {
  let study: PretendedStudy
  let shown: URL

  init() throws {
    study = try PretendedStudy()
    shown = study.folder.url.appendingPathComponent("shown")
    _ = FileManager.default.createFile(atPath: shown.path, contents: nil)
  }

  func watch(isTerminal: Bool) throws -> StudyWatch {
    StudyWatch(
      directory: study.out, every: 0.05, output: try FileHandle(forWritingTo: shown), isTerminal: isTerminal)
  }

  var text: String { (try? String(contentsOf: shown, encoding: .utf8)) ?? "" }

  @Test func plainLinesUntilTheEnd() throws {
    let store = try study.store()
    let owner = try study.join(store, OwnerRecord())
    let worker = Thread { [plan = study.plan] in
      for stage in plan.stages {
        guard let lease = try? store.claim(stage: stage.record.digest, owner: owner) else { continue }
        _ = try? store.finish(lease, seconds: 1, measurements: [])
      }
    }
    let watch = try watch(isTerminal: false)
    worker.start()
    let status = try watch.run()
    #expect(status.isFinished && status.done == 6 && status.stagesRunning == 0)
    let lines = text.split(separator: "\n")
    #expect(lines.last == "small: 6 of 6 runs done, 0 failed; 54 of 54 stages")
    #expect(Set(lines).count == lines.count, "a line for each change")
    #expect(!text.contains("\u{1B}"))
  }

  @Test func aSignalEndsIt() throws {
    let store = try study.store()
    let owner = try study.join(store, OwnerRecord())
    let train = try #require(try store.stages().first)
    _ = try store.claim(stage: train.digest, owner: owner)
    var asked = 0
    let status = try watch(isTerminal: true).run {
      asked += 1
      return asked > 3
    }
    #expect(!status.isFinished && status.stagesRunning == 1)
    #expect(text.contains("  softmax, seed 0  running  train\n"))
    #expect(text.contains("being run by process \(getpid())"))
    #expect(text.contains("\u{1B}[3A\u{1B}[J"), "drawn over itself")
  }

  @Test func whatDoesNotFitIsCounted() throws {
    let store = try study.store()
    let owner = try study.join(store, OwnerRecord())
    for stage in study.plan.stages where stage.record.kind == .train {
      let lease = try #require(try store.claim(stage: stage.record.digest, owner: owner))
      _ = try store.fail(
        lease, error: "no luck", log: "last words", host: "here", seconds: 1, retries: 0, lasting: false,
        dependents: ([], ""))
    }
    let status = try StudyStatus(directory: study.out)
    #expect(status.runs[0].log == "last words")
    let lines = StudyWatch.lines(status, most: 5)
    #expect(lines.count == 5)
    #expect(lines[0] == "  softmax, seed 0                          failed  train  no luck")
    #expect(lines[2] == "  and 4 more")
    #expect(StudyWatch.lines(status, most: 1).count == 1)
    #expect(StudyWatch.lines(status, most: 50).count == 8)
  }
}
