import Features
import Foundation
import TestSupport
import Testing
import Torch

@testable import Measures

@Suite struct CollapseTests {
  private func values(_ r: CollapseResult) -> [String: Double?] {
    [
      "nc1": r.nc1, "separation": r.separation, "nc2_equinorm": r.nc2Equinorm, "nc2_equiangle": r.nc2Equiangle,
      "nc3": r.nc3,
      "nc4": r.nc4, "cdnv": r.cdnv, "vci": r.vci,
    ]
  }

  private func array(_ name: String) throws -> Tensor {
    try FeatureSet(reading: [fixture("collapse.\(name).npy")]).layer().allRows()
  }

  @Test func equalsTheDefinition() throws {
    let set = try FeatureSet(reading: [fixture("collapse.x.npy")], labels: [fixture("collapse.y.npy")])
    let head = Collapse.Head(weight: try array("weight"), bias: try array("bias").squeeze(1))
    let result = try Collapse.measure(set.layer(), labels: set.requireLabels(), head: head)
    let expected = try #require(SimilarityFixture().expected["collapse"] as? [String: Double])
    #expect(result.reasons.isEmpty && expected.count == 8)
    for (name, value) in values(result) { #expect(agree(value, expected[name], 1e-6), "\(name)") }
    // Nothing here sees a rotation, a shift or a common factor.
    let square = try Tensor(counterNumbers(3, 100), shape: [10, 10])
    let rotation = try square.t().matmul(square).eigh().vectors
    let moved = try set.layer().allRows().to(.f64).matmul(rotation) * 50 + 7
    let same = try Collapse.measure(TensorRows(moved), labels: set.requireLabels())
    for (name, value) in values(same) where !name.hasPrefix("nc3") && name != "nc4" {
      #expect(agree(value, expected[name], 1e-6), "\(name)")
    }
    #expect(same.nc3 == nil && same.reasons["nc4"]?.contains("--weights") == true)
  }

  /// Four classes at the corners of a tetrahedron, every example on its corner, the head along them.
  @Test func fullCollapse() throws {
    let corners: [Double] = [1, 1, 1, 1, -1, -1, -1, 1, -1, -1, -1, 1]
    let labels = (0..<20).map { $0 % 4 }
    let x = try Tensor(labels.flatMap { corners[3 * $0..<3 * $0 + 3] }, shape: [20, 3])
    let head = Collapse.Head(weight: try Tensor(corners, shape: [4, 3]) * 3, bias: nil)
    let result = try Collapse.measure(TensorRows(x), labels: labels, head: head)
    for (name, value) in values(result) { #expect(agree(value, 0, 1e-7), "\(name)") }
  }

  @Test func whatIsUndefinedIsSaid() throws {
    let x = try TensorRows(Tensor(counterNumbers(1, 40), shape: [10, 4]))
    let one = try Collapse.measure(x, labels: [Int](repeating: 5, count: 10))
    #expect(one.nc1 == nil && one.reasons["nc1"] == "there is one class")
    let flat = try Collapse.measure(TensorRows(Tensor.ones([10, 4])), labels: (0..<10).map { $0 % 2 })
    #expect(flat.vci == nil && flat.reasons["vci"] == "all class means coincide")
    // Two classes with one mean, a third elsewhere.
    let y = try Tensor([1, 0, -1, 0, 0, 1, 0, -1, 5, 5, 6, 6] as [Double], shape: [6, 2])
    let pair = try Collapse.measure(TensorRows(y), labels: [0, 0, 1, 1, 2, 2])
    #expect(pair.cdnv == nil && pair.reasons["cdnv"]?.contains("classes 0 and 1") == true && pair.nc1 != nil)
    // An example a class has no variance, so nothing lies within.
    let single = try Collapse.measure(x, labels: Array(0..<10))
    #expect(agree(single.nc1, 0, 1e-9) && agree(single.cdnv, 0, 1e-9))
  }

  @Test func badInputIsRefused() throws {
    let x = try TensorRows(Tensor(counterNumbers(1, 40), shape: [10, 4]))
    let labels = (0..<10).map { $0 % 2 }
    #expect(throws: MeasureError.self) { try Collapse.measure(x, labels: [1, 2]) }
    #expect(throws: MeasureError.self) {
      try Collapse.measure(x, labels: labels, head: .init(weight: Tensor.ones([2, 5]), bias: nil))
    }
    #expect(throws: MeasureError.self) {
      try Collapse.measure(x, labels: labels, head: .init(weight: Tensor.ones([1, 4]), bias: nil))
    }
    #expect(throws: MeasureError.self) {
      try Collapse.measure(x, labels: labels, head: .init(weight: Tensor.ones([2, 4]), bias: Tensor.ones([3])))
    }
  }
}
