import Features
import Torch

/// First products of bf16.
extension NeighborSearch {
  /// Whether products of bf16 are faster here and, by a sample of both sides, leave few enough rows as near as the k-th nearest.
  func isRoughEnough(_ queries: Tensor, _ k: Int) throws -> Bool {
    let (runs, length) = (32, 64)
    let kept = candidates(k, isRough: true)
    guard Machine.multipliesPairs, queries.shape[0] >= 256, count >= 2 * runs * length, kept <= count / 4 else {
      return false
    }
    let rows = try prepared(
      Tensor.concat((0..<runs).map { try base.rows(count / runs * $0..<count / runs * $0 + length).to(.f64) }))
    let some = try prepared(
      queries.indexSelect(0, Tensor((0..<runs).map { queries.shape[0] * $0 / runs })))
    var scores = try some.matmul(rows.t())
    if distance == .euclidean { scores = try scores - rows.square().sum([1]) * 0.5 }
    let (near, far) = (try Self.rounded(some), try Self.rounded(rows))
    let errors = try near.errors.doubles()
    let (reach, largest) = (try far.errors.max().item(), try rows.to(.f64).rowNorms().max().item())
    let lengths = try some.to(.f64).rowNorms().doubles()
    let place = max(1, k * runs * length / count)
    var (within, allowed) = (0, 0.0)
    let sample = runs * length
    let all = try scores.to(.f64).doubles()
    for query in 0..<runs {
      let row = all[query * sample..<(query + 1) * sample]
      let slack = errors[query] * largest + (lengths[query] + errors[query]) * reach
      let least = row.sorted(by: >)[place - 1] - slack
      within += row.count { $0 >= least }
      allowed += 0.8 * Double(place * kept) / Double(k)
    }
    return Double(within) <= allowed
  }

  /// Rows [n, d] with zeros up to a multiple of 16, in bf16, and how far each was moved [n] (f64).
  static func rounded(_ rows: Tensor) throws -> (rows: Tensor, errors: Tensor) {
    let narrow = try padded(rows).to(.bf16)
    return (narrow, try (padded(rows).to(.f64) - narrow.to(.f64)).rowNorms())
  }

  static func padded(_ rows: Tensor) throws -> Tensor {
    let more = (16 - rows.shape[1] % 16) % 16
    return try more == 0 ? rows.contiguous() : .concat([rows, .zeros([rows.shape[0], more])], 1)
  }
}
