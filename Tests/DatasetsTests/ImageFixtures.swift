import Crypto
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What `Fixtures/images.py` wrote.
struct ImageFixtures: Decodable {
  /// Bytes that stand in a file some times in a row.
  struct Piece: Decodable {
    var bytes: Data
    var times: Int
  }
  /// A file and its upright RGB pixels, or their SHA-256.
  struct Good: Decodable, CustomTestStringConvertible {
    var name: String
    var file: [Piece]
    var width: Int
    var height: Int
    var orientation: Int
    var channels: Int
    var bits: Int
    var isExact: Bool
    var pixels: Data?
    var sha256: String?
    /// The SHA-256 that older versions of the library come to.
    var older: String?

    var bytes: [UInt8] { ImageFixtures.joined(file) }
    var testDescription: String { name }
    /// The files with ballast.
    var isLarge: Bool { bytes.count > 8192 }
  }
  /// A file that must be refused.
  struct Bad: Decodable, CustomTestStringConvertible {
    var name: String
    var file: [Piece]
    var kind: ImageFault.Kind

    var bytes: [UInt8] { ImageFixtures.joined(file) }
    var testDescription: String { name }
  }
  /// Pillow's crop and resize of `noise(stream)`, by SHA-256.
  struct Resize: Decodable, CustomTestStringConvertible {
    var stream: UInt64
    var size: [Int]
    var source: [Int]
    var target: [Int]
    var interpolation: Interpolation
    var sha256: String

    var testDescription: String { "\(size), \(source) to \(target), \(interpolation)" }
    var plan: ResizePlan {
      let region = PixelRegion(x: source[0], y: source[1], width: source[2], height: source[3])
      return ResizePlan(region, width: target[0], height: target[1], interpolation: interpolation)
    }
    /// Noise with many values at the ends of the range, as in the script.
    var noise: Bitmap {
      let values = (0..<size[0] * size[1] * 3).map { place in
        UInt8(max(0, min(255, Int(counterUniform(stream, place) * 256) * 2 - 128)))
      }
      return Bitmap(unchecked: values, width: size[0], height: size[1], channels: 3)
    }
  }

  var good: [Good]
  var bad: [Bad]
  var resizes: [Resize]

  /// Read once; the tests that run over its parts fail where it cannot be read.
  static let shared = try? fixture(ImageFixtures.self, "images.json")
  static let good = shared?.good ?? []
  static let bad = shared?.bad ?? []
  static let resizes = shared?.resizes ?? []

  static func good(_ name: String) -> Good? { good.first { $0.name == name } }

  private static func joined(_ file: [Piece]) -> [UInt8] {
    file.flatMap { piece in repeatElement([UInt8](piece.bytes), count: piece.times).joined() }
  }
}

extension ImageDecoder {
  /// The whole picture.
  func decode(_ bytes: [UInt8], pixelLimit: Int = ImageDecoder.pixelLimit) throws(ImageFault) -> Bitmap {
    try bytes.withRaw { raw throws(ImageFault) in try decode(raw, pixelLimit: pixelLimit) }
  }

  /// Part of the picture.
  func decode(_ bytes: [UInt8], plan: (ImageHeader) -> ResizePlan) throws(ImageFault) -> Bitmap {
    try bytes.withRaw { raw throws(ImageFault) in try decode(raw, plan: plan) }
  }

  func header(_ bytes: [UInt8]) throws(ImageFault) -> ImageHeader {
    try bytes.withRaw { raw throws(ImageFault) in try header(raw) }
  }
}

extension [UInt8] {
  /// `withUnsafeBytes` with a typed error.
  func withRaw<T>(_ body: (UnsafeRawBufferPointer) throws(ImageFault) -> T) throws(ImageFault) -> T {
    let result: Result<T, ImageFault> = withUnsafeBytes { raw in
      do throws(ImageFault) { return .success(try body(raw)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}

extension Bitmap {
  /// SHA-256 of the pixels.
  var digest: String {
    SHA256.hash(data: pixels).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// The largest difference of a value; nil if the sizes differ.
  func distance(to other: [UInt8]) -> Int? {
    guard pixels.count == other.count else { return nil }
    return zip(pixels, other).reduce(0) { max($0, abs(Int($1.0) - Int($1.1))) }
  }

  func cropped(_ region: PixelRegion) -> Bitmap {
    var rows: [UInt8] = []
    for y in region.y..<region.y + region.height {
      let start = (y * width + region.x) * channels
      rows += pixels[start..<start + region.width * channels]
    }
    return Bitmap(unchecked: rows, width: region.width, height: region.height, channels: channels)
  }
}

extension CounterGenerator {
  /// A region of random size and place; its sides are often 1 pixel, and it often touches a border.
  mutating func region(width: Int, height: Int) -> PixelRegion {
    func side(_ limit: Int) -> (Int, Int) {
      let length = below(4) == 0 ? 1 : 1 + below(limit)
      let place = below(4)
      return (place == 0 ? 0 : place == 1 ? limit - length : below(limit - length + 1), length)
    }
    let ((x, width), (y, height)) = (side(width), side(height))
    return PixelRegion(x: x, y: y, width: width, height: height)
  }
}

/// The fault that the body throws; nil if it throws none.
func imageFault(_ body: () throws(ImageFault) -> Void) -> ImageFault? {
  do {
    try body()
    return nil
  } catch { return error }
}
