import Torch

/// Orthogonal Procrustes: 1 - ||X'Y||_* for centred X and Y of unit Frobenius norm, half the squared distance that the best rotation
/// leaves (Ding and others 2021, "Grounding Representation Similarity with Statistical Testing").
///
/// Does not see rotations, reflections, shifts and a common factor; sees other linear maps. Layers of different width are taken as
/// if the narrower had zeros beside it. Bias: falls with few examples, to 0 for any two layers as wide as there are examples.
/// Cost n d e + d^2 e operations in double for widths d and e, memory d e.
enum Procrustes {
  /// The distance, in 0...1; nil where one layer is constant.
  static func distance(_ x: CenteredLayer, _ y: CenteredLayer) throws -> Double? {
    var product = try Tensor.zeros([x.dimensions, y.dimensions], type: .f64)
    var (first, second) = (0.0, 0.0)
    for range in x.source.blocks() {
      let (a, b) = (try x.doubles(range), try y.doubles(range))
      product = try product + a.t().matmul(b)
      first += try a.square().sum().item()
      second += try b.square().sum().item()
    }
    guard first > 0, second > 0 else { return nil }
    let nuclear = try product.singularValues().sum().item()
    return min(max(1 - nuclear / (first.squareRoot() * second.squareRoot()), 0), 1)
  }
}
