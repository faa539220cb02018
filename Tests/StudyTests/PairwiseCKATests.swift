import Foundation
import Measures
import TestSupport
import Testing
import Torch

@testable import Study

@Suite struct PairwiseCKATests {
  /// Rows that depend on each other from layer to layer, with means far from 0.
  func layers(_ n: Int) throws -> [Tensor] {
    let x = try Tensor((0..<n * 12).map { Float(sin(Double($0 * $0 % 997))) }, shape: [n, 12])
    let y = try Tensor((0..<n * 5).map { Float(cos(Double($0 * 7 % 311))) }, shape: [n, 5])
    return [x, try x.relu() * 3 + 20, try Tensor.concat([y, x.narrow(1, 0, 4)], 1)]
  }

  @Test func isMinibatchCKA() throws {
    let layers = try layers(120)
    var options = CKA.Options()
    options.estimator = .minibatch
    options.batch = 40
    let expected = try CKA.compare(
      [layers.enumerated().map { try CKA.Layer(name: "\($0.offset)", $0.element) }], options)
    var tally = try PairwiseCKA(layers: layers.count)
    for start in [0, 40, 80] {
      try tally.add(layers.map { try PairwiseCKA.kernel($0.narrow(0, start, 40)) })
    }
    let table = try tally.table()
    for (row, line) in expected.pairs[0].cka.enumerated() {
      for (column, value) in line.enumerated() {
        #expect(abs((table[row][column] ?? .nan) - (value ?? 0)) < 1e-5, "\(row) \(column)")
      }
    }
    #expect(abs((table[1][1] ?? 0) - 1) < 1e-12)
  }

  @Test func constantLayersHaveNone() throws {
    var tally = try PairwiseCKA(layers: 2)
    try tally.add([
      try PairwiseCKA.kernel(try layers(20)[0]), try PairwiseCKA.kernel(try Tensor.full([20, 3], 7)),
    ])
    #expect(try tally.table()[0][1] == nil && tally.table()[1][1] == nil && tally.table()[0][0] != nil)
  }

  @Test func batchesFit() {
    #expect(PairwiseCKA.batch(layers: 60, images: 1000) == 250)
    #expect(PairwiseCKA.batch(layers: 1200, images: 1000) == 167)
    #expect(PairwiseCKA.batch(layers: 100_000, images: 1000) == 50)
    #expect(PairwiseCKA.batch(layers: 60, images: 30) == 30)
  }
}
