import Foundation
import Testing

@testable import Training

@Suite struct ScheduleTests {
  private func schedule(_ decay: Decay, epochs: Int = 8, warmup: Double = 2, steps: Int = 10) -> Schedule {
    var options = TrainingOptions()
    options.epochs = epochs
    options.learningRate = 0.4
    options.warmup = warmup
    options.decay = decay
    return Schedule(options, stepsPerEpoch: steps)
  }

  @Test(arguments: Decay.allCases) func warmsUpInAStraightLine(decay: Decay) {
    let schedule = schedule(decay)
    for step in 0..<20 { #expect(abs(schedule.rate(step: step) - 0.4 * Double(step + 1) / 20) < 1e-15) }
  }

  @Test func cosineFallsToZero() {
    let schedule = schedule(.cosine)
    #expect(abs(schedule.rate(step: 20) - 0.4) < 1e-15)
    #expect(abs(schedule.rate(step: 50) - 0.2) < 1e-15)  // half of the way from step 20 to step 80
    #expect(abs(schedule.rate(step: 35) - 0.2 * (1 + 0.5.squareRoot())) < 1e-15)
    #expect(schedule.rate(step: 79) > 0 && schedule.rate(step: 79) < 0.001)
    #expect((20..<79).allSatisfy { schedule.rate(step: $0) > schedule.rate(step: $0 + 1) })
  }

  @Test func exponentialFallsOnceAnEpoch() {
    let schedule = schedule(.exponential)
    #expect((20..<30).allSatisfy { schedule.rate(step: $0) == 0.4 })
    #expect((30..<40).allSatisfy { abs(schedule.rate(step: $0) - 0.39) < 1e-15 })
    #expect(abs(schedule.rate(step: 75) - 0.4 * pow(0.975, 5)) < 1e-15)
  }

  @Test func stepFallsTwice() {
    let schedule = schedule(.step)
    #expect(schedule.rate(step: 39) == 0.4 && schedule.rate(step: 40) == 0.04)
    #expect(schedule.rate(step: 59) == 0.04 && abs(schedule.rate(step: 60) - 0.004) < 1e-17)
  }

  @Test func constantStays() {
    #expect((20..<80).allSatisfy { schedule(.constant).rate(step: $0) == 0.4 })
  }

  @Test(arguments: Decay.allCases) func noWarmUpAndAllWarmUp(decay: Decay) {
    #expect(schedule(decay, warmup: 0).rate(step: 0) == 0.4)
    let all = schedule(decay, warmup: 8)
    #expect((0..<80).allSatisfy { all.rate(step: $0).isFinite && all.rate(step: $0) > 0 })
    let part = schedule(decay, warmup: 0.25, steps: 10)  // 2.5 steps: the third is the last below
    #expect(
      (0..<3).map { part.rate(step: $0) }.elementsEqual([0.4 / 3, 0.8 / 3, 0.4]) { abs($0 - $1) < 1e-15 })
  }

  @Test func theAverageForgetsItsStart() {
    #expect(Schedule.averageDecay(0.999, step: 0) == 0.1)
    #expect(Schedule.averageDecay(0.999, step: 90) == 0.91)
    #expect(Schedule.averageDecay(0.999, step: 1_000_000) == 0.999)
    #expect(Schedule.averageDecay(0, step: 50) == 0)
  }

  @Test func intervalsAreRead() {
    #expect(CheckpointInterval(parsing: "30") == .seconds(30))
    #expect(CheckpointInterval(parsing: "0.5s") == .seconds(0.5))
    #expect(CheckpointInterval(parsing: "20steps") == .steps(20))
    for text in ["", "steps", "0steps", "-1", "1.5steps", "inf", "nan", "many"] {
      #expect(CheckpointInterval(parsing: text) == nil, "\(text)")
    }
  }
}
