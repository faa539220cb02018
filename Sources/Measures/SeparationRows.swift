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

  /// One pass over the rows. Throws `MeasureError` when a number is not finite.
  func sums() throws -> ClassSums {
    let vectors = try Tensor.zeros([classes.count, source.dimensions], type: .f64)
    let squares = try Tensor.zeros([classes.count], type: .f64)
    var zeros = 0
    let shift = try self.shift()
    // Large blocks, so that each has many rows of a class.
    for range in source.blocks(of: 1 << 25) {
      var rows = try source.rows(range)
      switch rows.elementType {
      case .f32, .f64: break
      case .i64, .bool: rows = try rows.to(.f64)
      default: rows = try rows.to(.f32)
      }
      zeros += try rows.contiguous().addClassSums(
        Tensor(Array(classes.indices[range])), center: center, shift: shift, unit: normalized, to: vectors,
        squares: squares)
    }
    guard try vectors.isAllFinite() else { throw try source.errorOfNotFinite() }
    return ClassSums(vectors: vectors, squares: squares, shift: shift, zeros: zeros)
  }

  /// The first row as the sums take it; zeros where it has no direction.
  private func shift() throws -> Tensor {
    var row = try source.rows(0..<1).to(.f64)
    if let center { row = try row - center }
    if normalized {
      let largest = try row.abs().max().item()
      row = largest > 0 && largest.isFinite ? try Self.unit(row) : try .zeros([1, source.dimensions], type: .f64)
    }
    return try row.squeeze(0).contiguous()
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

/// Sums over each class of rows less a common shift.
struct ClassSums {
  /// Of the rows [K, d], and of their squared lengths [K].
  let vectors, squares: Tensor
  /// What was taken off every row: one of them, so that moments are free of cancellation.
  let shift: Tensor
  /// Rows that have no direction, and were left out.
  let zeros: Int
}
