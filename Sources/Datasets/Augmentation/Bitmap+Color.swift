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
  /// 256, and back. Both conversions lose something, so that even a turn of 0 changes pixels a little.
  mutating func adjustHue(_ turn: Double) {
    guard channels == 3 else { return }
    let turn = UInt8(truncatingIfNeeded: Int(min(max(turn, -0.5), 0.5) * 255))
    pixels.withUnsafeMutableBufferPointer { pixels in
      for i in Swift.stride(from: 0, to: pixels.count, by: 3) {
        let (red, green, blue) = (pixels[i], pixels[i + 1], pixels[i + 2])
        let (high, low) = (max(red, green, blue), min(red, green, blue))
        guard high > low else { continue }  // a gray pixel has no hue
        let spread = Float(high - low)
        let saturation = UInt8(Double(spread / Float(high)) * 255)
        guard saturation > 0 else {
          (pixels[i], pixels[i + 1]) = (high, high)
          pixels[i + 2] = high
          continue
        }
        let hue = Self.hue(red, green, blue, high, spread) &+ turn
        let color = Self.color(hue, saturation, high)
        pixels[i] = color.red
        pixels[i + 1] = color.green
        pixels[i + 2] = color.blue
      }
    }
  }

  /// The hue in 255ths of a turn, cut off: single precision where Pillow uses it, double elsewhere.
  @inline(__always)
  private static func hue(_ red: UInt8, _ green: UInt8, _ blue: UInt8, _ high: UInt8, _ spread: Float) -> UInt8 {
    let r = Float(high - red) / spread
    let g = Float(high - green) / spread
    let b = Float(high - blue) / spread
    let sextants: Float
    if red == high {
      sextants = b - g
    } else if green == high {
      sextants = Float(2 + Double(r) - Double(b))
    } else {
      sextants = Float(4 + Double(g) - Double(r))
    }
    var turns = Double(sextants) / 6 + 1
    if turns >= 1 { turns -= 1 }
    return UInt8(Double(Float(turns)) * 255)
  }

  /// The color of a hue, a saturation above 0 and a highest value.
  @inline(__always)
  private static func color(
    _ hue: UInt8, _ saturation: UInt8, _ high: UInt8
  ) -> (red: UInt8, green: UInt8, blue: UInt8) {
    let sextant = Int(hue) * 6 / 255
    let fraction = Float(Double(hue) * 6 / 255 - Double(sextant))
    let share = Float(Double(saturation) / 255)
    let value = Double(high)
    // Rounded; no product lies just below a half, where the sum would be rounded up.
    let lowest = UInt8(value * (1 - Double(share)) + 0.5)
    let falling = UInt8(value * (1 - Double(share * fraction)) + 0.5)
    let rising = UInt8(value * (1 - Double(share) * (1 - Double(fraction))) + 0.5)
    return switch sextant {
    case 1: (falling, high, lowest)
    case 2: (lowest, high, rising)
    case 3: (lowest, falling, high)
    case 4: (rising, lowest, high)
    case 5: (high, lowest, falling)
    default: (high, rising, lowest)
    }
  }
}
