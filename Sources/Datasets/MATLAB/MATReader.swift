/// Elements and arrays in the bytes of a MATLAB file or of an unpacked element. Every size is checked against the bytes
/// that are there before anything is made of it.
struct MATReader {
  /// Types of elements.
  enum ElementType: Int {
    case int8 = 1
    case uint8
    case int16
    case uint16
    case int32
    case uint32
    case single
    case double = 9
    case int64 = 12
    case uint64
    case matrix
    case compressed
    case utf8
    case utf16
    case utf32

    /// Bytes of a number; nil where the type holds none.
    var size: Int? {
      switch self {
      case .int8, .uint8, .utf8: 1
      case .int16, .uint16, .utf16: 2
      case .int32, .uint32, .single, .utf32: 4
      case .double, .int64, .uint64: 8
      case .matrix, .compressed: nil
      }
    }
  }

  /// An element: its type, its data, and where it begins.
  struct Element {
    var type: ElementType
    var data: ArraySlice<UInt8>
    var start: Int
  }

  /// Arrays inside arrays, at most.
  static let depthLimit = 16

  private let path: String
  /// What is added to places in messages: where an unpacked element began.
  private let base: Int
  private let swaps: Bool
  private let bytes: ArraySlice<UInt8>
  /// Where the next element begins.
  private var place: Int

  init(_ bytes: ArraySlice<UInt8>, base: Int, path: String, swaps: Bool) {
    self.bytes = bytes
    place = bytes.startIndex
    self.base = base
    self.path = path
    self.swaps = swaps
  }

  /// The error about a place in the bytes.
  func malformed(_ expected: String, at place: Int) -> DatasetError {
    DatasetError(
      .wrongMagic, file: path, offset: base + place, expected: expected, found: "something else in the MATLAB file",
      cure: "get the file again")
  }

  private func truncated(_ expected: String, at place: Int) -> DatasetError {
    DatasetError(
      .truncated, file: path, offset: base + place, expected: expected, found: "the end of the data",
      cure: "get the file again")
  }

  /// The next element; nil at the end. Compressed ones, which only the top level may have, are not padded.
  mutating func element(isTop: Bool) throws(DatasetError) -> Element? {
    guard place < bytes.endIndex else { return nil }
    let start = place
    let left = bytes.endIndex - start - 8
    guard left >= 0 else { throw truncated("a tag of 8 bytes", at: start) }
    let first = word(start)
    if first >> 16 != 0 {
      // The short form: size and type in one word, up to four bytes of data in the next.
      guard let type = ElementType(rawValue: first & 0xffff), type.size != nil else {
        throw malformed("a known type", at: start)
      }
      guard first >> 16 <= 4 else { throw malformed("at most 4 bytes in a short element", at: start) }
      let data = bytes[(start + 4)..<(start + 4 + (first >> 16))]
      place = start + 8
      return Element(type: type, data: data, start: start)
    }
    guard let type = ElementType(rawValue: first), isTop || type != .compressed else {
      throw malformed("a known type", at: start)
    }
    let count = word(start + 4)
    guard count <= left else { throw truncated("\(count) bytes of data", at: start) }
    let data = bytes[(start + 8)..<(start + 8 + count)]
    let padded = type == .compressed ? count : (count + 7) / 8 * 8
    place = start + 8 + min(padded, left)
    return Element(type: type, data: data, start: start)
  }

  /// The array in the data of a matrix element, and its name; no array where `names` does not want it.
  func array(_ data: ArraySlice<UInt8>, names: Set<String>? = nil, depth: Int = 0) throws(DatasetError) -> (
    name: String, array: MATArray?
  ) {
    if data.isEmpty { return ("", MATArray(dimensions: [0, 0], content: .numbers([]))) }
    guard depth < Self.depthLimit else {
      throw malformed("at most \(Self.depthLimit) arrays inside one another", at: data.startIndex)
    }
    var inner = MATReader(data, base: base, path: path, swaps: swaps)
    let flags = try inner.next("flags", at: data.endIndex)
    guard flags.type == .uint32, flags.data.count == 8 else { throw malformed("8 bytes of flags", at: flags.start) }
    let kind = inner.word(flags.data.startIndex) & 0xff
    let sizes = try inner.next("dimensions", at: data.endIndex)
    guard sizes.type == .int32, let dimensions = dimensions(sizes.data) else {
      throw malformed("two or more dimensions of at least 0", at: sizes.start)
    }
    let label = try inner.next("a name", at: data.endIndex)
    guard label.type == .int8 else { throw malformed("a name", at: label.start) }
    let name = String(decoding: label.data, as: UTF8.self)
    if let names, !names.contains(name) { return (name, nil) }
    let content = try inner.content(kind: kind, dimensions: dimensions, depth: depth, end: data.endIndex)
    return (name, MATArray(dimensions: dimensions, content: content))
  }

