import Torch

extension Tensor {
  /// Each row `[n, d]` divided by its Euclidean length.
  ///
  /// A row shorter than 1e-6 has no direction that rounding would not decide: it becomes zero and passes no
  /// gradient back. (The release divides by max(length, 1e-6), whose gradient there is 1e6 times the
  /// incoming one: a single dead example could throw a run.)
  func unitRows() throws(TorchError) -> Tensor {
    let floor = 1e-12
    let squares = try square().sum([1], keep: true)  // [n, 1]
    let inverse = try squares.clamp(floor, .infinity).rsqrt()
    let directed = try Tensor.full([], floor, type: squares.elementType).isLess(squares)
    return try self * (inverse * directed.to(squares.elementType))
  }
}
