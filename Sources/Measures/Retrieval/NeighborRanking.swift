import Features
import Torch

/// Every example's nearest others by cosine, exactly and in one order.
///
/// Cosines are taken in double and counted in steps of 2^-40 (9e-13), a thousand times what rounding adds, so that examples that are
/// equally near by definition, as copies or multiples of one vector, are so here; of equally near ones the lower row comes first. A
/// cosine's steps and the row make one whole number, which decides everything: the largest are the nearest, whatever the blocks.
/// Cost 2 n d operations a query in double, and finding the largest of n. Memory: the unit vectors (2 GiB at most; more are
/// read again for every block of queries), and 200 MB.
struct NeighborRanking {
  /// Most examples: what 64 bits leave for a row beside a cosine's steps.
  static let limit = 1 << 22

  private let unit: UnitRows
  private let count: Int

  private static let queriesAtOnce = 512
  private static let rowsAtOnce = 1 << 13

  /// Nil where an example is zero. Throws for numbers that are not finite.
  init?(_ source: any RowSource) throws {
    guard source.count <= Self.limit else {
      throw MeasureError("features", found: "\(source.count) examples", expected: "at most \(Self.limit)")
    }
    for range in source.blocks() {
      guard try source.rows(range).isAllFinite() else { throw try source.errorOfNotFinite() }
    }
    guard let unit = try UnitRows(source) else { return nil }
    self.unit = unit
    count = source.count
  }

  /// Calls `body` with the place of each query in `queries` and its nearest others, nearest first, at least `depths` many (all of them
  /// where there are fewer). Queries come in any order.
  func forEach(
    of queries: [Int], depths: [Int], progress: (Double) -> Void, _ body: (Int, ArraySlice<Int>) -> Void
  ) throws {
    // Queries of like depth together: a block goes as deep as its deepest.
    let order = queries.indices.sorted { (depths[$0], queries[$0]) < (depths[$1], queries[$1]) }
    for start in stride(from: 0, to: order.count, by: Self.queriesAtOnce) {
      let block = order[start..<min(start + Self.queriesAtOnce, order.count)].sorted { queries[$0] < queries[$1] }
      let depth = min(block.map { depths[$0] }.max() ?? 0, count - 1)
      // One more, since an example is found among its own neighbours.
      let width = depth + 1
      let found = try keys(of: block.map { queries[$0] }, width).ints()
      for (row, place) in block.enumerated() {
        var nearest = found[row * width..<(row + 1) * width].map { Self.limit - 1 - $0 & (Self.limit - 1) }
        nearest.removeAll { $0 == queries[place] }
        body(place, nearest.prefix(depth))
      }
      progress(Double(start + block.count) / Double(order.count))
    }
  }

  /// The `width` largest numbers of each query, descending [queries, width] (i64).
  private func keys(of queries: [Int], _ width: Int) throws -> Tensor {
    let directions = try gather(queries) * 0x1p40
    let step = try Tensor.full([], Double(Self.limit), type: .i64)
    var best: Tensor?
    for start in stride(from: 0, to: count, by: Self.rowsAtOnce) {
      let range = start..<min(start + Self.rowsAtOnce, count)
      let cosines = try directions.matmul(unit.rows(range).t())
      let steps = try Tensor.call("aten::round", [.tensor(cosines)])[0].to(.i64)
      let own = try steps * step + Tensor(range.map { Self.limit - 1 - $0 })
      let all = try best.map { try Tensor.concat([$0, own], 1) } ?? own
      best = try all.topk(min(width, all.shape[1]), 1).values
    }
    return try best ?? Tensor.zeros([queries.count, 0], type: .i64)
  }

  /// The unit vectors of rows in ascending order [rows, d].
  private func gather(_ rows: [Int]) throws -> Tensor {
    var parts: [Tensor] = []
    var first = 0
    while first < rows.count {
      let start = rows[first] / Self.rowsAtOnce * Self.rowsAtOnce
      let end = min(start + Self.rowsAtOnce, count)
      let last = rows[first...].firstIndex { $0 >= end } ?? rows.count
      parts.append(try unit.rows(start..<end).indexSelect(0, Tensor(rows[first..<last].map { $0 - start })))
      first = last
    }
    return try Tensor.concat(parts)
  }
}
