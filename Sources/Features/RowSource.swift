import Torch

/// Examples, one a row, handed out block by block so that they need not all be in memory.
public protocol RowSource {
  /// Number of rows.
  var count: Int { get }
  /// Numbers in a row; rows with more than one side are flattened.
  var dimensions: Int { get }
  /// `range` as a tensor [range.count, dimensions] of whatever floating-point type the source has.
  func rows(_ range: Range<Int>) throws -> Tensor
  /// The files that rows come from; empty where they come from none.
  var files: [String] { get }
  /// What two sources have in common that hold the same rows; nil when that is not known.
  var identity: AnyHashable? { get }
}

extension RowSource {
  /// Not known.
  public var identity: AnyHashable? { nil }
  /// None.
  public var files: [String] { [] }

  /// All rows as one tensor [count, dimensions].
  public func allRows() throws -> Tensor { try rows(0..<count) }

  /// The ranges of blocks with about `numbers` numbers each.
  public func blocks(of numbers: Int = 1 << 22) -> [Range<Int>] {
    let size = max(1, numbers / max(1, dimensions))
    return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }
}

/// The rows of a tensor [n, ...].
public struct TensorRows: RowSource {
  /// All rows [n, d].
  public let tensor: Tensor
  /// Number of rows.
  public let count: Int
  /// Numbers in a row.
  public let dimensions: Int

  /// The rows of `tensor`, flattened beyond the first side. Throws for a scalar.
  public init(_ tensor: Tensor) throws(TorchError) {
    let shape = tensor.shape
    guard let count = shape.first else {
      throw TorchError(operation: "TensorRows", message: "a scalar has no rows; expected a tensor [n, d]")
    }
    self.count = count
    dimensions = shape.dropFirst().reduce(1, *)
    self.tensor = shape.count == 2 ? tensor : try tensor.reshape([count, dimensions])
  }

  /// The tensor itself.
  public var identity: AnyHashable? { ObjectIdentifier(tensor) }

  /// `range` of the rows, sharing memory.
  public func rows(_ range: Range<Int>) throws -> Tensor {
    try tensor.narrow(0, range.lowerBound, range.count)
  }
}

/// Arrays that follow one another: the shards of one layer.
public struct ShardedArray: RowSource, Sendable {
  /// The layer's name.
  public let name: String
  /// The shards, in order.
  public let parts: [StoredArray]
  /// Number of rows in all shards.
  public let count: Int
  /// Sides of one row: [d] or [c, h, w].
  public let rowShape: [Int]
  /// Numbers in a row.
  public var dimensions: Int { rowShape.reduce(1, *) }

  /// The shards' files.
  public var files: [String] { parts.map(\.path) }

  /// The files and the names in them.
  public var identity: AnyHashable? { parts.map { [$0.path, $0.name] } }

  /// Joins `parts`. Throws when rows differ in shape, or an array is a scalar.
  public init(name: String, _ parts: [StoredArray]) throws(ArrayFileError) {
    self.name = name
    self.parts = parts
    rowShape = parts.first?.rowShape ?? []
    var count = 0
    for part in parts {
      guard !part.shape.isEmpty, part.rowShape == rowShape else {
        throw ArrayFileError(
          .malformed, file: part.path, field: "\(part.name).shape", found: "\(part.shape)",
          expected: "[n, \(rowShape.map(String.init).joined(separator: ", "))] as in the first shard")
      }
      count += part.count
    }
    self.count = count
  }

  /// `range` of the rows [range.count, dimensions]: in the file's type when one shard holds them, else f64 for types
  /// that LibTorch lacks.
  public func rows(_ range: Range<Int>) throws -> Tensor {
    var pieces: [Tensor] = []
    var start = 0
    for part in parts {
      let overlap = range.clamped(to: start..<start + part.count)
      if !overlap.isEmpty {
        let local = overlap.lowerBound - start..<overlap.upperBound - start
        pieces.append(try part.tensor(rows: local).reshape([overlap.count, dimensions]))
      }
      start += part.count
    }
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw TorchError(operation: "rows", message: "rows \(range) of \(count)")
    }
    guard let first = pieces.first else { return try .zeros([0, dimensions]) }
    return pieces.count == 1 ? first : try Tensor.concat(pieces, 0)
  }
}
