import Features
import Torch

/// Feature rows on their way into sums: minus a centre, made unit vectors; in double precision, by blocks.
struct Rows<Source: RowSource> {
  let source: Source
  let classes: Classes
  /// [d], subtracted first.
  let center: Tensor?
  /// Whether rows are divided by their length after that.
  let normalized: Bool

  /// Sums of the rows by class, and how many rows have no direction and were left out. Throws `MeasureError` when a number is not
  /// finite.
  func sums() throws -> (sums: Tensor.ClassSums, zeros: Int) {
    // Of many numbers in f32, unless that loses digits, as where classes have collapsed.
    if source.count * source.dimensions >= 1 << 24, let single = try pass(.f32), single.left == 0,
      try keepsDigits(single.sums)
    {
      return (single.sums, 0)
    }
    guard let wide = try pass(.f64), try wide.sums.vectors.isAllFinite() else { throw try source.errorOfNotFinite() }
    return (wide.sums, wide.left)
  }

  /// One pass over the rows with sums of `type`; nil where the rows are too wide for that.
  private func pass(_ type: ElementType) throws -> (sums: Tensor.ClassSums, left: Int)? {
    let sums = try Tensor.ClassSums(classes: classes.count, dimensions: source.dimensions, type: type)
    var left = 0
    // Large blocks, so that each has many rows of a class.
    for range in source.blocks(of: 1 << 25) {
      var rows = try source.rows(range)
      switch rows.elementType {
      case .f32: break
      case .f64, .i64, .bool:
        if type == .f32 { return nil }
        rows = try rows.to(.f64)
      default: rows = try rows.to(.f32)
      }
      left += try rows.contiguous().addClassSums(
        Tensor(Array(classes.indices[range])), center: center, unit: normalized, to: sums)
      if type == .f32 && left > 0 { return nil }
    }
    return (sums, left)
  }

  /// Whether the rows of every class are far enough apart for f32: a unit vector is rounded by some 1e-7 of its length, the square of which must
  /// vanish beside their variance.
  private func keepsDigits(_ sums: Tensor.ClassSums) throws -> Bool {
    let sizes = try classes.sizesColumn()
    var variances: [Double] = []
    var lengths: [Double] = []
    for part in classes.parts(dimensions: source.dimensions) {
      func own(_ values: Tensor) throws -> Tensor { try values.narrow(0, part.lowerBound, part.count) }
      let means = try (own(sums.vectors) / own(sizes)).square().sum([1])
      variances += try (own(sums.squares) / own(sizes).squeeze(1) - means).doubles()
      lengths += try normalized ? part.map { _ in 1 } : own(sums.shifts).to(.f64).square().sum([1]).doubles()
    }
    return classes.sizes.indices.allSatisfy {
      variances[$0].isFinite && (classes.sizes[$0] == 1 || variances[$0] > 1e-8 * lengths[$0])
    }
  }

  /// All rows [n, d].
  func all() throws -> Tensor {
    var blocks: [Tensor] = []
    for range in source.blocks() {
      var block = try source.rows(range).to(.f64)
      if let center { block = try block - center }
      blocks.append(normalized ? try Self.unit(block) : block)
    }
    return blocks.count == 1 ? blocks[0] : try .concat(blocks, 0)
  }

  /// All rows [n, d] in f32, of unit length.
  func allSingle() throws -> Tensor {
    let blocks = try source.blocks().map { range in
      let block = try source.doubleOrFloat(range)
      if center == nil, block.elementType == .f32 {
        // Lengths are good enough in f32, where squares stay within its range.
        let squares = try block.subtracting(row: .zeros([source.dimensions], type: .f64)).squares
        let (least, most) = (try squares.min().item(), try squares.max().item())
        if least > 1e-25 && most < 1e30 {
          return try block / squares.sqrt().to(.f32).unsqueeze(1)
        }
      }
      let wide = try block.to(.f64)
      return try Self.unit(center.map { try wide - $0 } ?? wide).to(.f32)
    }
    return blocks.count == 1 ? blocks[0] : try .concat(blocks, 0)
  }

  /// Why rows cannot be made unit vectors, or nil.
  func reasonAgainstNormalizing(_ zeros: Int) -> String? {
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
