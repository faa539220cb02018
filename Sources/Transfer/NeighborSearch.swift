import Foundation
import Torch

/// Exact nearest neighbours. Tiles of single-precision products keep a running list of candidates, a few more than are
/// asked for; candidates are scored again in double precision from the features as they came and ordered by that score,
/// equal scores by the lower index. Where rounding could have kept a neighbour out of the candidates, the query's whole
/// row is scored in double.
struct NeighborSearch {
  /// Neighbours of each query, nearest first.
  struct Neighbors {
    let k: Int
    /// Row in the base [queries * k].
    var indices: [Int]
    /// cos(x, y), or -|x - y| [queries * k].
    var scores: [Double]
    /// Queries whose candidates did not suffice.
    var rescued = 0
  }

  let distance: KNNOptions.Distance
  private let base: ExactScores
  private let tiles: [(offset: Int, matrix: Tensor, bias: Tensor?)]  // [d, m] f32, [m]
  private let center: Tensor?
  private let largestNorm: Double
  let count, dimensions: Int

  /// Prepares to search `features` [n, d].
  init(_ features: Tensor, distance: KNNOptions.Distance) throws {
    self.distance = distance
    (count, dimensions) = (features.shape[0], features.shape[1])
    base = try ExactScores(features)
    center = distance == .euclidean ? try features.to(.f64).mean([0]) : nil
    let size = 8192
    var tiles: [(offset: Int, matrix: Tensor, bias: Tensor?)] = []
    var largest = 0.0
    for start in stride(from: 0, to: count, by: size) {
      let rows = try features.narrow(0, start, min(size, count - start))
      let ready = try Self.prepared(rows, distance, center)
      let squares = try ready.to(.f64).square().sum([1])
      largest = max(largest, try squares.max().item())
      tiles.append(
        (start, try ready.t(), distance == .euclidean ? try (squares * -0.5).to(.f32) : nil))
    }
    self.tiles = tiles
    largestNorm = largest.squareRoot()
  }

  /// Unit vectors for the cosine, centred ones for the Euclidean distance, in f32.
  private static func prepared(
    _ rows: Tensor, _ distance: KNNOptions.Distance, _ center: Tensor?
  ) throws -> Tensor {
    let values = try rows.to(.f64)
    if let center { return try (values - center).to(.f32) }
    let largest = try values.abs().max([1], keep: true).clamp(.leastNormalMagnitude, .infinity)
    let scaled = try values / largest
    return try (scaled / scaled.norm(1, keep: true).clamp(1e-12, .infinity)).to(.f32)
  }

  /// The `k` nearest of every row of `queries` [q, d].
  func nearest(_ k: Int, of queries: Tensor) throws -> Neighbors {
    let total = queries.shape[0]
    var result = Neighbors(k: k, indices: [], scores: [])
    result.indices.reserveCapacity(total * k)
    result.scores.reserveCapacity(total * k)
    let exact = try ExactScores(queries)
    let candidates = min(count, k + max(8, k / 8))
    for start in stride(from: 0, to: total, by: 512) {
      let block = try queries.narrow(0, start, min(512, total - start))
      let ready = try Self.prepared(block, distance, center)
      let height = block.shape[0]
      let values = try Tensor.full([height, candidates], -.infinity)
      let indices = try Tensor.full([height, candidates], -1, type: .i64)
      for tile in tiles {
        var scores = try ready.matmul(tile.matrix)
        if let bias = tile.bias { scores = try scores + bias }
        try scores.mergeTopK(offset: tile.offset, values: values, indices: indices)
      }
      let rough = try values.floats()
      let found = try indices.ints()
      let norms = try ready.to(.f64).square().sum([1]).sqrt().doubles()
      for row in 0..<height {
        let range = row * candidates..<(row + 1) * candidates
        let query = start + row
        var ranked = order(
          found[range].map { (score: base.score($0, exact, query, distance), index: $0) })
        if candidates < count {
          // What was left out scores at most the last candidate's rough score, give or take rounding.
          let bound = Double(rough[range.upperBound - 1]) + rounding(norms[row])
          if roughScale(ranked[k - 1].score, norms[row]) <= bound {
            ranked = order((0..<count).map { (score: base.score($0, exact, query, distance), index: $0) })
            result.rescued += 1
          }
        }
        for neighbor in ranked.prefix(k) {
          result.indices.append(neighbor.index)
          result.scores.append(neighbor.score)
        }
      }
    }
    return result
  }

  private func order(_ candidates: [(score: Double, index: Int)]) -> [(score: Double, index: Int)] {
    candidates.sorted { $0.score != $1.score ? $0.score > $1.score : $0.index < $1.index }
  }

