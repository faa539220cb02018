/// The framing of event files. A record is, all little endian:
///
/// ```
/// length              8 bytes
/// masked CRC-32C      4 bytes, of the 8 of the length
/// payload             `length` bytes
/// masked CRC-32C      4 bytes, of the payload
/// ```
enum TFRecord {
  /// One record around `payload`.
  static func record(_ payload: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(payload.count))
    return length + littleEndian(CRC32C.masked(length)) + payload + littleEndian(CRC32C.masked(payload))
  }

  /// The bytes of a number, the least first.
  static func littleEndian(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
