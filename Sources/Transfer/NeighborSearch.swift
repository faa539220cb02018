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
  private let base, norms: Tensor
  private let tiles: [(offset: Int, matrix: Tensor, bias: Tensor?)]  // [d, m] f32, [m]
  private let center: Tensor?
  private let largestNorm: Double
  let count, dimensions: Int

  /// Prepares to search `features` [n, d].
  init(_ features: Tensor, distance: KNNOptions.Distance) throws {
    self.distance = distance
    (count, dimensions) = (features.shape[0], features.shape[1])
    base = try features.elementType == .f64 ? features.contiguous() : features.to(.f32).contiguous()
    norms = try base.rowNorms()
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
    // In one type that holds both exactly.
    let isWide = base.elementType == .f64 || queries.elementType == .f64
    let (exact, own) = (try base.to(isWide ? .f64 : .f32), try queries.to(isWide ? .f64 : .f32).contiguous())
    let ownNorms = try own.rowNorms()
    let candidates = min(count, k + max(8, k / 8))
    func rescored(_ first: Int, _ height: Int, _ candidates: Tensor) throws -> (scores: [Double], indices: [Int]) {
      let found = try exact.rescored(
        norms: norms, queries: own.narrow(0, first, height), queryNorms: ownNorms.narrow(0, first, height),
        candidates: candidates, k: k, euclidean: distance == .euclidean)
      return (try found.scores.doubles(), try found.indices.ints())
    }
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
      // Numbers whose squares leave f32 have no rough scores: then every row is a candidate.
      guard try indices.min().item() >= 0 else {
        for row in 0..<height {
          let all = try rescored(start + row, 1, Tensor(Array(0..<count), shape: [1, count]))
          result.indices += all.indices
          result.scores += all.scores
          result.rescued += 1
        }
        continue
      }
      var found = try rescored(start, height, indices)
      if candidates < count {
        let last = try values.select(1, candidates - 1).doubles()
        let lengths = try ready.to(.f64).square().sum([1]).sqrt().doubles()
        for row in 0..<height {
          // What was left out scores at most the last candidate's rough score, give or take rounding.
          let bound = last[row] + rounding(lengths[row])
          guard roughScale(found.scores[row * k + k - 1], lengths[row]) <= bound else { continue }
          let all = try rescored(start + row, 1, Tensor(Array(0..<count), shape: [1, count]))
          found.scores.replaceSubrange(row * k..<(row + 1) * k, with: all.scores)
          found.indices.replaceSubrange(row * k..<(row + 1) * k, with: all.indices)
          result.rescued += 1
        }
      }
      result.indices += found.indices
      result.scores += found.scores
    }
    return result
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
