/// A message of protocol buffers being written, field by field: as much of the wire format as TensorBoard's messages
/// need.
///
/// Fields stand in the order in which they are put; nothing is left out, so callers leave out what has its default
/// value, as proto3 does, except in a `oneof`.
struct ProtobufMessage: Hashable, Sendable {
  /// What was written so far.
  private(set) var bytes: [UInt8] = []

  /// A message made by `body`.
  init(_ body: (inout ProtobufMessage) -> Void = { _ in }) { body(&self) }

  /// Wire type 0: integers, switches and enumerations.
  mutating func put(_ field: Int, integer: Int64) {
    key(field, wireType: 0)
    varint(UInt64(bitPattern: integer))
  }

  /// A switch.
  mutating func put(_ field: Int, bool: Bool) { put(field, integer: bool ? 1 : 0) }

  /// Wire type 1.
  mutating func put(_ field: Int, double: Double) {
    key(field, wireType: 1)
    bytes += TFRecord.littleEndian(double.bitPattern)
  }

  /// Wire type 5.
  mutating func put(_ field: Int, float: Float) {
    key(field, wireType: 5)
    bytes += TFRecord.littleEndian(float.bitPattern)
  }

  /// Wire type 2: bytes, and all that follows are told by their length.
  mutating func put(_ field: Int, bytes content: [UInt8]) {
    key(field, wireType: 2)
    varint(UInt64(content.count))
    bytes += content
  }

  /// Text in UTF-8.
  mutating func put(_ field: Int, text: String) { put(field, bytes: Array(text.utf8)) }

  /// A message within this one.
  mutating func put(_ field: Int, message: ProtobufMessage) { put(field, bytes: message.bytes) }

  private mutating func key(_ field: Int, wireType: Int) { varint(UInt64(field << 3 | wireType)) }

  /// Seven bits a byte, the least first; the high bit says that more follow.
  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}
