// Operations that replace each value by one that depends on it (and on statistics of the image) alone: a table of 256
// bytes a channel, then one pass. Each gives the bytes that Pillow 13.0.0 gives for modes L and RGB.

extension Bitmap {
  /// Brightness: blends black with the image, `factor` being the image's share; above 1 it extrapolates.
  mutating func adjustBrightness(_ factor: Double) { apply(Self.blend(from: 0, factor)) }

  /// Contrast: blends the mean gray level, rounded, with the image.
  mutating func adjustContrast(_ factor: Double) {
    let mean = UInt8(truncatingIfNeeded: Int(Double(graySum) / Double(width * height) + 0.5))
    apply(Self.blend(from: mean, factor))
  }

  /// Keeps the highest `bits` (1 to 8) of every value.
  mutating func posterize(bits: Int) {
    let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - min(max(bits, 1), 8)))
    apply((0...255).map { UInt8($0) & mask })
  }

  /// Inverts every value of at least `threshold`.
  mutating func solarize(threshold: Double) {
    apply((0...255).map { Double($0) < threshold ? UInt8($0) : UInt8(255 - $0) })
  }

  /// Inverts every value.
  mutating func invert() { apply((0...255).map { UInt8(255 - $0) }) }

  /// Stretches every channel linearly, so that its lowest value becomes 0 and its highest 255.
  mutating func autoContrast() {
    let tables = histograms().flatMap { histogram -> [UInt8] in
      let low = histogram.firstIndex { $0 > 0 } ?? 0
      let high = histogram.lastIndex { $0 > 0 } ?? 0
      guard high > low else { return Self.identity }
      let scale = 255 / Double(high - low)
      let offset = -Double(low) * scale
      return (0...255).map { UInt8(min(max(Double($0) * scale + offset, 0), 255)) }
    }
    apply(tables)
  }

  /// Flattens the histogram of every channel: each value becomes its rank, in steps of (n - count of the highest)/255
  /// pixels.
  mutating func equalize() {
    let tables = histograms().flatMap { histogram -> [UInt8] in
      let highest = histogram.last { $0 > 0 } ?? 0
      let step = (width * height - highest) / 255
      guard step > 0 else { return Self.identity }  // also where there is one value only
      var rank = step / 2
      return histogram.map { count in
        defer { rank += count }
        return UInt8(min(rank / step, 255))
      }
    }
    apply(tables)
  }

  /// Replaces every value through a table of 256, or one for each channel after the other.
  mutating func apply(_ table: [UInt8]) {
    guard table.count == 256 || table.count == 256 * channels else { return }
    let one = table.count == 256
    pixels.withUnsafeMutableBufferPointer { pixels in
      table.withUnsafeBufferPointer { table in
        if one {
          for i in pixels.indices { pixels[i] = table[Int(pixels[i])] }
        } else {
          for i in Swift.stride(from: 0, to: pixels.count, by: 3) {
            pixels[i] = table[Int(pixels[i])]
            pixels[i + 1] = table[256 + Int(pixels[i + 1])]
            pixels[i + 2] = table[512 + Int(pixels[i + 2])]
          }
        }
      }
    }
  }

  /// What each byte becomes when `base` is blended with it: base + factor (byte - base) in single precision, cut off at
  /// 0 and 255 and towards 0.
  private static func blend(from base: UInt8, _ factor: Double) -> [UInt8] {
    let factor = Float(factor)
    return (0...255).map { blended(Float(base), Float($0), factor) }
  }

  /// One value of Pillow's `Image.blend`.
  @inline(__always)
  static func blended(_ from: Float, _ to: Float, _ factor: Float) -> UInt8 {
    UInt8(min(max(from + factor * (to - from), 0), 255))
  }

  private static let identity = (0...255).map { UInt8($0) }

  /// For each channel, how often each value occurs.
  private func histograms() -> [[Int]] {
    var counts = [Int32](repeating: 0, count: 256 * channels)
    counts.withUnsafeMutableBufferPointer { counts in
      pixels.withUnsafeBufferPointer { pixels in
        if channels == 1 {
          for value in pixels { counts[Int(value)] += 1 }
        } else {
          for i in Swift.stride(from: 0, to: pixels.count, by: 3) {
            counts[Int(pixels[i])] += 1
            counts[256 + Int(pixels[i + 1])] += 1
            counts[512 + Int(pixels[i + 2])] += 1
          }
        }
      }
    }
    return (0..<channels).map { channel in counts[256 * channel..<256 * (channel + 1)].map { Int($0) } }
  }

  /// The sum of all gray levels.
  private var graySum: Int {
    guard channels == 3 else { return pixels.reduce(0) { $0 + Int($1) } }
    return pixels.withUnsafeBufferPointer { pixels in
      var sum = 0
      for i in Swift.stride(from: 0, to: pixels.count, by: 3) {
        sum += Int(Self.gray(pixels[i], pixels[i + 1], pixels[i + 2]))
      }
      return sum
    }
  }

  /// The gray level of a colour: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) in 16-bit fixed point, rounded.
  @inline(__always)
  static func gray(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    UInt8(truncatingIfNeeded: (UInt32(red) * 19595 + UInt32(green) * 38470 + UInt32(blue) * 7471 + 0x8000) >> 16)
  }
}
