import Features
import Foundation
import TestSupport
import Testing
import Torch

@testable import Measures

@Suite struct SimilarityTests {
  @Test func equalsTheDefinition() throws {
    let files = try SimilarityFixture()
    var found: [String: [Double]] = [:]
    for a in files.a.layers {
      for b in files.b.layers {
        let result = try Similarity.compare(a, b)
        #expect(result.n == 48 && result.reasons.isEmpty && result.rsaSpearmanExamples == 48)
        for (name, value) in [
          ("procrustes", result.procrustes), ("rsa_pearson", result.rsa), ("rsa_spearman", result.rsaSpearman),
          ("mutual_knn", result.mutualKNN), ("svcca", result.svcca),
        ] { found[name, default: []].append(value ?? .nan) }
      }
    }
    for (name, values) in found {
      let wanted = try files.table(files.expected[name])
      #expect(relativeGap(values, wanted) <= 1e-6, "\(name)")
    }
  }

  private func random(_ stream: UInt64, _ n: Int, _ d: Int) throws -> Tensor {
    try Tensor(counterNumbers(stream, n * d), shape: [n, d])
  }

  /// What each measure does not see, and what it does.
  @Test func invariances() throws {
    let n = 700  // several blocks
    let x = try random(1, n, 6)
    let y = try x.matmul(random(2, 6, 5)) + random(3, n, 5) * 0.3
    let square = try random(4, 5, 5)
    let rotation = try square.t().matmul(square).eigh().vectors
    func values(_ z: Tensor) throws -> SimilarityResult { try Similarity.compare(TensorRows(x), TensorRows(z)) }
    let plain = try values(y)
    func same(_ a: Double?, _ b: Double?) throws -> Bool { try abs(#require(a) - #require(b)) <= 1e-6 }
    let rotated = try values(y.matmul(rotation))
    #expect(
      try same(rotated.procrustes, plain.procrustes) && same(rotated.rsa, plain.rsa)
        && same(rotated.rsaSpearman, plain.rsaSpearman))
    #expect(try same(rotated.mutualKNN, plain.mutualKNN) && same(rotated.svcca, plain.svcca))
    let moved = try values(y * 1000 + 3)
    #expect(try same(moved.procrustes, plain.procrustes) && same(moved.svcca, plain.svcca))
    #expect(try !same(moved.rsa, plain.rsa))
    let stretched = try values(y * Tensor([0.1, 1, 3, 0.5, 2] as [Double]))
    #expect(try !same(stretched.procrustes, plain.procrustes) && !same(stretched.rsa, plain.rsa))
    let longer = try values(y * (random(6, n, 1).abs() + 0.1))
    #expect(try same(longer.rsa, plain.rsa) && same(longer.mutualKNN, plain.mutualKNN))
    let alone = try values(x)
    #expect(
      try same(alone.procrustes, 0) && same(alone.rsa, 1) && same(alone.rsaSpearman, 1) && alone.mutualKNN == 1
        && same(alone.svcca, 1))
    // All directions kept, any invertible map is unseen.
    var all = Similarity.Options()
    all.variance = 1
    let (whole, mapped) = (
      try Similarity.compare(TensorRows(x), TensorRows(y), all),
      try Similarity.compare(TensorRows(x), TensorRows(y.matmul(square)), all)
    )
    #expect(try same(whole.svcca, mapped.svcca))
  }

  @Test func tiesShareTheirRank() throws {
    // Distances of four unit vectors on the axes: all 1; nothing to correlate.
    let axes = try Tensor.eye(4, type: .f64)
    let result = try Similarity.compare(TensorRows(axes), TensorRows(random(1, 4, 3)))
    #expect(result.rsa == nil && result.reasons["rsa"]?.contains("equal") == true)
    let json = String(decoding: try JSONEncoder().encode(result), as: UTF8.self)
    #expect(json.contains("\"rsa\":null"))
  }

  @Test func zeroAndConstantFeaturesHaveNoAnswer() throws {
    let x = try random(1, 10, 3)
    let constant = try Similarity.compare(TensorRows(x), TensorRows(Tensor.ones([10, 2], type: .f64)))
    #expect(constant.procrustes == nil && constant.svcca == nil && constant.rsa == nil && constant.mutualKNN != nil)
    let zero = try Similarity.compare(TensorRows(x), TensorRows(Tensor.zeros([10, 2])))
    #expect(zero.mutualKNN == nil && zero.reasons["mutual_knn"]?.contains("zero") == true)
  }

  @Test func badInputIsRefused() throws {
    let x = try TensorRows(random(1, 10, 3))
    #expect(throws: MeasureError.self) { try Similarity.compare(x, TensorRows(random(1, 9, 3))) }
    #expect(throws: MeasureError.self) {
      try Similarity.compare(TensorRows(random(1, 2, 3)), TensorRows(random(1, 2, 3)))
    }
    var options = Similarity.Options()
    options.neighbors = 0
    #expect(throws: MeasureError.self) { try Similarity.compare(x, x, options) }
  }
}
