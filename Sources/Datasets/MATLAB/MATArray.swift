/// An array of a MATLAB file: numbers, text, cells or records, in column-major order as stored.
struct MATArray: Hashable, Sendable {
  /// What the elements are.
  indirect enum Content: Hashable, Sendable {
    /// Unsigned 8-bit integers.
    case bytes([UInt8])
    /// Numbers of any other type; 64-bit integers beyond 2^53 are rounded. The imaginary part is left out.
    case numbers([Double])
    /// Characters, as UTF-16.
    case text([UInt16])
    /// Arrays of any kind.
    case cells([MATArray])
    /// Records of named fields: one array a field for each element.
    case records([String: [MATArray]])
    /// A class that is not read: sparse, objects, functions.
    case other(class: Int)
  }

  /// The size of each dimension, two or more.
  var dimensions: [Int]
  /// The elements, the first dimension running fastest.
  var content: Content

  /// The characters of a text of one row.
  var string: String? {
    guard case .text(let units) = content, dimensions.first ?? 0 <= 1 || units.isEmpty else { return nil }
    return String(decoding: units, as: UTF16.self)
  }

  /// The numbers, if they are any.
  var doubles: [Double]? {
    switch content {
    case .bytes(let values): values.map(Double.init)
    case .numbers(let values): values
    default: nil
    }
  }

  /// The numbers, if all of them are whole.
  var integers: [Int]? {
    guard let doubles else { return nil }
    var result: [Int] = []
    result.reserveCapacity(doubles.count)
    for value in doubles {
      guard let whole = Int(exactly: value) else { return nil }
      result.append(whole)
    }
    return result
  }

  /// The texts of a cell array of texts.
  var strings: [String]? {
    guard case .cells(let cells) = content else { return nil }
    let texts = cells.compactMap(\.string)
    return texts.count == cells.count ? texts : nil
  }

  /// A field of every record.
  subscript(field: String) -> [MATArray]? {
    guard case .records(let fields) = content else { return nil }
    return fields[field]
  }
}
