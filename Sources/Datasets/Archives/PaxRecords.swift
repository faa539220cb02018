/// What a pax extended header says about the entries that follow: lines `LENGTH KEY=VALUE`.
struct PaxRecords {
  /// A value that is given, or taken back by an empty one.
  enum Setting<Value> {
    case given(Value)
    case removed
  }

  /// Where and why records cannot be understood; the place counts from the records' beginning.
  struct Fault: Error {
    var place: Int
    var expected: String
    var found: String
  }

  /// Key `path`.
  var path: Setting<[UInt8]>?
  /// Key `size`, in bytes.
  var size: Setting<Int>?
  /// The first key that marks a sparse file.
  var sparse: String?

  /// Reads records; keys without a meaning here are passed over.
  init(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
    var at = 0
    while at < bytes.count {
      // Some programs pad with nulls.
      if bytes[at] == 0, bytes[at...].allSatisfy({ $0 == 0 }) { return }
      let (length, digits) = Self.decimal(bytes[at...])
      guard let length, digits > 0, digits < bytes.count - at, bytes[at + digits] == 0x20 else {
        throw Fault(
          place: at, expected: "a record's length, at most \(bytes.count - at), and a space",
          found: Self.shown(bytes[at...]))
      }
      guard length > digits + 2, length <= bytes.count - at, bytes[at + length - 1] == 0x0a else {
        throw Fault(
          place: at, expected: "a record that ends with a new line within \(bytes.count - at) bytes",
          found: "one of \(length) bytes that does not")
      }
      let record = UnsafeRawBufferPointer(rebasing: bytes[at + digits + 1..<at + length - 1])
      guard let equals = record.firstIndex(of: 0x3d), equals > 0 else {
        throw Fault(place: at, expected: "a record KEY=VALUE", found: Self.shown(record[...]))
      }
      try take(
        key: String(decoding: record[..<equals], as: UTF8.self), value: record[(equals + 1)...], at: at)
      at += length
    }
  }

  private mutating func take(key: String, value: Slice<UnsafeRawBufferPointer>, at: Int) throws(Fault) {
    switch key {
    case "path":
      if value.contains(0) {
        throw Fault(place: at, expected: "a path without null bytes", found: Self.shown(value))
      }
      path = value.isEmpty ? .removed : .given(Array(value))
    case "size":
      if value.isEmpty {
        size = .removed
        return
      }
      let (number, digits) = Self.decimal(value)
      guard let number, digits == value.count else {
        throw Fault(
          place: at, expected: "a size in bytes, at most \(TarIndex.largestSize)", found: Self.shown(value))
      }
      size = .given(number)
    default:
      if key.hasPrefix("GNU.sparse.") || key == "SCHILY.realsize" { sparse = sparse ?? key }
    }
  }

  /// The number that the bytes begin with and how many digits it has; no number if it is too large.
  private static func decimal(_ bytes: Slice<UnsafeRawBufferPointer>) -> (Int?, digits: Int) {
    var value: Int? = 0
    var digits = 0
    for byte in bytes.prefix(while: { (0x30...0x39).contains($0) }) {
      digits += 1
      if let known = value {
        value = known > TarIndex.largestSize / 10 - 1 ? nil : known * 10 + Int(byte - 0x30)
      }
    }
    return (value, digits)
  }

  private static func shown(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    let few = bytes.prefix(24)
    let isPlain = few.allSatisfy { (0x20..<0x7f).contains($0) }
    return isPlain ? "\"\(String(decoding: few, as: UTF8.self))\"" : "bytes " + few.hexadecimal
  }
}
