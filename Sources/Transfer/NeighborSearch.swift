import Features
import Foundation
import Torch

/// Exact nearest neighbours. Products in single precision of a few thousand rows of the base at a time keep a running list of
/// candidates for each query, a few more than are asked for; a second pass scores these again in double precision from the
/// features as they came and orders them by that score, equal scores by the lower index. Where rounding could have kept a
/// neighbour out of the candidates, a third pass scores every row for that query. Where the processor multiplies bf16 faster
/// and neighbours lie far enough apart for it, the first products are of bf16, for more candidates.
///
/// Of the base a few thousand rows are in memory at a time, of queries as many as their lists leave room for.
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
  let base: any RowSource
  private let center: Tensor?
  var count: Int { base.count }
  private var dimensions: Int { base.dimensions }

  /// Rows of the base, and queries, in one product.
  private static let sizes = (base: 8192, queries: 512)
  /// Bytes that lists of candidates and copies of queries may take.
  private static let memory = 1 << 30

  /// Prepares to search `features`, at least one row.
  init(_ features: any RowSource, distance: KNNOptions.Distance) throws {
    self.distance = distance
    base = features
    guard distance == .euclidean else {
      center = nil
      return
    }
    var sum = try Tensor.zeros([features.dimensions], type: .f64)
    for block in Self.blocks(features.count) { sum = try sum + features.rows(block).to(.f64).sum([0]) }
    center = try sum / Double(features.count)
  }

  /// Prepares to search `features` [n, d].
  init(_ features: Tensor, distance: KNNOptions.Distance) throws {
    try self.init(TensorRows(features), distance: distance)
  }

  private static func blocks(_ count: Int, of size: Int = sizes.base) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }

  /// Unit vectors for the cosine, centred ones for the Euclidean distance, in f32.
  func prepared(_ rows: Tensor) throws -> Tensor {
    let values = try rows.to(.f64)
    if let center { return try (values - center).to(.f32) }
    let largest = try values.abs().max([1], keep: true).clamp(.leastNormalMagnitude, .infinity)
    let scaled = try values / largest
    return try (scaled / scaled.norm(1, keep: true).clamp(1e-12, .infinity)).to(.f32)
  }

  /// The `k` nearest of every row of `queries` [q, d], k at most the base's rows.
  func nearest(_ k: Int, of queries: Tensor) throws -> Neighbors { try nearest(k, of: TensorRows(queries)) }

  /// The same of rows of any origin.
  func nearest(_ k: Int, of queries: any RowSource) throws -> Neighbors {
    var result = Neighbors(k: k, indices: [], scores: [])
    result.indices.reserveCapacity(queries.count * k)
    result.scores.reserveCapacity(queries.count * k)
    let candidates = self.candidates(k, isRough: true)
    let most = max(Self.sizes.queries, Self.memory / (candidates * 20 + dimensions * 20))
    for block in Self.blocks(queries.count, of: most) {
      let rows = try queries.rows(block)
      let found = try search(rows, k, isRough: isRoughEnough(rows, k))
      result.indices += try found.indices.ints()
      result.scores += try found.scores.doubles()
      result.rescued += found.rescued
    }
    return result
  }

  /// How many candidates are kept for `k` neighbours.
  func candidates(_ k: Int, isRough: Bool) -> Int { min(count, isRough ? k + k / 2 + 64 : k + max(8, k / 8)) }

  /// The `k` nearest of every row of `queries` [q, d]; `isRough`: by products of bf16 first.
  func search(
    _ queries: Tensor, _ k: Int, isRough: Bool
  ) throws -> (scores: Tensor, indices: Tensor, rescued: Int) {
    let total = queries.shape[0]
    let candidates = candidates(k, isRough: isRough)
    let ready = try Tensor.concat(
      Self.blocks(total).map { try prepared(queries.narrow(0, $0.lowerBound, $0.count)) })
    let narrow = try isRough ? Self.rounded(ready) : nil
    let panels = try !isRough && Machine.prefersPanels ? Self.panels(ready) : nil
    let values = try Tensor.full([total, candidates], -.infinity)
    let places = try Tensor.full([total, candidates], -1, type: .i64)
    let parts = Self.blocks(total, of: Self.sizes.queries)
    var (largest, moved) = (0.0, 0.0)
    var isWide = queries.elementType == .f64
    var packed: [(rows: Tensor, bias: Tensor?, range: Range<Int>)] = []
    for tile in Self.blocks(count) {
      let rows = try base.rows(tile)
      isWide = isWide || rows.elementType == .f64
      let near = try prepared(rows)
      let squares = try near.to(.f64).square().sum([1])
      largest = max(largest, try squares.max().item())
      let bias = distance == .euclidean ? try (squares * -0.5).to(.f32) : nil
      if let narrow {
        // Many tiles at once, so that lists are seldom put down and taken up.
        let own = try Self.padded(near).packedRough()
        moved = max(moved, try own.errors.max().item())
        packed.append((own.packed, bias, tile))
        guard tile.upperBound == count || packed.count * Self.sizes.base * dimensions >= Self.memory / 16 else {
          continue
        }
        try narrow.rows.mergeRough(
          .concat(packed.map(\.rows)), count: tile.upperBound - packed[0].range.lowerBound,
          bias: bias == nil ? nil : .concat(packed.compactMap(\.bias)), offset: packed[0].range.lowerBound,
          values: values, indices: places)
        packed = []
        continue
      }
      if let panels {
        try panels.mergePanels(
          Self.panels(near), count: tile.count, bias: bias, offset: tile.lowerBound, values: values, indices: places)
        continue
      }
      let matrix = try near.t()
      for part in parts {
        var scores = try ready.narrow(0, part.lowerBound, part.count).matmul(matrix)
        if let bias { scores = try scores + bias }
        try scores.mergeTopK(
          offset: tile.lowerBound, ordered: false,
          values: values.narrow(0, part.lowerBound, part.count), indices: places.narrow(0, part.lowerBound, part.count))
      }
    }
    // How far rough scores may be off.
    let lengths = try ready.to(.f64).rowNorms().doubles()
    let errors = try narrow?.errors.doubles()
    let slack = (0..<total).map { query in
      let ours = errors?[query] ?? 0
      return rounding(lengths[query], largest.squareRoot(), isRough: isRough)
        + ours * largest.squareRoot() + (lengths[query] + ours) * moved
    }
    let last = try values.min([1]).to(.f64).doubles()
    let isFull = try places.min([1]).ints().map { $0 >= 0 }
    if isRough { try values.dropCandidates(places, beyond: Tensor(slack.map { 2 * $0 }), of: k) }
    let exact = Exact(
      base: base, distance: distance, queries: try queries.to(isWide ? .f64 : .f32).contiguous())
    let found = try exact.best(k, of: places)
    // What was left out scores at most the last candidate's rough score, give or take that. Numbers whose squares leave
    // f32 have no rough scores, so that places stay empty.
    let worst = try found.scores.select(1, k - 1).doubles()
    let unsure = (0..<total).filter { query in
      let bound = last[query] + slack[query]
      return !isFull[query] || (candidates < count && !(roughScale(worst[query], lengths[query]) > bound))
    }
    guard !unsure.isEmpty else { return (found.scores, found.indices, 0) }
    let again: (scores: Tensor, indices: Tensor, rescued: Int)
    if isRough {
      again = try search(queries.indexSelect(0, Tensor(unsure)), k, isRough: false)
    } else {
      let all = try exact.best(k, ofAllFor: unsure)
      again = (all.scores, all.indices, unsure.count)
    }
    let index = try Tensor(unsure).unsqueeze(1).expand([unsure.count, k])
    return (
      try found.scores.scatter(0, index, again.scores), try found.indices.scatter(0, index, again.indices),
      again.rescued
    )
  }

  /// An exact score in the units of the tiles: the cosine, or q.b - |b|^2 / 2 about the centre.
  private func roughScale(_ score: Double, _ norm: Double) -> Double {
    distance == .cosine ? score : (norm * norm - score * score) / 2
  }

  private static func panels(_ rows: Tensor) throws -> Tensor {
    try rows.panels(minus: .zeros([rows.shape[1]], type: .f64)).panels
  }

  /// How far a tile's score may be off: products in blocks of at most d/16 sums of 16, rough ones one after the other, those of panels 256 at a
  /// time; and rounded factors.
  private func rounding(_ norm: Double, _ largest: Double, isRough: Bool) -> Double {
    let d = Double(dimensions)
    let sums = isRough ? d : Machine.prefersPanels ? min(d, 256) + d / 256 : d / 16
    let unit = (sums + 32) * 0x1p-24
    guard distance == .euclidean else { return unit }
    let reach = norm * largest + largest * largest
    // Beyond single precision scores are infinite or none, and bound nothing.
    return reach < 1e38 ? unit * reach : .infinity
  }

  /// Scores in double, from features as they came.
  private struct Exact {
    let base: any RowSource
    let distance: KNNOptions.Distance
    /// [q, d], f64 where they or the base's rows are.
    let queries: Tensor

    /// Base rows of a tile in the queries' type, and their lengths.
    private func rows(_ tile: Range<Int>) throws -> (rows: Tensor, norms: Tensor) {
      let rows = try base.rows(tile).to(queries.elementType).contiguous()
      return (rows, try rows.rowNorms())
    }

    /// Of each query's candidates [q, m].
    func best(_ k: Int, of candidates: Tensor) throws -> (scores: Tensor, indices: Tensor) {
      let scores = try Tensor.full(candidates.shape, -.infinity, type: .f64)
      let norms = try queries.rowNorms()
      for tile in NeighborSearch.blocks(base.count) {
        let own = try rows(tile)
        try own.rows.scoreCandidates(
          candidates, offset: tile.lowerBound, norms: own.norms, queries: queries, queryNorms: norms,
          euclidean: distance == .euclidean, into: scores)
      }
      return try scores.bestCandidates(candidates, k: k)
    }

    /// Of all rows, for some of the queries.
    func best(_ k: Int, ofAllFor places: [Int]) throws -> (scores: Tensor, indices: Tensor) {
      let parts = try NeighborSearch.blocks(places.count, of: 256).map { part in
        let own = try queries.indexSelect(0, Tensor(Array(places[part])))
        return (queries: own, norms: try own.rowNorms())
      }
      var best = try parts.map { part in
        let count = part.queries.shape[0]
        return (
          scores: try Tensor.full([count, k], -.infinity, type: .f64),
          indices: try Tensor.full([count, k], 0x1p53, type: .i64)  // behind every row
        )
      }
      for tile in NeighborSearch.blocks(base.count) {
        let own = try rows(tile)
        let all = try Tensor(Array(tile)).unsqueeze(0)
        for (place, part) in parts.enumerated() {
          let candidates = try all.expand([part.queries.shape[0], tile.count]).contiguous()
          let scores = try Tensor.zeros(candidates.shape, type: .f64)
          try own.rows.scoreCandidates(
            candidates, offset: tile.lowerBound, norms: own.norms, queries: part.queries, queryNorms: part.norms,
            euclidean: distance == .euclidean, into: scores)
          best[place] = try Tensor.concat([best[place].scores, scores], 1).bestCandidates(
            Tensor.concat([best[place].indices, candidates], 1), k: k)
        }
      }
      return (try .concat(best.map(\.scores)), try .concat(best.map(\.indices)))
    }
  }
}
