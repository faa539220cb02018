import Foundation
import Testing

@Suite struct MemoryTests {
  /// What steps leave free serves the next: after the second step memory grows no more.
  @Test(arguments: ["f32", "bf16"]) func trainingStaysFlat(precision: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    let result = try tool.run(
      "bench", "train", "--network", "resnet20", "--batch", "64", "--steps", "40", "--precision", precision, "--json")
    let peaks = try #require(result.json["peak_memory_bytes"] as? [Int], "\(result.errors)")
    #expect(peaks.count == 2 && peaks[0] > 50 << 20)
    #expect(Double(peaks[1]) <= Double(peaks[0]) * 1.02, "\(peaks)")
  }
}
