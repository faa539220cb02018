import Torch

/// Labels of any whole numbers as classes 0..<count in ascending order of label, as NumPy's `unique` numbers them.
public struct Classes: Sendable {
  /// The distinct labels, ascending.
  public let values: [Int]
  /// The class of each example.
  public let indices: [Int]
  /// Examples of each class.
  public let sizes: [Int]
  /// Number of classes.
  public var count: Int { values.count }

  /// Numbers the labels.
  public init(_ labels: [Int]) {
    values = Set(labels).sorted()
    let places = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
    indices = labels.map { places[$0] ?? 0 }
    var sizes = [Int](repeating: 0, count: values.count)
    for index in indices { sizes[index] += 1 }
    self.sizes = sizes
  }

  /// The sizes as a column [K, 1], f64.
  func sizesColumn() throws -> Tensor { try Tensor(sizes.map(Double.init)).unsqueeze(1) }

  /// The classes in ranges, so that a row of `dimensions` numbers in double for each takes a megabyte together.
  func parts(dimensions: Int) -> [Range<Int>] {
    let size = max(1, (1 << 17) / max(dimensions, 1))
    return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }

  /// The class that `label` has, or nil when no example had it.
  public func index(of label: Int) -> Int? {
    var (low, high) = (0, values.count)
    while low < high {
      let middle = (low + high) / 2
      if values[middle] < label { low = middle + 1 } else { high = middle }
    }
    return low < values.count && values[low] == label ? low : nil
  }
}
