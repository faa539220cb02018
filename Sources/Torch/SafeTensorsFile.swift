import Foundation

/// A .safetensors file as bytes: names, types, shapes and where each array lies; no tensors are made. The data stays
/// mapped. Reading refuses, with the field at fault, whatever the format forbids: a header past the end, overlapping
/// ranges, holes, sizes that do not match the shape. Any bytes may be given; none can crash it.
///
/// Format: https://github.com/huggingface/safetensors#format
public struct SafeTensorsFile: Sendable {
  /// One named array.
  public struct Entry: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Type of its numbers.
    public var type: StoredType
    /// Sides, outermost first, row-major; empty for a scalar.
    public var shape: [Int]
    /// Where its bytes lie in the file.
    public var range: Range<Int>
  }

  /// The mapped file.
  public let file: MappedFile
  /// All arrays, in the order of their bytes in the file.
  public let entries: [Entry]
  /// The file's own key-value pairs.
  public let metadata: [String: String]

  private let index: [String: Int]

  /// Opens `url` and checks its header. With `inParts` the file may be larger than what can be mapped at once; its arrays are then read through
  /// `file.part` alone.
  public init(_ url: URL, inParts: Bool = false) throws(ArrayFileError) {
    let file = try MappedFile(url, inParts: inParts)
    func malformed(_ field: String, _ found: String, _ expected: String) -> ArrayFileError {
      ArrayFileError(.malformed, file: file.path, field: field, found: found, expected: expected)
    }
    guard let announced = file.integer(at: 0, as: UInt64.self) else {
      throw malformed("header length", "a file of \(file.count) bytes", "at least 8 bytes")
    }
    guard announced <= UInt64(file.count - 8), announced <= 100_000_000 else {
      throw malformed("header length", "\(announced)", "at most \(min(file.count - 8, 100_000_000)) bytes")
    }
    let start = 8 + Int(announced)
    guard start <= file.bytes.count else {
      throw malformed("header length", "\(announced)", "room to map a file of \(file.count) bytes")
    }
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: file.withBytes { Data($0[8..<start]) })
    } catch {
      throw malformed(
        "header", "\(Self.words(of: error))", "a JSON object of arrays {dtype, shape, data_offsets}")
    }
    var entries: [Entry] = []
    for (name, item) in header.arrays {
      guard let type = StoredType(rawValue: item.dtype) else {
        throw ArrayFileError(
          .unsupported, file: file.path, field: "\(name).dtype", found: item.dtype,
          expected: "one of " + StoredType.allCases.map(\.rawValue).joined(separator: ", "))
      }
      guard let size = type.byteCount(shape: item.shape) else {
        throw malformed("\(name).shape", "\(item.shape)", "sides of at least 0 whose product fits in memory")
      }
      let limit = file.count - start
      guard item.offsets.count == 2, item.offsets[0] >= 0, item.offsets[1] <= limit,
        item.offsets[0] <= item.offsets[1]
      else {
        throw malformed("\(name).data_offsets", "\(item.offsets)", "[begin, end] within 0...\(limit)")
      }
      let (begin, end) = (item.offsets[0], item.offsets[1])
      guard end - begin == size else {
        throw malformed(
          "\(name).data_offsets", "\(end - begin) bytes", "\(size) bytes for \(item.dtype) \(item.shape)")
      }
      entries.append(Entry(name: name, type: type, shape: item.shape, range: start + begin..<start + end))
    }
    entries.sort {
      ($0.range.lowerBound, $0.range.upperBound, $0.name) < (
        $1.range.lowerBound, $1.range.upperBound, $1.name
      )
    }
    var position = start
    for entry in entries {
      guard entry.range.lowerBound == position else {
        throw malformed(
          "\(entry.name).data_offsets", "a start at byte \(entry.range.lowerBound)",
          "byte \(position), where the array before it ends")
      }
      position = entry.range.upperBound
    }
    guard position == file.count else {
      throw malformed("data", "\(file.count) bytes", "\(position) bytes, where the last array ends")
    }
    self.file = file
    self.entries = entries
    metadata = header.metadata
    index = Dictionary(entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The array called `name`, or nil.
  public subscript(name: String) -> Entry? { index[name].map { entries[$0] } }

  /// The array called `name`; an error that lists the names there are when it is missing.
  public func entry(_ name: String) throws(ArrayFileError) -> Entry {
    if let entry = self[name] { return entry }
    throw ArrayFileError(
      .malformed, file: file.path, field: name, found: "no array of that name",
      expected: "one of " + entries.prefix(20).map(\.name).joined(separator: ", "))
  }

  /// Bytes of `entry`; valid while this value (or its `file`) lives, which is until its last use: prefer `withBytes`.
  public func bytes(_ entry: Entry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[entry.range])
  }

  /// Calls `body` with the bytes of `entry`, and keeps the file mapped until it returns.
  public func withBytes<Result, Failure: Error>(
    of entry: Entry, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(file) {} }
    return try body(bytes(entry))
  }

  private static func words(of error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      "no \(key.stringValue) in \(context.codingPath.map(\.stringValue).joined(separator: "."))"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "a wrong type at \(context.codingPath.map(\.stringValue).joined(separator: "."))"
    default: "no valid JSON"
    }
  }
}

/// The JSON header.
private struct Header: Decodable {
  struct Item: Decodable {
    var dtype: String
    var shape: [Int]
    var offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }
  var arrays: [String: Item] = [:]
  var metadata: [String: String] = [:]

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: SafeTensorsKey.self)
    for key in container.allKeys {
      if key.stringValue == "__metadata__" {
        metadata = try container.decodeIfPresent([String: String].self, forKey: key) ?? [:]
      } else {
        arrays[key.stringValue] = try container.decode(Item.self, forKey: key)
      }
    }
  }
}

private struct SafeTensorsKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
