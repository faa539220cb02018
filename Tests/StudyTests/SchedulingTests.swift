import Foundation
import Testing

@testable import Study

/// What the scheduler itself costs: 2,007 stages that do nothing, handed to two workers.
@Suite(.serialized) struct SchedulingTests {
  @Test func twoThousandStagesCostLittleEach() throws {
    let study = try PretendedStudy(overrides: ["objectives=[softmax]", "seeds=223"], worker: "idle.py")
    let store = try study.store()
    let scheduler = try study.scheduler(store)
    let began = OwnerWatch.now
    #expect(try scheduler.run() == .finished)
    let each = (OwnerWatch.now - began) / 2007
    #expect(try store.stages().count { $0.state == .done } == 2007)
    // The budget is 5 ms; the time of other work on the machine and of the workers is in here too.
    #expect(each < 0.005, "\(each * 1000) ms a stage")
  }
}
