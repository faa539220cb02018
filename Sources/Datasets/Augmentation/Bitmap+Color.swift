// Operations on the three values of a pixel together. Gray images have no color and stay as they are.

extension Bitmap {
  /// Saturation: blends the gray image with the colored one, `factor` being the latter's share; above 1 it
  /// extrapolates. The bytes of Pillow 13.0.0's `ImageEnhance.Color`.
  mutating func adjustSaturation(_ factor: Double) {
    guard channels == 3 else { return }
    let factor = Float(factor)
    pixels.withUnsafeMutableBufferPointer { pixels in
      for i in Swift.stride(from: 0, to: pixels.count, by: 3) {
        let gray = Float(Self.gray(pixels[i], pixels[i + 1], pixels[i + 2]))
        pixels[i] = Self.blended(gray, Float(pixels[i]), factor)
        pixels[i + 1] = Self.blended(gray, Float(pixels[i + 1]), factor)
        pixels[i + 2] = Self.blended(gray, Float(pixels[i + 2]), factor)
      }
    }
  }

  /// Hue: turns the color circle by `turn` of its circumference, -0.5 to 0.5, cut to a whole 255th.
  ///
  /// The bytes of torchvision 0.28.0 on Pillow 13.0.0 images: to 8-bit HSV, the turn added to the hue's byte modulo
  /// 256, and back. Both conversions lose something, so that even a turn of 0 changes pixels a little. Quotients are
  /// products with inverses here; compared for all 2^24 colors and three turns, not a byte differs.
  mutating func adjustHue(_ turn: Double) {
    guard channels == 3 else { return }
    let turn = UInt8(truncatingIfNeeded: Int(min(max(turn, -0.5), 0.5) * 255))
    // Each hue's place within its sextant of the color circle.
    let fractions = (0..<256).map { (hue: Int) -> Float in Float(Double(hue) * 6 / 255 - Double(hue * 6 / 255)) }
    let inverses = (0..<256).map { (value: Int) -> Double in 1 / Double(max(value, 1)) }
    let shares = (0..<256).map { (saturation: Int) -> Float in Float(Double(saturation) / 255) }
    pixels.withUnsafeMutableBufferPointer { pixels in
      for i in Swift.stride(from: 0, to: pixels.count, by: 3) {
        let (red, green, blue) = (pixels[i], pixels[i + 1], pixels[i + 2])
        let (high, low) = (max(red, green, blue), min(red, green, blue))
        guard high > low else { continue }  // a gray pixel has no hue
        let saturation = Int32(Double(Float(Double(high - low) * inverses[Int(high)])) * 255)
        let hue = Int(Self.hue(red, green, blue, high, inverses[Int(high - low)]) &+ turn)
        let color = Self.color(sextant: hue * 6 / 255, fractions[hue], shares[Int(saturation)], high)
        pixels[i] = color.red
        pixels[i + 1] = color.green
        pixels[i + 2] = color.blue
      }
    }
  }

  /// The hue in 255ths of a turn, cut off: single precision where Pillow uses it, double elsewhere.
  @inline(__always)
  private static func hue(_ red: UInt8, _ green: UInt8, _ blue: UInt8, _ high: UInt8, _ inverse: Double) -> UInt8 {
    let isRed = red == high
    let isGreen = green == high
    let base = isRed ? 0.0 : isGreen ? 2 : 4
    let ahead = Double(Float(Double(high - (isRed ? blue : isGreen ? red : green)) * inverse))
    let behind = Double(Float(Double(high - (isRed ? green : isGreen ? blue : red)) * inverse))
    let turns = Double(Float(base + ahead - behind)) * (1.0 / 6) + 1
    return UInt8(truncatingIfNeeded: Int32(Double(Float(turns >= 1 ? turns - 1 : turns)) * 255))
  }

  /// The color at a place within a sextant of the circle, by its share of saturation and its highest value.
  @inline(__always)
  private static func color(
    sextant: Int, _ fraction: Float, _ share: Float, _ high: UInt8
  ) -> (red: UInt8, green: UInt8, blue: UInt8) {
    let value = Double(high)
    // Rounded; no product lies just below a half, where the sum would be rounded up.
    func rounded(_ reduction: Double) -> UInt8 { UInt8(truncatingIfNeeded: Int32(value * (1 - reduction) + 0.5)) }
    let lowest = rounded(Double(share))
    let falling = Double(share * fraction)
    let rising = Double(share) * (1 - Double(fraction))
    let middle = rounded(sextant & 1 == 1 ? falling : rising)
    // Which of the three each channel takes, two bits a sextant (the seventh is the first again), without branches.
    let values = UInt32(high) | UInt32(middle) << 8 | UInt32(lowest) << 16
    func pick(_ order: UInt32) -> UInt8 {
      UInt8(truncatingIfNeeded: values &>> ((order &>> UInt32(truncatingIfNeeded: 2 * sextant) & 3) * 8))
    }
    return (pick(0b00_00_01_10_10_01_00), pick(0b01_10_10_01_00_00_01), pick(0b10_01_00_00_01_10_10))
  }
}
