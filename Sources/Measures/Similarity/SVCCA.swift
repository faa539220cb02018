import Torch

/// SVCCA: the mean canonical correlation of the leading singular directions of two layers, those that hold 99 % of the variance of each
/// (Raghu and others 2017).
///
/// Does not see any invertible linear map among the kept directions, shifts included. Bias: rises towards 1 where the directions are many
/// for the examples. Cost n d e + d^3 + e^3 operations in double for widths d and e (or n in place of a width above it).
enum SVCCA {
  /// The mean correlation, in 0...1; nil where a layer is constant.
  static func meanCorrelation(_ x: CenteredLayer, _ y: CenteredLayer, variance: Double) throws -> Double? {
    guard let a = try Directions(x, variance), let b = try Directions(y, variance) else { return nil }
    var product = try Tensor.zeros([a.count, b.count], type: .f64)
    for range in x.source.blocks() {
      product = try product + a.scores(x, range).t().matmul(b.scores(y, range))
    }
    return try product.singularValues().clamp(0, 1).mean().item()
  }

  /// Leading left singular vectors of a centred layer.
  private struct Directions {
    let count: Int
    /// [d, count], scaled so that rows times it are the vectors; or the vectors themselves [n, count].
    let matrix: Tensor
    let isOfRows: Bool

    init?(_ layer: CenteredLayer, _ variance: Double) throws {
      let (scatter, isOfRows) = try layer.scatter()
      let (values, vectors) = try scatter.eigh()
      let ascending = try values.doubles().map { max($0, 0) }
      let total = ascending.reduce(0, +)
      guard total > 0 else { return nil }
      var (kept, sum) = (0, 0.0)
      while kept < ascending.count, sum / total < variance {
        sum += ascending[ascending.count - 1 - kept]
        kept += 1
      }
      let rank = ascending.count { $0 > 1e-12 * (ascending.last ?? 0) }
      count = max(min(kept, rank), 1)
      let leading = try vectors.narrow(1, ascending.count - count, count)
      let lengths = ascending.suffix(count).map { 1 / $0.squareRoot() }
      matrix = isOfRows ? leading : try leading * Tensor(lengths).unsqueeze(0)
      self.isOfRows = isOfRows
    }

    func scores(_ layer: CenteredLayer, _ range: Range<Int>) throws -> Tensor {
      isOfRows ? try matrix.narrow(0, range.lowerBound, range.count) : try layer.doubles(range).matmul(matrix)
    }
  }
}
