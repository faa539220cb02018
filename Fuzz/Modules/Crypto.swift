// The part of swift-crypto that Datasets uses, so that fuzzing builds in a minute and without BoringSSL.
// SHA-256 is real (FIPS 180-4), because readers compare it; MD5 is a stand-in, which no reader compares.
import Foundation

public struct Digest: Sequence, Sendable {
  let bytes: [UInt8]
  public func makeIterator() -> IndexingIterator<[UInt8]> { bytes.makeIterator() }
}

public struct SHA256: Sendable {
  private static let roots: [UInt32] = {
    let primes = (2...311).filter { n in !(2..<n).contains { n % $0 == 0 } }
    return primes.map { UInt32((cbrt(Double($0)) - cbrt(Double($0)).rounded(.down)) * 0x1p32) }
  }()
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var rest: [UInt8] = []
  private var count = 0

  public init() {}
  public static func hash(data: some Sequence<UInt8>) -> Digest {
    var hash = SHA256()
    hash.take(data)
    return hash.finalize()
  }
  public mutating func update(data: some Sequence<UInt8>) { take(data) }
  public mutating func update(bufferPointer: UnsafeRawBufferPointer) { take(bufferPointer) }

  private mutating func take(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      rest.append(byte)
      count += 1
      if rest.count == 64 {
        compress()
        rest.removeAll(keepingCapacity: true)
      }
    }
  }

  public func finalize() -> Digest {
    var copy = self
    let bits = UInt64(count) * 8
    copy.take([0x80])
    while copy.rest.count != 56 { copy.take([0]) }
    copy.take((0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) })
    return Digest(
      bytes: copy.state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) } })
  }

  private mutating func compress() {
    func turn(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
    var w = (0..<16).map { i in rest[4 * i..<4 * i + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } }
    for i in 16..<64 {
      let s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3
      let s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10
      w.append(w[i - 16] &+ s0 &+ w[i - 7] &+ s1)
    }
    var v = state
    for i in 0..<64 {
      let s1 = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)
      let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
      let first = v[7] &+ s1 &+ choice &+ Self.roots[i] &+ w[i]
      let s0 = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)
      let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
      v = [first &+ s0 &+ majority, v[0], v[1], v[2], v[3] &+ first, v[4], v[5], v[6]]
    }
    for i in 0..<8 { state[i] &+= v[i] }
  }
}

public enum Insecure {
  public struct MD5: Sendable {
    public init() {}
    public mutating func update(data: some Sequence<UInt8>) {}
    public mutating func update(bufferPointer: UnsafeRawBufferPointer) {}
    public func finalize() -> Digest { Digest(bytes: [UInt8](repeating: 0, count: 16)) }
  }
}
