import Features
import Torch

/// What a classifier says of labelled examples, [n, K], a block at a time.
public struct ClassifierOutputs {
  /// What the numbers are.
  public enum Kind: Sendable {
    /// Softmax makes probabilities of them.
    case logits
    /// In 0...1, each row with the sum 1.
    case probabilities
  }

  /// The rows.
  public let source: any RowSource
  /// The class of each, in 0..<K.
  public let labels: [Int]
  /// What the numbers are.
  public let kind: Kind
  /// Examples.
  public var count: Int { source.count }
  /// K.
  public var classes: Int { source.dimensions }

  /// Throws `MeasureError` when rows and labels do not fit, or a label is no class.
  public init(_ source: any RowSource, labels: [Int], kind: Kind = .logits) throws {
    let (n, classes) = (source.count, source.dimensions)
    guard n > 0, classes > 0 else {
      throw MeasureError(
        "outputs", found: "[\(n), \(classes)]", expected: "[n, K] with n and K of at least 1", file: source.place)
    }
    guard labels.count == n else {
      throw MeasureError(
        "labels", found: "\(labels.count)", expected: "\(n), one a row of the outputs", file: source.place)
    }
    if let row = labels.firstIndex(where: { $0 < 0 || $0 >= classes }) {
      throw MeasureError("labels[\(row)]", found: "\(labels[row])", expected: "a class in 0..<\(classes)")
    }
    (self.source, self.labels, self.kind) = (source, labels, kind)
  }

  /// Outputs that are in memory.
  public init(_ outputs: Tensor, labels: [Int], kind: Kind = .logits) throws {
    guard outputs.shape.count == 2 else {
      throw MeasureError("outputs", found: "shape \(outputs.shape)", expected: "[n, K] with n and K of at least 1")
    }
    try self.init(TensorRows(outputs.detach()), labels: labels, kind: kind)
  }

  /// Throws `MeasureError` for the first row that is not finite or, of probabilities, none.
  func check() throws {
    try forEachBlock { rows, labels, kind in _ = try rows.outputRows(labels: labels, kind: kind, bins: 1) }
  }

  /// Calls `body` with each block of rows and its labels. `asLogits`: probabilities come as their logarithms.
  func forEachBlock(asLogits: Bool = false, _ body: (Tensor, Tensor, OutputKind) throws -> Void) throws {
    // Large blocks: each has sums of its own for every class.
    for range in source.blocks(of: 1 << 25) {
      let own = try Tensor(Array(labels[range]))
      do {
        switch kind {
        case .logits: try body(source.doubleOrFloat(range), own, .logits)
        case .probabilities where asLogits: try body(source.rows(range).to(.f64).log(), own, .logProbabilities)
        case .probabilities: try body(source.doubleOrFloat(range), own, .probabilities)
        }
      } catch let error as OutputRowError {
        throw try source.errorOfOutputs(row: range.lowerBound + error.row, kind)
      }
    }
  }
}

extension RowSource {
  /// Rows as kernels take them: f32 or f64, in memory order.
  func doubleOrFloat(_ range: Range<Int>) throws -> Tensor {
    let rows = try rows(range)
    switch rows.elementType {
    case .f32, .f64: return try rows.contiguous()
    case .f16, .bf16: return try rows.to(.f32).contiguous()
    default: return try rows.to(.f64).contiguous()
    }
  }

  /// What is wrong with a row of outputs.
  func errorOfOutputs(row: Int, _ kind: ClassifierOutputs.Kind) throws -> any Error {
    let values = try rows(row..<row + 1).doubles()
    guard kind == .probabilities, values.allSatisfy(\.isFinite) else { return try errorOfNotFinite("outputs") }
    if let column = values.firstIndex(where: { $0 < 0 || $0 > 1.01 }) {
      return MeasureError(
        "outputs[\(row), \(column)]", found: "\(values[column])", expected: "a probability, in 0...1", file: place)
    }
    return MeasureError(
      "outputs[\(row)]", found: "probabilities with the sum \(values.reduce(0, +))",
      expected: "the sum 1; logits are taken without --probabilities", file: place)
  }
}
