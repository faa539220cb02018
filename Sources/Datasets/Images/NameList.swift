/// Many names in one array of bytes: some 40 bytes a name, where a `String` in an array takes twice that and more.
struct NameList: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [UInt32] = []

  var count: Int { ends.count }

  mutating func reserve(names: Int, bytes room: Int) {
    ends.reserveCapacity(names)
    bytes.reserveCapacity(room)
  }

  /// Appends a name given in parts. False, with nothing appended, where 4 GiB of names would be passed.
  mutating func append(_ parts: some Sequence<some Collection<UInt8>>) -> Bool {
    let start = bytes.count
    for part in parts { bytes.append(contentsOf: part) }
    guard let end = UInt32(exactly: bytes.count) else {
      bytes.removeSubrange(start...)
      return false
    }
    ends.append(end)
    return true
  }

  /// The bytes of a name.
  func withBytes<Result>(_ place: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    let start = place == 0 ? 0 : Int(ends[place - 1])
    return bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[start..<Int(ends[place])])) }
  }

  subscript(place: Int) -> String { withBytes(place) { String(decoding: $0, as: UTF8.self) } }
}
