import Networks
import Testing

@testable import Training

@Suite struct StepBenchmarkTests {
  private func benchmark(batch: Int = 4, size: Int = 8, steps: Int = 3, threads: Int = 1) -> StepBenchmark {
    StepBenchmark(
      network: NetworkSpec(name: "resnet8", width: 16), batch: batch, size: size, precision: .bf16, threads: threads,
      steps: steps)
  }

  @Test func timesEachStep() throws {
    let result = try benchmark().run()
    #expect(result.seconds.count == 3 && result.seconds.allSatisfy { $0 > 0 })
    #expect(result.peakMemory.count == 2 && result.peakMemory[0] > 0 && result.peakMemory[1] >= result.peakMemory[0])
  }

  @Test func whatCannotBeMeasuredIsRefused() {
    for wrong in [
      benchmark(batch: 0), benchmark(size: -1), benchmark(steps: 0), benchmark(threads: 0),
      benchmark(batch: 1_000_000, size: 1_000_000), benchmark(size: 2),
    ] { #expect(throws: TrainingError.self) { try wrong.run() } }
  }
}
