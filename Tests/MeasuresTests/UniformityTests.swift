import Features
import Foundation
import TestSupport
import Testing
import Torch

@testable import Measures

@Suite struct UniformityTests {
  @Test func equalsTheDefinition() throws {
    let set = try FeatureSet(reading: [fixture("collapse.x.npy")], labels: [fixture("collapse.y.npy")])
    let expected = try #require(SimilarityFixture().expected["uniformity"] as? [String: Double])
    let result = try Uniformity.measure(set.layer(), labels: set.requireLabels())
    #expect(
      agree(result.alignment, expected["alignment"], 1e-6) && agree(result.uniformity, expected["uniformity"], 1e-6))
    #expect(result.reasons.isEmpty)
  }

  /// Several blocks against whole matrices in f64.
  @Test func blocksAddUp() throws {
    let n = 2500
    let x = try Tensor(counterNumbers(1, n * 5), shape: [n, 5])
    let unit = try x / x.norm(1, keep: true)
    let terms = try ((unit.matmul(unit.t()) * 4) - 4).exp()
    let wanted = log((try terms.sum().item() - Double(n)) / Double(n * (n - 1)))
    #expect(try agree(Uniformity.measure(TensorRows(x.to(.f32))).uniformity, wanted, 1e-6))
  }

  /// Two opposite points, each twice.
  @Test func closedForm() throws {
    let x = try TensorRows(Tensor([1, 0, 3, 0, -1, 0, -2, 0] as [Double], shape: [4, 2]))
    let result = try Uniformity.measure(x, labels: [0, 0, 1, 1])
    #expect(agree(result.alignment, 0, 1e-12) && agree(result.uniformity, log((2 + 4 * exp(-8)) / 6), 1e-6))
    let mixed = try Uniformity.measure(x, labels: [0, 1, 0, 1])
    #expect(agree(mixed.alignment, 4, 1e-12))
  }

  @Test func whatIsUndefinedIsSaid() throws {
    let x = try Tensor(counterNumbers(1, 12), shape: [4, 3])
    let bare = try Uniformity.measure(TensorRows(x))
    #expect(bare.alignment == nil && bare.reasons["alignment"] == "needs labels" && bare.uniformity != nil)
    let single = try Uniformity.measure(TensorRows(x), labels: [0, 0, 0, 1])
    #expect(single.alignment == nil && single.reasons["alignment"]?.contains("one example") == true)
    let zero = try Uniformity.measure(TensorRows(Tensor.zeros([4, 3])))
    #expect(zero.uniformity == nil && zero.reasons["uniformity"]?.contains("zero") == true)
    #expect(throws: MeasureError.self) { try Uniformity.measure(TensorRows(Tensor.ones([1, 3]))) }
  }
}