  private mutating func content(
    kind: Int, dimensions: [Int], depth: Int, end: Int
  ) throws(DatasetError) -> MATArray.Content {
    let (count, isTooMany) = dimensions.reduce((1, false)) { sum, size in
      let (product, overflow) = sum.0.multipliedReportingOverflow(by: size)
      return (product, sum.1 || overflow)
    }
    guard !isTooMany else { throw malformed("fewer elements", at: place) }
    switch kind {
    case 1:
      return .cells(try arrays(count, depth: depth, end: end))
    case 2:
      let fields = try fieldNames(end: end)
      let (total, overflow) = count.multipliedReportingOverflow(by: fields.count)
      guard !overflow else { throw malformed("fewer elements", at: place) }
      let values = try arrays(total, depth: depth, end: end)
      var records: [String: [MATArray]] = [:]
      for (place, field) in fields.enumerated() {
        records[field] = stride(from: place, to: values.count, by: fields.count).map { values[$0] }
      }
      return .records(records)
    case 4:
      let stored = try next("characters", at: end)
      return .text(try text(stored, count: count))
    case 6...15:
      let stored = try next("numbers", at: end)
      if kind == 9, stored.type == .uint8 {
        guard stored.data.count == count else { throw malformed("\(count) bytes", at: stored.start) }
        return .bytes(Array(stored.data))
      }
      return .numbers(try numbers(stored, count: count))
    default:
      return .other(class: kind)
    }
  }

  private func dimensions(_ data: ArraySlice<UInt8>) -> [Int]? {
    guard data.count >= 8, data.count.isMultiple(of: 4), data.count <= 4 * 32 else { return nil }
    let sizes = stride(from: data.startIndex, to: data.endIndex, by: 4).map { word($0) }
    return sizes.contains { $0 > Int(Int32.max) } ? nil : sizes
  }

  private mutating func next(_ what: String, at end: Int) throws(DatasetError) -> Element {
    guard let element = try element(isTop: false) else { throw truncated(what, at: end) }
    return element
  }

  private mutating func arrays(_ count: Int, depth: Int, end: Int) throws(DatasetError) -> [MATArray] {
    // Each takes a tag of 8 bytes at least, so a made-up count cannot ask for more than the file has.
    guard count <= (bytes.endIndex - place) / 8 else { throw truncated("\(count) arrays", at: end) }
    var result: [MATArray] = []
    result.reserveCapacity(count)
    for _ in 0..<count {
      let element = try next("an array", at: end)
      guard element.type == .matrix else { throw malformed("an array", at: element.start) }
      guard let array = try array(element.data, depth: depth + 1).array else { continue }
      result.append(array)
    }
    return result
  }

  private mutating func fieldNames(end: Int) throws(DatasetError) -> [String] {
    let length = try next("the length of field names", at: end)
    guard length.type == .int32, length.data.count == 4 else { throw malformed("one length", at: length.start) }
    let size = word(length.data.startIndex)
    let names = try next("field names", at: end)
    guard names.type == .int8, size > 0, names.data.count.isMultiple(of: size) else {
      throw malformed("field names of \(size) bytes", at: names.start)
    }
    return stride(from: names.data.startIndex, to: names.data.endIndex, by: size).map { start in
      String(decoding: names.data[start..<(start + size)].prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

extension MATReader {
  private func text(_ element: Element, count: Int) throws(DatasetError) -> [UInt16] {
    if element.type == .utf8 { return Array(String(decoding: element.data, as: UTF8.self).utf16) }
    guard let size = element.type.size, size <= 2, element.data.count / size == count,
      element.data.count.isMultiple(of: size)
    else { throw malformed("\(count) characters", at: element.start) }
    return stride(from: element.data.startIndex, to: element.data.endIndex, by: size).map { place in
      UInt16(truncatingIfNeeded: bits(place, size: size))
    }
  }

  private func numbers(_ element: Element, count: Int) throws(DatasetError) -> [Double] {
    guard let size = element.type.size, element.data.count / size == count, element.data.count.isMultiple(of: size)
    else { throw malformed("\(count) numbers", at: element.start) }
    return stride(from: element.data.startIndex, to: element.data.endIndex, by: size).map { place in
      let stored = bits(place, size: size)
      return switch element.type {
      case .int8: Double(Int8(truncatingIfNeeded: stored))
      case .int16: Double(Int16(truncatingIfNeeded: stored))
      case .int32: Double(Int32(truncatingIfNeeded: stored))
      case .int64: Double(Int64(bitPattern: stored))
      case .single: Double(Float(bitPattern: UInt32(truncatingIfNeeded: stored)))
      case .double: Double(bitPattern: stored)
      default: Double(stored)
      }
    }
  }

  /// The number of `size` bytes at a place, its bits at the low end. The place is known to be inside.
  private func bits(_ place: Int, size: Int) -> UInt64 {
    var value: UInt64 = 0
    for offset in 0..<size {
      value = value << 8 | UInt64(bytes[place + (swaps ? offset : size - 1 - offset)])
    }
    return value
  }

  fileprivate func word(_ place: Int) -> Int { Int(bits(place, size: 4)) }
}
