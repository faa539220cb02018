import Torch

/// The largest |a - b| as a share of the largest |b|. Infinite when the counts differ or one is NaN where the other is
/// not, or when infinities differ.
public func relativeGap(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  var gap = 0.0
  var size = 0.0
  for (x, y) in zip(a, b) {
    if x.isNaN && y.isNaN || x == y {
      if y.isFinite { size = max(size, abs(y)) }
      continue
    }
    guard x.isFinite, y.isFinite else { return .infinity }
    gap = max(gap, abs(x - y))
    size = max(size, abs(y))
  }
  return gap == 0 ? 0 : gap / size
}

/// `relativeGap` of a tensor's elements; infinite when the shapes differ.
public func relativeGap(_ a: Tensor, _ b: [Double], shape: [Int]? = nil) throws -> Double {
  if let shape, a.shape != shape { return .infinity }
  return relativeGap(try a.doubles(), b)
}

/// `relativeGap` of two tensors' elements; infinite when the shapes differ.
public func relativeGap(_ a: Tensor, _ b: Tensor) throws -> Double {
  try relativeGap(a, b.doubles(), shape: b.shape)
}
