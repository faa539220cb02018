import Features
import Torch

/// Angles between all pairs of examples, for class separation: they have no form in sums. Examples go in the order of their class, so that
/// pairs of one class lie together, and a pair of an example with itself is left out, so it is exactly 0.
///
/// Up to `exactLimit` operations all is in double. Beyond, products are in f32: of examples of a class less its mean, of the others less the
/// mean of all, so that close examples keep their distance; those at less than a hundredth of their distance from the mean, and nearly
/// opposite ones, are taken from the vectors themselves, in double. Cost n^2 d; memory n d numbers in f32, twice.
struct AnglePairs<Source: RowSource> {
  let rows: Rows<Source>
  var exactLimit = 0x1p34

  private var classes: Classes { rows.classes }

  init(_ rows: Rows<Source>) { self.rows = rows }

  func entry() throws -> SeparationResult.Entry {
    let n = Double(classes.indices.count)
    let (inside, across) =
      n * n * Double(rows.source.dimensions) <= exactLimit ? try double() : try single()
    let count = Double(classes.count)
    // Each pair of different examples once, so twice for both orders.
    let within = zip(inside, classes.sizes).map { 2 * $0 / (Double($1) * Double($1)) }
    let debiased = zip(inside, classes.sizes).map { 2 * $0 / (Double($1) * Double($1 - 1)) }
    let total = 2 * across / (count * count) + within.reduce(0, +) / (count * count)
    return SeparationResult.Entry(within: within, debiased: debiased, total: total, classes: classes, rounding: 1e-7)
  }

  /// Examples by class, and the first of each class.
  private func order() -> (order: [Int], starts: [Int]) {
    var starts = [0]
    for size in classes.sizes { starts.append(starts[starts.count - 1] + size) }
    var next = starts
    var order = [Int](repeating: 0, count: classes.indices.count)
    for (place, index) in classes.indices.enumerated() {
      order[next[index]] = place
      next[index] += 1
    }
    return (order, starts)
  }

  /// Sums of the angles within each class, and between examples of different classes weighed by 1/(n_k n_l).
  private func double() throws -> (inside: [Double], across: Double) {
    let (order, starts) = order()
    let unit = try rows.all().indexSelect(0, Tensor(order))
    var inside = [Double](repeating: 0, count: classes.count)
    var across = 0.0
    func angles(_ a: Tensor, _ b: Tensor) throws -> Tensor { try a.matmul(b.t()).clamp(-1, 1).acos() }
    for k in 0..<classes.count {
      for first in stride(from: starts[k], to: starts[k + 1], by: 1024) {
        let height = min(1024, starts[k + 1] - first)
        let upper = try unit.narrow(0, first, height)
        let own = try angles(upper, upper) * (1 - Tensor.eye(height, type: .f64))
        inside[k] += try own.sum().item() / 2
        for second in stride(from: first + height, to: order.count, by: 1024) {
          let width = min(1024, order.count - second)
          let all = try angles(upper, unit.narrow(0, second, width)).sum([0]).doubles()
          for (column, sum) in all.enumerated() {
            let of = classes.indices[order[second + column]]
            if of == k { inside[k] += sum } else { across += sum / Double(classes.sizes[k] * classes.sizes[of]) }
          }
        }
      }
    }
    return (inside, across)
  }

  private func single() throws -> (inside: [Double], across: Double) {
    let (order, starts) = order()
    let unit = try rows.allSingle().indexSelect(0, Tensor(order))
    let sorted = order.map { classes.indices[$0] }
    let size = 2048

    func part(_ first: Int, _ count: Int, _ shift: Tensor, _ weights: [Double]) throws -> Tensor.UnitRows {
      try Tensor.UnitRows(
        rows: unit.narrow(0, first, count), shift: shift, weights: Tensor(weights),
        classes: Tensor(Array(sorted[first..<first + count])))
    }

    var means: [Tensor] = []
    var inside = [Double](repeating: 0, count: classes.count)
    for k in 0..<classes.count {
      let mean = try unit.narrow(0, starts[k], classes.sizes[k]).columnSums() / Double(classes.sizes[k])
      means.append(mean)
      let parts = try stride(from: starts[k], to: starts[k + 1], by: size).map { first in
        let count = min(size, starts[k + 1] - first)
        return try part(first, count, mean, [Double](repeating: 1, count: count))
      }
      for a in parts.indices {
        try Tensor.addAngles(parts[a], within: true, to: &inside[k])
        for b in parts.indices where b > a { try Tensor.addAngles(parts[a], parts[b], within: true, to: &inside[k]) }
      }
    }
    let center = try Tensor.stack(means, 0).mean([0])
    let starting = Array(stride(from: 0, to: sorted.count, by: size))
    let parts = try starting.map { first in
      let own = sorted[first..<min(first + size, sorted.count)]
      return try part(first, own.count, center, own.map { 1 / Double(classes.sizes[$0]) })
    }
    var across = 0.0
    for a in parts.indices {
      let last = sorted[min(starting[a] + size, sorted.count) - 1]
      for b in parts.indices where b >= a {
        // Blocks of one class hold nothing of others.
        let end = sorted[min(starting[b] + size, sorted.count) - 1]
        if sorted[starting[a]] == end && last == end { continue }
        try Tensor.addAngles(parts[a], b == a ? nil : parts[b], within: false, to: &across)
      }
    }
    return (inside, across)
  }
}
