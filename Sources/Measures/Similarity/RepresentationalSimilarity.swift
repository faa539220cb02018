import Features
import Torch

/// Representational similarity analysis: the correlation, over all pairs of examples, of the cosine distances in one layer with those in
/// the other (Kriegeskorte and others 2008).
///
/// Does not see rotations, reflections and each example's length; sees shifts. Cost n^2 (d + e) operations, by blocks, sums in double. Ranks
/// need all distances at once, so Spearman's correlation is of at most 5,000 examples, evenly spread.
enum RepresentationalSimilarity {
  /// Most examples that are ranked.
  static let mostRanked = 5000

  /// Pearson's and Spearman's correlation; nil where an example is zero or all distances are equal.
  static func correlations(
    _ x: any RowSource, _ y: any RowSource
  ) throws -> (pearson: Double, spearman: Double, ranked: Int)? {
    guard let a = try UnitRows(x), let b = try UnitRows(y) else { return nil }
    let n = x.count
    let size = 512
    let starts = Array(stride(from: 0, to: n, by: size))
    // About the first pair's distances, so that sums of near-equal distances keep their digits.
    let origin = (try a.distances(0..<1, 1..<2).item(), try b.distances(0..<1, 1..<2).item())
    var sums = (a: 0.0, b: 0.0, aa: 0.0, bb: 0.0, ab: 0.0)
    for first in starts {
      for second in starts where second >= first {
        let (rows, columns) = (first..<min(first + size, n), second..<min(second + size, n))
        var (p, q) = (try a.distances(rows, columns) - origin.0, try b.distances(rows, columns) - origin.1)
        let factor = first == second ? 0.5 : 1
        if first == second {
          let others = try 1 - Tensor.eye(rows.count, type: .f64)
          (p, q) = (try p * others, try q * others)
        }
        sums.a += factor * (try p.sum().item())
        sums.b += factor * (try q.sum().item())
        sums.aa += factor * (try p.square().sum().item())
        sums.bb += factor * (try q.square().sum().item())
        sums.ab += factor * (try (p * q).sum().item())
      }
    }
    let count = Double(n) * Double(n - 1) / 2
    guard let pearson = correlation(count, sums) else { return nil }
    let chosen = n <= mostRanked ? Array(0..<n) : (0..<mostRanked).map { $0 * n / mostRanked }
    guard let spearman = try rankCorrelation(a, b, chosen) else { return nil }
    return (pearson, spearman, chosen.count)
  }

  private static func correlation(
    _ n: Double, _ s: (a: Double, b: Double, aa: Double, bb: Double, ab: Double)
  ) -> Double? {
    let (va, vb) = (s.aa - s.a * s.a / n, s.bb - s.b * s.b / n)
    guard va > 1e-14 * s.aa, vb > 1e-14 * s.bb, va > 0, vb > 0 else { return nil }
    return min(max((s.ab - s.a * s.b / n) / (va.squareRoot() * vb.squareRoot()), -1), 1)
  }

  private static func rankCorrelation(_ a: UnitRows, _ b: UnitRows, _ chosen: [Int]) throws -> Double? {
    let (p, q) = (try ranks(a.upperDistances(chosen)), try ranks(b.upperDistances(chosen)))
    let middle = Double(p.count + 1) / 2
    var sums = (aa: 0.0, bb: 0.0, ab: 0.0)
    for (x, y) in zip(p, q) {
      let (u, v) = (x - middle, y - middle)
      sums.aa += u * u
      sums.bb += v * v
      sums.ab += u * v
    }
    guard sums.aa > 0, sums.bb > 0 else { return nil }
    return min(max(sums.ab / (sums.aa.squareRoot() * sums.bb.squareRoot()), -1), 1)
  }

  /// Ranks from 1; equal values share the mean of theirs.
  private static func ranks(_ values: Tensor) throws -> [Double] {
    let (sorted, order) = try values.sort(0)
    let (numbers, places) = (try sorted.doubles(), try order.ints())
    var ranks = [Double](repeating: 0, count: numbers.count)
    var start = 0
    while start < numbers.count {
      var end = start + 1
      while end < numbers.count, numbers[end] == numbers[start] { end += 1 }
      let rank = Double(start + 1 + end) / 2
      for place in start..<end { ranks[places[place]] = rank }
      start = end
    }
    return ranks
  }
}

/// Rows divided by their length.
struct UnitRows {
  let source: any RowSource
  private let unit: Tensor?

  /// Numbers that are kept in memory; more are read again for each block.
  private static let room = 1 << 28

  /// Nil where a row is zero.
  init?(_ source: any RowSource) throws {
    self.source = source
    var parts: [Tensor] = []
    let keeps = source.count * source.dimensions <= Self.room
    for range in source.blocks() {
      let rows = try source.rows(range).to(.f64)
      guard try rows.isAllFinite() else { throw try source.errorOfNotFinite() }
      let largest = try rows.abs().max([1])
      guard try largest.min([0]).item() > 0 else { return nil }
      if keeps { parts.append(try Self.unit(rows)) }
    }
    unit = keeps ? try Tensor.concat(parts) : nil
  }

  /// `range` of the rows [m, d] in double.
  func rows(_ range: Range<Int>) throws -> Tensor {
    if let unit { return try unit.narrow(0, range.lowerBound, range.count) }
    return try Self.unit(source.rows(range).to(.f64))
  }

  /// Cosine distances [rows, columns] in double.
  func distances(_ rows: Range<Int>, _ columns: Range<Int>) throws -> Tensor {
    try 1 - self.rows(rows).matmul(self.rows(columns).t())
  }

  /// The distances of all pairs of `chosen`, one after another.
  func upperDistances(_ chosen: [Int]) throws -> Tensor {
    let index = try Tensor(chosen)
    let rows =
      if let unit { try unit.indexSelect(0, index) } else {
        try Tensor.concat(chosen.map { try self.rows($0..<$0 + 1) })
      }
    let all = try 1 - rows.matmul(rows.t())
    return try Tensor.concat(
      chosen.indices.dropLast().map { try all.select(0, $0).narrow(0, $0 + 1, chosen.count - $0 - 1) })
  }

  /// Free of overflow and underflow in the squares.
  private static func unit(_ rows: Tensor) throws -> Tensor {
    let scaled = try rows / rows.abs().max([1], keep: true)
    return try scaled / scaled.norm(1, keep: true)
  }
}
