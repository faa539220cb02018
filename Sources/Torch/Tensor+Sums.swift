import CTorch

/// Sums over rows of features [n, d], f32 in memory order on the processor: numbers in f32 within short runs, then in double.
extension Tensor {
  /// The sum of each column, [d] f64.
  public func columnSums() throws(TorchError) -> Tensor { try Tensor { ct_column_sums(raw, &$0) } }

  /// scale (x - `row`) for every row x, and the sum of the squares of each, [n] f64. `row` is [d] f64.
  public func subtracting(row: Tensor, scale: Double = 1) throws(TorchError) -> (rows: Tensor, squares: Tensor) {
    let (rows, squares) = try Tensor.pair("subtracting") { ct_subtract_row(raw, row.raw, scale, &$0, &$1) }
    return (rows, squares)
  }

  /// Adds `factor` times the sum of the elementwise product of each of `pairs` of `tensors` (f32, of one size) to `sums`.
  public static func addDots(
    _ tensors: [Tensor], pairs: [(Int, Int)], factor: Double = 1, to sums: inout [Double]
  ) throws(TorchError) {
    guard sums.count == pairs.count else {
      throw TorchError(operation: "addDots", message: "\(sums.count) sums for \(pairs.count) pairs")
    }
    let handles = tensors.map(\.raw)
    let places = pairs.flatMap { [$0.0, $0.1] }
    let error = withExtendedLifetime(tensors) {
      ct_add_dots(handles, handles.count, places, pairs.count, factor, &sums)
    }
    try check(error, "addDots")
  }
}
