import Foundation

extension SafeTensorsFile {
  /// One array to write.
  public struct Item {
    /// Its name; not "__metadata__", and no two alike.
    public var name: String
    /// Type of its numbers.
    public var type: StoredType
    /// Sides, outermost first.
    public var shape: [Int]
    /// Puts the array's bytes (row-major, little endian) into the sink, in as many pieces as suit.
    public var body: (inout AtomicFile.Sink) throws(ArrayFileError) -> Void

    /// An array whose bytes are made while writing, so that it need not fit in memory.
    public init(
      name: String, type: StoredType, shape: [Int],
      body: @escaping (inout AtomicFile.Sink) throws(ArrayFileError) -> Void
    ) {
      self.name = name
      self.type = type
      self.shape = shape
      self.body = body
    }

    /// An array from its bytes.
    public init(name: String, type: StoredType, shape: [Int], bytes: [UInt8]) {
      self.init(name: name, type: type, shape: shape) {
        (sink: inout AtomicFile.Sink) throws(ArrayFileError) in
        try sink.write(bytes)
      }
    }

    /// An array from Swift numbers of the type's own width (`[Float]` for `.f32`, `[Int]` for `.i64`, ...).
    public init<Number>(name: String, type: StoredType, shape: [Int], numbers: [Number]) {
      self.init(name: name, type: type, shape: shape) {
        (sink: inout AtomicFile.Sink) throws(ArrayFileError) in
        var failed: ArrayFileError?
        numbers.withUnsafeBytes { (buffer: UnsafeRawBufferPointer) in
          do throws(ArrayFileError) { try sink.write(buffer) } catch { failed = error }
        }
        if let failed { throw failed }
      }
    }
  }

  /// Writes `items` to `url` in one step (`AtomicFile`). The same items and metadata give the same bytes: wider
  /// types come first, so that every array is aligned, else the order given is kept; metadata is sorted.
  public static func write(
    _ items: [Item], metadata: [String: String] = [:], to url: URL
  ) throws(ArrayFileError) {
    func unwritable(_ field: String, _ found: String, _ expected: String) -> ArrayFileError {
      ArrayFileError(.unwritable, file: url.path, field: field, found: found, expected: expected)
    }
    let ordered = items.enumerated().sorted {
      ($1.element.type.size, $0.offset) < ($0.element.type.size, $1.offset)
    }.map(\.element)
    var names: Set<String> = ["__metadata__"]
    var parts: [String] = []
    var sizes: [Int] = []
    var position = 0
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
      parts.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    for item in ordered {
      guard names.insert(item.name).inserted else {
        throw unwritable(item.name, "the name twice or reserved", "a name of its own for every array")
      }
      guard let size = item.type.byteCount(shape: item.shape) else {
        throw unwritable(
          "\(item.name).shape", "\(item.shape)", "sides of at least 0 whose product fits in memory")
      }
      let shape = item.shape.map(String.init).joined(separator: ",")
      parts.append(
        "\(quoted(item.name)):{\"dtype\":\"\(item.type.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(position),\(position + size)]}")
      sizes.append(size)
      position += size
    }
    var header = Array("{\(parts.joined(separator: ","))}".utf8)
    header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    try AtomicFile.write(to: url) { (sink: inout AtomicFile.Sink) throws(ArrayFileError) in
      try sink.write((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) })
      try sink.write(header)
      for (item, size) in zip(ordered, sizes) {
        let before = sink.count
        try item.body(&sink)
        guard sink.count - before == size else {
          throw unwritable(
            item.name, "\(sink.count - before) bytes", "\(size) bytes for its shape \(item.shape)")
        }
      }
    }
  }

  /// `text` as a JSON string.
  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
