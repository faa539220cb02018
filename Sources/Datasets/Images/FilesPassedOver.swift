/// Files beside the pictures of a set that are none by their names: passed over, but counted by the ends of the names.
public struct FilesPassedOver: Codable, Hashable, Sendable {
  /// How many files for each ending, in lower case, as `txt`; "" where a name has none.
  public private(set) var endings: [String: Int] = [:]

  /// How many files.
  public var count: Int { endings.values.reduce(0, +) }

  /// None yet.
  public init() {}

  /// Counts a file by its name.
  mutating func add(_ name: some BidirectionalCollection<UInt8>) {
    let last = name.lastIndex(of: UInt8(ascii: "/")).map { name[name.index(after: $0)...] } ?? name[...]
    let ending = last.lastIndex(of: UInt8(ascii: ".")).map { last[last.index(after: $0)...].prefix(16) }
    endings[ending.map { String(decoding: $0, as: UTF8.self).lowercased() } ?? "", default: 0] += 1
  }

  /// Adds what another count has.
  mutating func add(_ other: FilesPassedOver) { endings.merge(other.endings, uniquingKeysWith: +) }

  /// Encodes as an object of endings and numbers.
  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(endings)
  }

  /// Decodes what `encode` writes.
  public init(from decoder: any Decoder) throws {
    endings = try decoder.singleValueContainer().decode([String: Int].self)
  }
}

extension FilesPassedOver: CustomStringConvertible {
  /// `3 files that are no pictures by name (.txt 2, .csv 1)`.
  public var description: String {
    let parts = endings.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.key.isEmpty ? "no ending" : "." + $0.key) \($0.value)" }
    return "\(count) file\(count == 1 ? "" : "s") that \(count == 1 ? "is no picture" : "are no pictures") by name "
      + "(\(parts.joined(separator: ", ")))"
  }
}
