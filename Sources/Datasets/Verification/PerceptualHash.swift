import Foundation

/// What a picture looks like, in 256 signs: re-encoding, resizing and brightness leave nearly all of them as they are.
///
/// The picture is reduced to 32 x 32 values of luma (0.299 R + 0.587 G + 0.114 B), each the mean over its share of the
/// area, and transformed by an orthonormal DCT-II. Kept are the signs of the 256 lowest frequencies but the mean, in
/// the order of u + v, then max(u, v), then u, where u counts along the columns; and which of them are certain, because
/// their amplitude is more than encoding changes. Two pictures are near if at most 6 of the first 64 signs differ (all
/// 64, so that they can be looked up) and at most a 16th of those of the 256 that are certain in both.
///
/// This is the idea of the "pHash" of Zauner, "Implementation and benchmarking of perceptual image hash functions"
/// (2010), with three changes. Signs instead of comparison with the median, so that contrast and added brightness
/// change nothing. The lowest 64 frequencies instead of an 8 x 8 block. And the further signs, because 64 do not tell
/// apart pictures of one simple kind, such as digits or clothes (figures at `Duplicates`).
///
/// A picture with little in it (one colour, a gradient) has few certain signs; `isBlank` says so, and a search leaves
/// it out, or all such pictures would be near to each other.
public struct PerceptualHash: Hashable, Sendable, Codable {
  /// Side of the reduced picture.
  private static let side = 32
  /// Frequencies along one axis that occur among the bits.
  private static let span = 22

  /// The places (u, v) of the 256 frequencies.
  static let frequencies: [(u: Int, v: Int)] = {
    var all: [(u: Int, v: Int)] = []
    for u in 0..<side { for v in 0..<side where u + v > 0 { all.append((u, v)) } }
    all.sort { ($0.u + $0.v, max($0.u, $0.v), $0.u) < ($1.u + $1.v, max($1.u, $1.v), $1.u) }
    return Array(all.prefix(256))
  }()

  /// cos(pi (2 x + 1) u / 64) with the factor that makes rows orthonormal, [span, side].
  private static let cosines: [Double] = {
    var rows: [Double] = []
    for u in 0..<span {
      let factor = (Double(u == 0 ? 1 : 2) / Double(side)).squareRoot()
      for x in 0..<side {
        let angle = Double.pi * Double((2 * x + 1) * u) / Double(2 * side)
        rows.append(factor * cos(angle))
      }
    }
    return rows
  }()

  /// Signs of the 64 lowest frequencies, the lowest in bit 0: what a search looks up.
  public let bits: UInt64
  /// Signs of the 192 that follow.
  let detail: Words
  /// Which of the 64 and of the 192 signs are certain.
  let certain: UInt64
  let certainDetail: Words

  /// Three words of bits.
  struct Words: Hashable, Sendable, Codable {
    var a: UInt64
    var b: UInt64
    var c: UInt64
  }

  /// Amplitude from which a sign is certain, in gray levels. JPEG of quality 10 to 50 changes amplitudes of photographs
  /// by 0.03 to 0.1.
  static let leastAmplitude = 0.1
  /// Below this many certain signs a hash says nothing.
  public static let leastCertain = 24

  /// Whether the picture has too little contrast, or too few frequencies, for its hash to tell it from others: fewer
  /// than 24 of the first 64 signs are certain.
  public var isBlank: Bool { certain.nonzeroBitCount < Self.leastCertain }

  /// The hash of a picture, in time proportional to its pixels.
  public init(_ image: Bitmap) {
    var signs: [UInt64] = [0, 0, 0, 0]
    var certain = signs
    for (place, value) in Self.amplitudes(of: image).enumerated() {
      if value > 0 { signs[place / 64] |= 1 << UInt64(place % 64) }
      if abs(value) >= Self.leastAmplitude { certain[place / 64] |= 1 << UInt64(place % 64) }
    }
    self.init(signs: signs, certain: certain)
  }

  /// A hash from two times four words.
  init(signs: [UInt64], certain: [UInt64]) {
    bits = signs[0]
    detail = Words(a: signs[1], b: signs[2], c: signs[3])
    self.certain = certain[0]
    certainDetail = Words(a: certain[1], b: certain[2], c: certain[3])
  }

  /// Hashes that share their first signs mostly share all.
  public func hash(into hasher: inout Hasher) { hasher.combine(bits) }

  /// How many signs are certain in both, and how many of those differ.
  public func difference(from other: PerceptualHash) -> (differing: Int, compared: Int) {
    let common = certain & other.certain
    let a = certainDetail.a & other.certainDetail.a
    let b = certainDetail.b & other.certainDetail.b
    let c = certainDetail.c & other.certainDetail.c
    let differing =
      ((bits ^ other.bits) & common).nonzeroBitCount + ((detail.a ^ other.detail.a) & a).nonzeroBitCount
      + ((detail.b ^ other.detail.b) & b).nonzeroBitCount + ((detail.c ^ other.detail.c) & c).nonzeroBitCount
    let compared = common.nonzeroBitCount + a.nonzeroBitCount + b.nonzeroBitCount + c.nonzeroBitCount
    return (differing, compared)
  }

  /// The 256 amplitudes in gray levels: squares sum to the variance that these frequencies hold.
  static func amplitudes(of image: Bitmap) -> [Double] {
    let gray = reduced(image)
    var half = [Double](repeating: 0, count: span * side)  // [u, x]
    for u in 0..<span {
      for y in 0..<side {
        let weight = cosines[u * side + y]
        for x in 0..<side { half[u * side + x] += weight * gray[y * side + x] }
      }
    }
    return frequencies.map { place in
      var sum = 0.0
      for x in 0..<side { sum += half[place.u * side + x] * cosines[place.v * side + x] }
      return sum / Double(side)
    }
  }

  /// Means of luma over 32 x 32 equal rectangles, exact but for one division.
  static func reduced(_ image: Bitmap) -> [Double] {
    let (width, height, channels) = (image.width, image.height, image.channels)
    // In units of a 32nd of a pixel, rectangle o covers o * width ..< (o + 1) * width, a pixel 32.
    var sums = [Int](repeating: 0, count: side * side)
    var row = [Int](repeating: 0, count: side)
    image.pixels.withUnsafeBufferPointer { pixels in
      for y in 0..<height {
        let start = y * width * channels
        for o in 0..<side {
          let (low, high) = (o * width, (o + 1) * width)
          var sum = 0
          for x in low / side..<(high + side - 1) / side {
            let share = min(high, (x + 1) * side) - max(low, x * side)
            let at = start + x * channels
            // Thousandths of luma.
            let luma =
              channels == 1
              ? 1000 * Int(pixels[at])
              : 299 * Int(pixels[at]) + 587 * Int(pixels[at + 1]) + 114 * Int(pixels[at + 2])
            sum += luma * share
          }
          row[o] = sum
        }
        for o in y * side / height..<min(side, ((y + 1) * side + height - 1) / height) {
          let share = min((o + 1) * height, (y + 1) * side) - max(o * height, y * side)
          for x in 0..<side { sums[o * side + x] += share * row[x] }
        }
      }
    }
    let whole = 1000 * Double(width) * Double(height)
    return sums.map { Double($0) / whole }
  }
}
