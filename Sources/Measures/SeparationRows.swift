import Features
import Torch

/// Feature rows on their way into sums: minus a centre, made unit vectors, shifted; in double precision, by blocks.
struct Rows<Source: RowSource> {
  let source: Source
  let classes: Classes
  /// [d], subtracted first.
  let center: Tensor?
  /// Whether rows are divided by their length after that.
  let normalized: Bool
  /// [d], subtracted last, to keep moments free of cancellation.
  var shift: Tensor?

  init(source: Source, classes: Classes, center: Tensor?, normalized: Bool) {
    self.source = source
    self.classes = classes
    self.center = center
    self.normalized = normalized
  }

  /// Calls `body` with each block [m, d] (f64) and the classes of its rows.
  func forEachBlock(_ body: (Tensor, ArraySlice<Int>) throws -> Void) throws {
    for range in source.blocks() {
      var block = try source.rows(range).to(.f64)
      if let center { block = try block - center }
      if normalized { block = try Self.unit(block) }
      if let shift { block = try block - shift }
      try body(block, classes.indices[range])
    }
  }

  /// All rows [n, d].
  func all() throws -> Tensor {
    var blocks: [Tensor] = []
    try forEachBlock { block, _ in blocks.append(block) }
    return blocks.count == 1 ? blocks[0] : try .concat(blocks, 0)
  }

  /// Sums over each class: of the rows [K, d], and of their squared lengths [K].
  func sums() throws -> (vectors: Tensor, squares: Tensor) {
    var vectors = try Tensor.zeros([classes.count, source.dimensions], type: .f64)
    var squares = try Tensor.zeros([classes.count], type: .f64)
    try forEachBlock { block, labels in
      let index = try Tensor(Array(labels))
      vectors = try vectors.indexAdd(0, index, block)
      squares = try squares.indexAdd(0, index, block.square().sum([1]))
    }
    return (vectors, squares)
  }

  /// The unweighted mean [d] of the class means. Throws when a feature is not finite.
  func centerOfClassMeans() throws -> Tensor {
    let sums = try sums()
    guard try sums.vectors.isAllFinite() else { throw try source.errorOfNotFinite() }
    return try (sums.vectors / Tensor(classes.sizes.map(Double.init)).unsqueeze(1)).mean([0])
  }

  /// The squared size of the numbers that moments are taken of, before shifting: the scale of their rounding.
  func magnitude() throws -> Double {
    if normalized { return 1 }
    return try center.map { try $0.square().sum().item() } ?? 0
  }

  /// Why rows cannot be made unit vectors, or nil.
  func reasonAgainstNormalizing() throws -> String? {
    var zeros = 0
    for range in source.blocks() {
      var block = try source.rows(range).to(.f64)
      if let center { block = try block - center }
      zeros += Int(try block.abs().max([1]).equals(.zeros([], type: .f64)).to(.f64).sum().item())
    }
    guard zeros > 0 else { return nil }
    let what = center == nil ? "are zero" : "equal the centre"
    return "\(zeros) of \(source.count) feature vectors \(what): they have no direction"
  }

  /// Rows divided by their length, free of overflow and underflow in the squares.
  private static func unit(_ block: Tensor) throws -> Tensor {
    let largest = try block.abs().max([1], keep: true)
    let scaled = try block / largest
    return try scaled / scaled.norm(1, keep: true)
  }
}
