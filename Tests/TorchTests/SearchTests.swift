import TestSupport
import Testing
import Torch

@Suite struct SearchTests {
  /// Scores with many ties, merged in blocks, against a sort of all by (score descending, index ascending).
  @Test(arguments: [1, 3, 10, 64], [1, 7, 50])
  func mergeEqualsSortingAll(k: Int, block: Int) throws {
    let (rows, columns) = (9, 50)
    let scores = (0..<rows * columns).map { Float((counterUniform(UInt64(k), $0) * 12).rounded(.down) - 4) }
    let values = try Tensor.full([rows, k], -.infinity)
    let indices = try Tensor.full([rows, k], -1, type: .i64)
    let all = try Tensor(scores, shape: [rows, columns])
    for start in stride(from: 0, to: columns, by: block) {
      try all.narrow(1, start, min(block, columns - start)).mergeTopK(
        offset: start, values: values, indices: indices)
    }
    let (foundValues, foundIndices) = (try values.floats(), try indices.ints())
    for row in 0..<rows {
      let line = Array(scores[row * columns..<(row + 1) * columns])
      let best = line.indices.sorted { (-line[$0], $0) < (-line[$1], $1) }.prefix(k)
      let expected = Array(best) + Array(repeating: -1, count: k - best.count)
      #expect(Array(foundIndices[row * k..<(row + 1) * k]) == expected)
      let shown = best.map { line[$0] } + Array(repeating: -.infinity, count: k - best.count)
      #expect(Array(foundValues[row * k..<(row + 1) * k]) == shown)
    }
  }

  @Test func minusInfinityIsACandidateAndNaNIsNone() throws {
    let values = try Tensor.full([1, 3], -.infinity)
    let indices = try Tensor.full([1, 3], -1, type: .i64)
    try Tensor([.nan, -.infinity, 2, .nan] as [Float], shape: [1, 4]).mergeTopK(
      offset: 10, values: values, indices: indices)
    #expect(try indices.ints() == [12, 11, -1])
    try Tensor([.nan, 1, 3, .nan] as [Float], shape: [1, 4]).mergeTopK(
      offset: 20, values: values, indices: indices)
    #expect(try indices.ints() == [22, 12, 21])
    #expect(try values.floats() == [3, 2, 1])
  }
}
