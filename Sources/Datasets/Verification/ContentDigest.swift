/// A digest of 256 bits as a value of 32 bytes, so that a million of them need no million allocations.
public struct ContentDigest: Hashable, Sendable, Comparable, CustomStringConvertible {
  private var a: UInt64 = 0
  private var b: UInt64 = 0
  private var c: UInt64 = 0
  private var d: UInt64 = 0

  /// A digest from its 32 bytes; nil for another number of bytes.
  public init?(_ bytes: some Sequence<UInt8>) {
    var count = 0
    for byte in bytes {
      switch count / 8 {
      case 0: a = a << 8 | UInt64(byte)
      case 1: b = b << 8 | UInt64(byte)
      case 2: c = c << 8 | UInt64(byte)
      case 3: d = d << 8 | UInt64(byte)
      default: return nil
      }
      count += 1
    }
    guard count == 32 else { return nil }
  }

  /// A quarter of a digest is enough to tell digests apart in a table.
  public func hash(into hasher: inout Hasher) { hasher.combine(a) }

  /// Order of the bytes.
  public static func < (left: ContentDigest, right: ContentDigest) -> Bool {
    (left.a, left.b, left.c, left.d) < (right.a, right.b, right.c, right.d)
  }

  /// 64 hexadecimal digits, lower case.
  public var description: String {
    [a, b, c, d].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } }.hexadecimal
  }
}