  /// An exact score in the units of the tiles: the cosine, or q.b - |b|^2 / 2 about the centre.
  private func roughScale(_ score: Double, _ norm: Double) -> Double {
    distance == .cosine ? score : (norm * norm - score * score) / 2
  }

  /// How far a tile's score may be off: products in blocks of at most d/16 sums of 16, and rounded factors.
  private func rounding(_ norm: Double) -> Double {
    let unit = (Double(dimensions) / 16 + 32) * 0x1p-24
    return distance == .cosine ? unit : unit * (norm * largestNorm + largestNorm * largestNorm)
  }
}

/// Scores of pairs of rows in double precision, from numbers as they came.
struct ExactScores {
  private let values: [Float]
  private let wideValues: [Double]
  private let norms: [Double]
  private let dimensions: Int

  /// Rows [n, d]; f64 rows are kept as they are, others as f32, which holds f16 and bf16 exactly.
  init(_ features: Tensor) throws {
    let (count, dimensions) = (features.shape[0], features.shape[1])
    let isWide = features.elementType == .f64
    let values = isWide ? [] : try features.floats()
    let wideValues = isWide ? try features.doubles() : []
    norms = (0..<count).map { row in
      isWide
        ? wideValues.withUnsafeBufferPointer { Self.dot($0, row, $0, row, dimensions).squareRoot() }
        : values.withUnsafeBufferPointer { Self.dot($0, row, $0, row, dimensions).squareRoot() }
    }
    self.values = values
    self.wideValues = wideValues
    self.dimensions = dimensions
  }

  /// cos, or minus the Euclidean distance, of this set's `row` and `other`'s `query`.
  func score(_ row: Int, _ other: ExactScores, _ query: Int, _ distance: KNNOptions.Distance) -> Double {
    switch distance {
    case .cosine:
      let product = norms[row] * other.norms[query]
      return product == 0 ? 0 : pair(row, other, query, Self.dot, Self.dot, Self.dot, Self.dot) / product
    case .euclidean:
      let square = pair(row, other, query, Self.gap, Self.gap, Self.gap, Self.gap)
      return -square.squareRoot()
    }
  }

  private typealias Kernel<A, B> = (UnsafeBufferPointer<A>, Int, UnsafeBufferPointer<B>, Int, Int) -> Double

  @inline(__always)
  private func pair(
    _ row: Int, _ other: ExactScores, _ query: Int, _ narrow: Kernel<Float, Float>,
    _ left: Kernel<Double, Float>,
    _ right: Kernel<Float, Double>, _ wide: Kernel<Double, Double>
  ) -> Double {
    values.withUnsafeBufferPointer { a in
      wideValues.withUnsafeBufferPointer { wideA in
        other.values.withUnsafeBufferPointer { b in
          other.wideValues.withUnsafeBufferPointer { wideB in
            switch (a.isEmpty, b.isEmpty) {
            case (false, false): narrow(a, row, b, query, dimensions)
            case (true, false): left(wideA, row, b, query, dimensions)
            case (false, true): right(a, row, wideB, query, dimensions)
            case (true, true): wide(wideA, row, wideB, query, dimensions)
            }
          }
        }
      }
    }
  }

  @inline(__always)
  private static func dot<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(
    _ a: UnsafeBufferPointer<A>, _ i: Int, _ b: UnsafeBufferPointer<B>, _ j: Int, _ d: Int
  ) -> Double {
    var sum = SIMD4<Double>.zero
    let (x, y) = (i * d, j * d)
    var place = 0
    while place + 4 <= d {
      let left = SIMD4(
        Double(a[x + place]), Double(a[x + place + 1]), Double(a[x + place + 2]), Double(a[x + place + 3]))
      let right = SIMD4(
        Double(b[y + place]), Double(b[y + place + 1]), Double(b[y + place + 2]), Double(b[y + place + 3]))
      sum += left * right
      place += 4
    }
    var rest = sum.sum()
    while place < d {
      rest += Double(a[x + place]) * Double(b[y + place])
      place += 1
    }
    return rest
  }

  @inline(__always)
  private static func gap<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(
    _ a: UnsafeBufferPointer<A>, _ i: Int, _ b: UnsafeBufferPointer<B>, _ j: Int, _ d: Int
  ) -> Double {
    var sum = 0.0
    for place in 0..<d {
      let difference = Double(a[i * d + place]) - Double(b[j * d + place])
      sum += difference * difference
    }
    return sum
  }
}
