import Torch

/// Some rows of a source, in the order given.
public struct ChosenRows: RowSource {
  let source: any RowSource
  let places: [Int]

  /// The rows at `places` of `source`.
  public init(_ source: any RowSource, _ places: [Int]) {
    self.source = source
    self.places = places
  }

  /// Number of rows.
  public var count: Int { places.count }
  /// Numbers in a row.
  public var dimensions: Int { source.dimensions }
  /// The source's.
  public var files: [String] { source.files }
  /// The source's, and which rows.
  public var identity: AnyHashable? { source.identity.map { [$0, AnyHashable(places)] } }

  /// `range` of the chosen rows.
  public func rows(_ range: Range<Int>) throws -> Tensor {
    let wanted = places[range]
    guard let first = wanted.min(), let last = wanted.max() else { return try source.rows(0..<0) }
    return try source.rows(first..<last + 1).indexSelect(0, Tensor(wanted.map { $0 - first }))
  }
}

/// Images' channels [n, c, h, w] as their means over all places, [n, c]; other rows as they are.
public struct PooledRows: RowSource {
  let source: ShardedArray

  /// Pools the rows of `source`.
  public init(_ source: ShardedArray) { self.source = source }

  /// Number of rows.
  public var count: Int { source.count }
  /// Channels.
  public var dimensions: Int { source.rowShape.count == 3 ? source.rowShape[0] : source.dimensions }
  /// The source's.
  public var files: [String] { source.files }
  /// The source's, pooled.
  public var identity: AnyHashable? { source.identity.map { [$0, "pooled"] } }

  /// `range` of the rows [range.count, channels].
  public func rows(_ range: Range<Int>) throws -> Tensor {
    let rows = try source.rows(range)
    guard source.rowShape.count == 3 else { return rows }
    let wide = rows.elementType == .f64 ? rows : try rows.to(.f32)
    return try wide.reshape([range.count, dimensions, source.rowShape[1] * source.rowShape[2]]).mean([2])
  }
}

/// What is not finite among some rows.
public struct NonfiniteCount: Hashable, Sendable {
  /// Rows that hold NaN or an infinity, ascending.
  public var rows: [Int] = []
  /// Numbers that are NaN.
  public var nans = 0
  /// Numbers that are infinite.
  public var infinities = 0
  /// The column of the first.
  public var column = 0

  /// How many and where the first is, of `count` rows: nil when all are finite.
  public func words(of count: Int) -> String? {
    rows.first.map {
      "NaN or infinity in row \($0), column \(column): \(nans) NaN and \(infinities) infinite in \(rows.count) of \(count) rows"
    }
  }

  /// What to do about them.
  public static let cure = "finite numbers, or --allow-nonfinite skip to leave such rows out"

  /// Looks at every number of `source`.
  public init(in source: any RowSource) throws {
    for range in source.blocks() {
      let rows = try source.rows(range)
      if try rows.isAllFinite() { continue }
      let values = try rows.doubles()
      let width = source.dimensions
      for row in 0..<range.count {
        let line = values[row * width..<(row + 1) * width]
        guard let place = line.firstIndex(where: { !$0.isFinite }) else { continue }
        if self.rows.isEmpty { column = place - row * width }
        self.rows.append(range.lowerBound + row)
        nans += line.count { $0.isNaN }
        infinities += line.count { $0.isInfinite }
      }
    }
  }
}
