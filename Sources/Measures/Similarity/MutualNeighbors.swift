import Features
import Torch

/// Mutual k-NN: the mean share of an example's k nearest neighbours, by cosine, that are the same in both layers (Huh and others
/// 2024, "The Platonic Representation Hypothesis").
///
/// Does not see rotations, reflections and each example's length; sees shifts. Chance is k / (n - 1), so values of different n or k
/// do not compare. Of equal similarities the lower example counts as nearer. Cost n^2 (d + e) operations in f32.
enum MutualNeighbors {
  /// The share, in 0...1; nil where an example is zero. k is below the number of examples.
  static func overlap(_ x: any RowSource, _ y: any RowSource, k: Int) throws -> Double? {
    guard let a = try UnitRows(x), let b = try UnitRows(y) else { return nil }
    let n = x.count
    var same = 0
    for start in stride(from: 0, to: n, by: 1024) {
      let range = start..<min(start + 1024, n)
      let (p, q) = (try nearest(a, range, n, k), try nearest(b, range, n, k))
      for row in 0..<range.count {
        same += Set(p[row * k..<(row + 1) * k]).intersection(q[row * k..<(row + 1) * k]).count
      }
    }
    return Double(same) / Double(n * k)
  }

  private static func nearest(_ unit: UnitRows, _ range: Range<Int>, _ n: Int, _ k: Int) throws -> [Int] {
    let queries = try unit.rows(range).to(.f32)
    let values = try Tensor.full([range.count, k], -.infinity)
    let indices = try Tensor.full([range.count, k], -1, type: .i64)
    for start in stride(from: 0, to: n, by: 4096) {
      let width = min(4096, n - start)
      let scores = try queries.matmul(unit.rows(start..<start + width).to(.f32).t())
      // An example is no neighbour of itself; NaN is never taken.
      let own = range.clamped(to: start..<start + width)
      if !own.isEmpty {
        try scores.narrow(0, own.lowerBound - range.lowerBound, own.count)
          .narrow(1, own.lowerBound - start, own.count).diagonal().fill(.nan)
      }
      try scores.mergeTopK(offset: start, values: values, indices: indices)
    }
    return try indices.ints()
  }
}
