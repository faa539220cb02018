import Features
import Measures
import Torch

/// Features [n, d] with the class of each row, checked.
struct LabelledFeatures {
  let rows: any RowSource
  let labels: [Int]
  var count: Int { labels.count }
  var dimensions: Int { rows.dimensions }

  /// All rows as one tensor.
  var features: Tensor { get throws { try rows.allRows() } }

  /// Flattens rows; refuses what is empty, does not fit or is not finite. `name` is "train" or "test".
  init(_ features: Tensor, _ labels: [Int], name: String) throws {
    let shape = features.shape
    guard shape.count >= 2 else {
      throw TransferError("\(name) features", found: "shape \(shape)", expected: "[n, d], both at least 1")
    }
    guard features.elementType.isFloatingPoint else {
      throw TransferError(
        "\(name) features", found: "\(features.elementType.rawValue)", expected: "floating-point numbers")
    }
    try self.init(TensorRows(features.detach()), labels, name: name)
  }

  /// The same of rows of any origin.
  init(_ rows: any RowSource, _ labels: [Int], name: String) throws {
    guard rows.count > 0, rows.dimensions > 0 else {
      throw TransferError(
        "\(name) features", found: "shape [\(rows.count), \(rows.dimensions)]", expected: "[n, d], both at least 1")
    }
    guard labels.count == rows.count else {
      throw TransferError(
        "\(name) labels", found: "\(labels.count)", expected: "\(rows.count), one a row of the features")
    }
    for block in rows.blocks() {
      guard try rows.rows(block).isAllFinite() else {
        throw TransferError("\(name) features", found: "NaN or infinity", expected: "finite numbers")
      }
    }
    self.init(rows: rows, labels: labels)
  }

  private init(rows: any RowSource, labels: [Int]) {
    self.rows = rows
    self.labels = labels
  }

  /// The rows at `indices`.
  func selecting(_ indices: [Int]) throws -> LabelledFeatures {
    // What is in memory is copied once, so that passes over it are fast.
    let chosen: any RowSource =
      if let all = rows as? TensorRows {
        try TensorRows(all.tensor.indexSelect(0, Tensor(indices)))
      } else {
        ChosenRows(rows, indices)
      }
    return LabelledFeatures(rows: chosen, labels: indices.map { labels[$0] })
  }

  /// The examples of a range.
  func narrowed(to range: Range<Int>) -> LabelledFeatures {
    LabelledFeatures(rows: NarrowedRows(source: rows, range: range), labels: Array(labels[range]))
  }

  /// These examples and others after them.
  func joined(with other: LabelledFeatures) throws -> LabelledFeatures {
    LabelledFeatures(rows: JoinedRows(first: rows, second: other.rows), labels: labels + other.labels)
  }

  /// Each vector at length 1; zero vectors stay.
  func normalized() throws -> LabelledFeatures { try changed { try $0.unitRows() } }

  /// The same labels with every block of rows changed: in memory at once, else when it is read.
  func changed(_ change: @escaping (Tensor) throws -> Tensor) throws -> LabelledFeatures {
    if let all = rows as? TensorRows {
      return LabelledFeatures(rows: try TensorRows(change(all.tensor)), labels: labels)
    }
    return LabelledFeatures(rows: ChangedRows(source: rows, change: change), labels: labels)
  }

  /// Mean and deviation of the first `count` rows [d] f64; 1 in place of a deviation of 0.
  func standardization(count: Int) throws -> (mean: Tensor, deviation: Tensor) {
    let blocks = stride(from: 0, to: count, by: 4096).map { $0..<min($0 + 4096, count) }
    var mean = try Tensor.zeros([dimensions], type: .f64)
    for block in blocks { mean = try mean + rows.rows(block).to(.f64).sum([0]) }
    mean = try mean / Double(count)
    var square = try Tensor.zeros([dimensions], type: .f64)
    for block in blocks { square = try square + (rows.rows(block).to(.f64) - mean).square().sum([0]) }
    let deviation = try (square / Double(count)).sqrt()
    let zero = try Tensor.zeros([], type: .f64)
    return (mean, try Tensor.where(deviation.equals(zero), .ones([], type: .f64), deviation))
  }
}

extension Tensor {
  /// Rows [n, d] at length 1 (f64); zero rows stay.
  func unitRows() throws -> Tensor {
    let values = try to(.f64)
    let largest = try values.abs().max([1], keep: true).clamp(.leastNormalMagnitude, .infinity)
    let scaled = try values / largest  // squares of very large or small numbers leave the doubles
    return try scaled / scaled.norm(1, keep: true).clamp(.leastNormalMagnitude, .infinity)
  }
}

/// Runs `body` without recording gradients, whatever it throws.
func withoutGradientRethrowing<Result>(_ body: () throws -> Result) throws -> Result {
  var outcome: Swift.Result<Result, any Error>?
  try withoutGradient { outcome = .init(catching: body) }
  guard let outcome else { throw TransferError("body", found: "no result", expected: "one") }
  return try outcome.get()
}
