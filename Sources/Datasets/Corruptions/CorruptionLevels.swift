/// From bytes to numbers and back, as NumPy does it in the reference.
enum CorruptionLevels {
  /// The byte of a brightness where 1 is white: clipped, times 255, cut off (not rounded).
  @inline(__always) static func byte(_ share: Double) -> UInt8 { UInt8(min(max(share, 0), 1) * 255) }

  /// The byte of a brightness on the scale of bytes: clipped, cut off.
  @inline(__always) static func byte(level: Double) -> UInt8 { UInt8(min(max(level, 0), 255)) }

  /// Every byte's brightness, 1 for white.
  static let shares: [Double] = (0...255).map { Double($0) / 255 }

  /// The pixels as brightness, 1 for white.
  static func shares(of image: Bitmap) -> [Double] {
    shares.withUnsafeBufferPointer { table in image.pixels.map { table[Int($0)] } }
  }

  /// An image of the same size from brightness.
  static func image(_ shares: [Double], like image: Bitmap) -> Bitmap {
    Bitmap(
      unchecked: shares.map { byte($0) }, width: image.width, height: image.height, channels: image.channels)
  }

  /// An image of the same size from bytes.
  static func image(bytes: [UInt8], like image: Bitmap) -> Bitmap {
    Bitmap(unchecked: bytes, width: image.width, height: image.height, channels: image.channels)
  }
}

extension Array where Element == Double {
  /// The sum in NumPy's order: eight running sums, added in pairs, then the rest (for up to 128 numbers). Weights
  /// divided by another rounding of their sum turn 255 into 254 where an image is white.
  var sumInEights: Double {
    guard count >= 8 else { return reduce(0, +) }
    var sums = Array(self[0..<8])
    let whole = count - count % 8
    for place in 8..<whole { sums[place % 8] += self[place] }
    let pairs = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
    return self[whole...].reduce(pairs, +)
  }
}

/// Where a place outside 0..<size is read.
enum Border {
  /// The nearest place inside: a a | a b c | c c.
  case nearest
  /// Mirrored with the edge repeated: b a | a b c | c b.
  case reflect
  /// Mirrored about the edge: c b | a b c | b a.
  case mirror

  /// The place inside that stands for `place`.
  func place(_ place: Int, size: Int) -> Int {
    if place >= 0 && place < size { return place }
    guard size > 1 else { return 0 }
    switch self {
    case .nearest:
      return place < 0 ? 0 : size - 1
    case .reflect:
      let period = 2 * size
      let turn = ((place % period) + period) % period
      return turn < size ? turn : period - 1 - turn
    case .mirror:
      let period = 2 * size - 2
      let turn = ((place % period) + period) % period
      return turn < size ? turn : period - turn
    }
  }
}
