import Features
import Torch

/// A layer on its way into products: rows minus the mean of all, brought to about unit size, in f32, some at a time.
///
/// Similarities that use it do not depend on a common factor, so the size only keeps f32 products in range.
final class CenteredLayer {
  let name: String
  let source: any RowSource
  /// The mean of all rows, [d] f64.
  let mean: Tensor
  /// What centred rows are multiplied by.
  let scale: Double

  /// Passes over the rows once. Throws `MeasureError` when a number is not finite.
  init(name: String, _ source: any RowSource, scale known: Double? = nil) throws {
    self.name = name
    self.source = source
    var sums = try Tensor.zeros([source.dimensions], type: .f64)
    for range in source.blocks() { sums = try sums + Self.columnSums(source.rows(range)) }
    guard try sums.isAllFinite() else { throw try source.errorOfNotFinite(name) }
    let plain = try sums / Double(source.count)
    let offset = try plain.square().mean().item()
    let near = try (source.rows(0..<min(source.count, 64)).to(.f64) - plain).square().mean().item()
    // Of features that hardly differ the mean's own rounding would be all that is left: about one of them it has none.
    mean = near <= 1e-20 * offset ? try Self.meanAboutFirst(source) : plain
    if let known {
      scale = known
      return
    }
    let sample = try source.rows(0..<min(source.count, 64)).to(.f64) - mean
    let square = try sample.square().mean().item()
    scale = square > 0 && square.isFinite ? 1 / square.squareRoot() : 1
  }

  private static func meanAboutFirst(_ source: any RowSource) throws -> Tensor {
    let first = try source.rows(0..<1).to(.f64).squeeze(0)
    var sums = try Tensor.zeros([source.dimensions], type: .f64)
    for range in source.blocks() { sums = try sums + (source.rows(range).to(.f64) - first).sum([0]) }
    return try first + sums / Double(source.count)
  }

  /// Name and scale of `other`, without its rows.
  init(emptied other: CenteredLayer) {
    (name, source, mean, scale) = (other.name, NoRows(), other.mean, other.scale)
  }

  var count: Int { source.count }
  var dimensions: Int { source.dimensions }

  /// `range` of the rows [m, d] f32, and the square of each row's length [m] f64.
  func rows(_ range: Range<Int>) throws -> (rows: Tensor, squares: Tensor) {
    let (rows, row, scale) = try prepared(range)
    return try rows.subtracting(row: row, scale: scale)
  }

  /// The same in panels.
  func panels(_ range: Range<Int>) throws -> (panels: Tensor, squares: Tensor) {
    let (rows, row, scale) = try prepared(range)
    return try rows.panels(minus: row, scale: scale)
  }

  /// Rows in f32, and what is still to be taken off and multiplied by: nothing where f64 was centred as such.
  private func prepared(_ range: Range<Int>) throws -> (rows: Tensor, row: Tensor, scale: Double) {
    let rows = try source.rows(range)
    guard rows.elementType == .f64 else { return (try Self.single(rows), mean, scale) }
    return (try ((rows - mean) * scale).to(.f32), try .zeros([dimensions], type: .f64), 1)
  }

  /// `range` of the rows [m, d] in double.
  func doubles(_ range: Range<Int>) throws -> Tensor { try (source.rows(range).to(.f64) - mean) * scale }

  /// X'X of all centred rows [d, d], or XX' [n, n] where rows are fewer than numbers in one; in double.
  func scatter() throws -> (matrix: Tensor, isOfRows: Bool) {
    if count < dimensions {
      let rows = try doubles(0..<count)
      return (try rows.matmul(rows.t()), true)
    }
    var sum = try Tensor.zeros([dimensions, dimensions], type: .f64)
    for range in source.blocks() {
      let rows = try doubles(range)
      sum = try sum + rows.t().matmul(rows)
    }
    return (sum, false)
  }

  private static func columnSums(_ rows: Tensor) throws -> Tensor {
    rows.elementType == .f64 ? try rows.sum([0]) : try single(rows).columnSums()
  }

  private static func single(_ rows: Tensor) throws -> Tensor {
    try (rows.elementType == .f32 ? rows : rows.to(.f32)).contiguous()
  }
}

extension RowSource {
  /// The error that counts and locates what is not finite.
  package func errorOfNotFinite(_ name: String = "features") throws -> any Error {
    guard let found = try NonfiniteCount(in: self).words(of: count) else {
      return MeasureError(name, found: "sums beyond what a double holds", expected: "smaller numbers", file: place)
    }
    return MeasureError(name, found: found, expected: NonfiniteCount.cure, file: place)
  }

  /// The files for people; nil where rows come from none.
  package var place: String? { files.isEmpty ? nil : files.joined(separator: ", ") }
}
