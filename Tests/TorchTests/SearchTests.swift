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
        offset: start, ordered: start + block >= columns || start % 2 == 0, values: values, indices: indices)
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

  /// Products of whole numbers, which f32 has exactly, with many ties, in two parts with and without bias, against a sort of all.
  @Test(arguments: [(1, false), (60, true), (60, false), (150, true)], [(5, 31), (300, 700)])
  func panelsEqualSortingAll(queries: (Int, Bool), rows: (Int, Int)) throws {
    let ((queries, isBiased), (d, n), k) = (queries, rows, 40)
    func numbers(_ stream: UInt64, _ count: Int) -> [Double] {
      (0..<count).map { (counterUniform(stream, $0) * 5).rounded(.down) - 2 }
    }
    func panels(_ x: Tensor) throws -> Tensor { try x.panels(minus: .zeros([d], type: .f64)).panels }
    let q = try Tensor(numbers(1, queries * d), shape: [queries, d])
    let x = try Tensor(numbers(2, n * d), shape: [n, d])
    let bias = try Tensor(numbers(3, n))
    let values = try Tensor.full([queries, k], -.infinity)
    let indices = try Tensor.full([queries, k], -1, type: .i64)
    for part in [0..<20, 20..<n] {
      try panels(q.to(.f32)).mergePanels(
        panels(x.narrow(0, part.lowerBound, part.count).to(.f32)), count: part.count,
        bias: isBiased ? bias.narrow(0, part.lowerBound, part.count).to(.f32) : nil, offset: part.lowerBound,
        values: values, indices: indices)
    }
    let products = try q.matmul(x.t())
    let scores = try (isBiased ? products + bias : products).doubles()
    let (foundValues, foundIndices) = (try values.to(.f64).doubles(), try indices.ints())
    for query in 0..<queries {
      let line = Array(scores[query * n..<(query + 1) * n])
      let best = line.indices.sorted { (-line[$0], $0) < (-line[$1], $1) }.prefix(k)
      let found = (0..<k).map { (foundIndices[query * k + $0], foundValues[query * k + $0]) }.filter { $0.0 >= 0 }
      #expect(found.map(\.0).sorted() == best.sorted() && found.allSatisfy { line[$0.0] == $0.1 })
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

  /// Exact scores of some candidates, against their definition; equal ones by index, a zero vector at cosine 0.
  @Test(arguments: [false, true], [ElementType.f32, .f64]) func rescoresCandidates(euclidean: Bool, type: ElementType)
    throws
  {
    let (n, q, d, m, k) = (30, 5, 19, 12, 7)
    var values = counterNumbers(1, n * d)
    for i in 0..<d { values[4 * d + i] = 0 }
    for i in 0..<d { values[9 * d + i] = values[6 * d + i] }  // equal rows
    let base = try Tensor(values, shape: [n, d]).to(type)
    let queries = try Tensor(counterNumbers(2, q * d), shape: [q, d]).to(type)
    var places: [Int] = []
    for query in 0..<q { for place in 0..<m { places.append((place * 3 + query) % n) } }
    let candidates = try Tensor(places, shape: [q, m])
    let all = try Tensor.full([q, m], -.infinity, type: .f64)
    for (offset, count) in [(0, 11), (11, n - 11)] {
      let part = try base.narrow(0, offset, count)
      try part.scoreCandidates(
        candidates, offset: offset, norms: part.rowNorms(), queries: queries, queryNorms: queries.rowNorms(),
        euclidean: euclidean, into: all)
    }
    let (scores, indices) = try all.bestCandidates(candidates, k: k)
    let (x, y) = (try base.doubles(), try queries.doubles())
    let (found, order) = (try scores.doubles(), try indices.ints())
    func score(_ row: Int, _ query: Int) -> Double {
      var (dot, gap, length, other) = (0.0, 0.0, 0.0, 0.0)
      for i in 0..<d {
        let (a, b) = (x[row * d + i], y[query * d + i])
        dot += a * b
        gap += (a - b) * (a - b)
        length += a * a
        other += b * b
      }
      if euclidean { return -gap.squareRoot() }
      return length == 0 ? 0 : dot / (length.squareRoot() * other.squareRoot())
    }
    for query in 0..<q {
      let all = places[query * m..<(query + 1) * m].map { (score: score($0, query), row: $0) }
      let ranked = all.sorted { abs($0.score - $1.score) > 1e-13 ? $0.score > $1.score : $0.row < $1.row }
      let known = ranked.prefix(k)
      #expect(Array(order[query * k..<(query + 1) * k]) == known.map(\.row))
      for (a, b) in zip(found[query * k..<(query + 1) * k], known) { #expect(abs(a - b.score) < 1e-12) }
    }
  }
}
