import Foundation

// Operations that move pixels. What comes from outside the image is black. All take the nearest pixel, as torchvision
// 0.28.0 does by default; the bytes are those of Pillow 13.0.0's `Image.transform` and `Image.rotate`.

extension Bitmap {
  /// Mirrors left to right.
  mutating func mirror() {
    let (width, stride, channels) = (width, stride, channels)
    pixels.withUnsafeMutableBufferPointer { pixels in
      for row in Swift.stride(from: 0, to: pixels.count, by: stride) {
        for x in 0..<width / 2 {
          for channel in 0..<channels {
            pixels.swapAt(row + x * channels + channel, row + (width - 1 - x) * channels + channel)
          }
        }
      }
    }
  }

  /// Moves the content `right` and `down` by whole pixels.
  mutating func translate(right: Int, down: Int) {
    guard right != 0 || down != 0 else { return }
    let (right, down) = (min(max(right, -width), width), min(max(down, -height), height))
    let (height, stride, channels) = (height, stride, channels)
    let length = (width - abs(right)) * channels
    let source = pixels
    pixels = [UInt8](repeating: 0, count: source.count)
    guard length > 0 else { return }
    source.withUnsafeBufferPointer { source in
      pixels.withUnsafeMutableBufferPointer { pixels in
        guard let from = source.baseAddress, let to = pixels.baseAddress else { return }
        for y in max(0, down)..<max(0, height + min(0, down)) {
          (to + y * stride + max(0, right) * channels).update(
            from: from + (y - down) * stride + max(0, -right) * channels, count: length)
        }
      }
    }
  }

  /// Slants the rows: each moves left by `slope` times its distance from the upper edge.
  mutating func shearHorizontally(_ slope: Double) {
    resample(AffineMap(a: 1, b: tan(atan(slope)), c: 0, d: 0, e: 1, f: 0))
  }

  /// Slants the columns: each moves up by `slope` times its distance from the left edge.
  mutating func shearVertically(_ slope: Double) {
    resample(AffineMap(a: 1, b: 0, c: 0, d: tan(atan(slope)), e: 1, f: 0))
  }

  /// Turns about the center, counter-clockwise in degrees; what leaves the frame is lost.
  mutating func rotate(degrees: Double) {
    var degrees = degrees.truncatingRemainder(dividingBy: 360)
    if degrees < 0 { degrees += 360 }
    if degrees == 0 { return }
    if degrees == 180 { return pixels = turned(by: 2) }
    if degrees == 90 || degrees == 270, width == height { return pixels = turned(by: degrees == 90 ? 1 : 3) }
    let angle = -degrees * (Double.pi / 180)
    let (cosine, sine) = (Self.rounded(cos(angle)), Self.rounded(sin(angle)))
    let (x, y) = (Double(width) / 2, Double(height) / 2)
    resample(
      AffineMap(
        a: cosine, b: sine, c: cosine * -x + sine * -y + x, d: -sine, e: cosine, f: -sine * -x + cosine * -y + y))
  }

  /// To 15 decimals: so that a right angle has a cosine of 0.
  private static func rounded(_ value: Double) -> Double { (value * 1e15).rounded(.toNearestOrEven) / 1e15 }

  /// The pixels after quarter turns counter-clockwise; odd numbers of a square image only.
  private func turned(by quarters: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: pixels.count)
    for y in 0..<height {
      for x in 0..<width {
        let (fromX, fromY) =
          switch quarters {
          case 1: (width - 1 - y, x)
          case 2: (width - 1 - x, height - 1 - y)
          default: (y, height - 1 - x)
          }
        for channel in 0..<channels {
          result[y * stride + x * channels + channel] = pixels[fromY * stride + fromX * channels + channel]
        }
      }
    }
    return result
  }

  /// Where a pixel (x, y) comes from: (a x + b y + c, d x + e y + f), measured at pixel centers.
  private struct AffineMap {
    var a, b, c, d, e, f: Double

    /// A coefficient in 16.16 fixed point, rounded. Pillow computes so up to 32,767 pixels a side; beyond, where it
    /// turns to floating point, single pixels can differ.
    static func fixed(_ value: Double) -> Int { Int((value * 65536 + 0.5).rounded(.down)) }
  }

  private mutating func resample(_ map: AffineMap) {
    if map.b == 0 && map.d == 0 { return }  // a = e = 1 in all that is used here
    let (width, height, channels) = (width, height, channels)
    let (a, b, d, e) = (
      AffineMap.fixed(map.a), AffineMap.fixed(map.b), AffineMap.fixed(map.d), AffineMap.fixed(map.e)
    )
    var rowX = AffineMap.fixed(map.c + map.a * 0.5 + map.b * 0.5)
    var rowY = AffineMap.fixed(map.f + map.d * 0.5 + map.e * 0.5)
    let source = pixels
    pixels = [UInt8](repeating: 0, count: source.count)
    source.withUnsafeBufferPointer { source in
      pixels.withUnsafeMutableBufferPointer { pixels in
        var place = 0
        for _ in 0..<height {
          var (x, y) = (rowX, rowY)
          for _ in 0..<width {
            let (column, row) = (x >> 16, y >> 16)
            if column >= 0 && column < width && row >= 0 && row < height {
              let from = (row &* width &+ column) &* channels
              pixels[place] = source[from]
              if channels == 3 {
                pixels[place &+ 1] = source[from &+ 1]
                pixels[place &+ 2] = source[from &+ 2]
              }
            }
            place += channels
            x &+= a
            y &+= d
          }
          rowX &+= b
          rowY &+= e
        }
      }
    }
  }
}
