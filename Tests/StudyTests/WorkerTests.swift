import Foundation
import Testing

@testable import Study

/// The worker's side of the protocol, over pipes within this process.
@Suite struct WorkerTests {
  /// What a worker with `body` answers to `lines`.
  func answers(
    to lines: [Data], _ body: @escaping @Sendable (StageJob, Worker.Context) throws -> [MeasurementRecord]
  ) throws -> [StageEvent] {
    let (input, output) = (Pipe(), Pipe())
    let thread = Thread {
      Worker.run(
        input: input.fileHandleForReading, output: output.fileHandleForWriting, diesWithParent: false,
        atEnd: {}, body)
      try? output.fileHandleForWriting.close()
    }
    thread.start()
    for line in lines { try input.fileHandleForWriting.write(contentsOf: line + Data("\n".utf8)) }
    var events: [StageEvent] = []
    var replies = 0
    LineReader.read(output.fileHandleForReading) { line in
      guard let event = try? JSONDecoder().decode(StageEvent.self, from: line) else { return }
      events.append(event)
      switch event {
      case .done, .failed, .interrupted: replies += 1
      default: break
      }
      if replies == lines.count { try? input.fileHandleForWriting.close() }
    }
    return events
  }

  func job() throws -> (job: StageJob, line: Data) {
    var expansion = PlanExpansion(
      document: try document(), directory: "/out", threads: 1, data: DataCatalog(loader: pretendData))
    let job = try expansion.plan().stages[5].job
    return (job, try CanonicalJSON.data(job))
  }

  @Test func jobsAreDoneInTurn() throws {
    let (job, line) = try job()
    let events = try answers(to: [line, line]) { received, context in
      context.send(.progress("working", share: 0.5))
      return [received.measurement("probe_accuracy", .test, received == job ? 1 : 0)]
    }
    let measurement = job.measurement("probe_accuracy", .test, 1)
    #expect(
      events == [
        .ready, .progress("working", share: 0.5), .done([measurement]), .progress("working", share: 0.5),
        .done([measurement]),
      ])
  }

  @Test func failuresAreTold() throws {
    let (_, line) = try job()
    let lasting = try answers(to: [line]) { _, _ in throw StageFailure("not finite", isLasting: true) }
    #expect(lasting == [.ready, .failed("not finite", lasting: true)])
    let other = try answers(to: [line]) { _, _ in throw StudyError.diskFull(path: "/x") }
    #expect(other == [.ready, .failed(StudyError.diskFull(path: "/x").description, lasting: false)])
    #expect(try answers(to: [line]) { _, _ in throw StageInterruption() } == [.ready, .interrupted])
    let garbled = try answers(to: [Data("{}".utf8)]) { _, _ in [] }
    guard case .failed(_, lasting: false) = garbled.last else {
      Issue.record("\(garbled)")
      return
    }
  }
}
