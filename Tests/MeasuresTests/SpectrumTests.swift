import Features
import Foundation
import TestSupport
import Testing
import Torch

@testable import Measures

@Suite struct SpectrumTests {
  @Test func equalsTheDefinition() throws {
    let files = try SimilarityFixture()
    let expected = try #require(files.expected["spectrum"] as? [String: [String: Any]])
    for layer in files.a.layers + files.b.layers {
      let result = try Spectrum.measure(layer)
      let wanted = try #require(expected[layer.name])
      #expect(
        relativeGap(result.singularValues, try #require(wanted["singular_values"] as? [Double])) <= 1e-6,
        "\(layer.name)")
      #expect(agree(result.participationRatio, wanted["participation_ratio"] as? Double, 1e-6))
      #expect(agree(result.effectiveRank, wanted["effective_rank"] as? Double, 1e-6))
      #expect(agree(result.rankMe, wanted["rankme"] as? Double, 1e-6))
    }
  }

  /// Cosines of different frequencies [n, lengths.count]: orthogonal columns of mean 0 and length sqrt(n / 2) times `lengths`.
  private func waves(_ n: Int, _ lengths: [Double]) -> [Double] {
    var values: [Double] = []
    for row in 0..<n {
      for (place, length) in lengths.enumerated() {
        let phase = Double((place + 1) * (2 * row + 1)) / Double(2 * n)
        values.append(length * cos(Double.pi * phase))
      }
    }
    return values
  }

  /// Orthogonal columns of known lengths, with mean 0: everything is known.
  @Test func closedForm() throws {
    let n = 64
    let lengths = [8.0, 4, 2, 1]
    let values = waves(n, lengths)
    let result = try Spectrum.measure(TensorRows(Tensor(values, shape: [n, 4])))
    let s = lengths.map { $0 * (Double(n) / 2).squareRoot() }
    #expect(relativeGap(result.singularValues, s) <= 1e-12)
    #expect(agree(result.participationRatio, 85 * 85 / (4096 + 256 + 16 + 1), 1e-12))
    let shares = lengths.map { $0 / 15 }
    #expect(agree(result.effectiveRank, exp(-shares.reduce(0) { $0 + $1 * log($1) }), 1e-12))
    #expect(agree(result.rankMe, result.effectiveRank, 1e-9))
    #expect(result.alphaRanks == [1, 4])
  }

  /// Eigenvalues j^-1.5 exactly.
  @Test func alphaOfAPowerLaw() throws {
    let (n, d) = (256, 100)
    let values = waves(n, (1...d).map { pow(Double($0), -0.75) })
    let features = try TensorRows(Tensor(values, shape: [n, d]))
    let result = try Spectrum.measure(features)
    #expect(agree(result.alpha, 1.5, 1e-9) && result.alphaRanks == [11, 100])
    #expect(try agree(Spectrum.measure(features, alphaRanks: 2...20).alpha, 1.5, 1e-9))
    #expect(throws: MeasureError.self) { try Spectrum.measure(features, alphaRanks: 1...101) }
  }

  @Test func constantFeatures() throws {
    let result = try Spectrum.measure(TensorRows(Tensor.full([9, 3], 4.7)))
    #expect(result.participationRatio == nil && result.effectiveRank == nil && result.alpha == nil)
    #expect(agree(result.rankMe, 1, 1e-5) && result.singularValues == [0, 0, 0])
    let zero = try Spectrum.measure(TensorRows(Tensor.zeros([9, 3])))
    #expect(zero.rankMe == nil && zero.reasons["rankme"] != nil)
    #expect(throws: MeasureError.self) { try Spectrum.measure(TensorRows(Tensor.ones([1, 3]))) }
  }

  @Test func sparsityCounts() throws {
    let x = try Tensor([0, 1, -2, 0, 0, 0, 3, -0.0] as [Float], shape: [2, 4])
    #expect(try Sparsity.measure(TensorRows(x), name: "relu") == .init(layer: "relu", nonzeroFraction: 3.0 / 8))
    #expect(try Sparsity.measure(TensorRows(x.to(.bf16))).nonzeroFraction == 3.0 / 8)
    #expect(throws: MeasureError.self) { try Sparsity.measure(TensorRows(Tensor([Float.nan, 0], shape: [1, 2]))) }
  }
}
