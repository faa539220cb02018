/// SplitMix64's output function of a counter, 24 bits in [0, 1): exact in f32. The fixtures' Python scripts compute the
/// same, so that inputs need not be stored.
public func counterUniform(_ stream: UInt64, _ index: Int) -> Double {
  var z = ((stream << 32) &+ UInt64(index) &+ 1) &* 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return Double((z ^ (z >> 31)) >> 40) / 16_777_216
}

/// `count` numbers of a stream in [-scale, scale).
public func counterNumbers(_ stream: UInt64, _ count: Int, _ scale: Double = 1) -> [Double] {
  (0..<count).map { (2 * counterUniform(stream, $0) - 1) * scale }
}

/// A stream named by a text (FNV-1a, 32 bits).
public func counterStream(_ name: String) -> UInt64 {
  name.utf8.reduce(0x811C_9DC5) { (($0 ^ UInt64($1)) &* 0x0100_0193) & 0xFFFF_FFFF }
}
