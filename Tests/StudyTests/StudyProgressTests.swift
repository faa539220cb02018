import Foundation
import Testing

@testable import Study

@Suite struct StudyProgressTests {
  @Test func clocks() {
    #expect(
      [0, 59.4, 60, 185, 3753, .infinity].map(StudyProgress.clock) == [
        "0 s", "59 s", "1:00", "3:05", "1:02:33", "long",
      ])
  }

  @Test func theTableIsAligned() {
    var snapshot = ProgressSnapshot()
    snapshot.total = 12
    snapshot.done = 3
    snapshot.failed = 1
    snapshot.rate = 2.5
    snapshot.secondsLeft = 200
    snapshot.running = [
      .init(worker: 1, run: "softmax, seed 0", stage: "train", note: "epoch 2/5", share: 0.42, seconds: 12),
      .init(worker: 2, run: "sigmoid, seed 10", stage: "probe mnist", note: "", share: nil, seconds: 100),
    ]
    #expect(
      StudyProgress.table(snapshot) == [
        "  1  softmax, seed 0   train       ####......  12 s     epoch 2/5",
        "  2  sigmoid, seed 10  probe mnist             1:40     ",
        "3 of 12 stages done, 1 failed  2.5 stages/min, about 3:20 left",
      ])
  }
}
