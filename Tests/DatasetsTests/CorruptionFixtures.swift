import Foundation
import TestSupport

@testable import Datasets

/// What `Fixtures/corruptions.py` wrote.
struct CorruptionFixtures: Decodable {
  struct Case: Decodable {
    var name: String
    var severity: Int
    var expected: Data
    var stream: UInt64?
    var angle: Double?
    var texture: [Int]?
    var crop: [Int]?
    var points: [[Double]]?
    var moved: [[Double]]?
  }
  struct Disc: Decodable {
    var radius: Double
    var softness: Double
    var kernel: [Double]
  }
  struct Poisson: Decodable {
    var mean: Double
    var uniforms: [Double]
    var counts: [Int]
  }
  var height: Int
  var width: Int
  var cases: [Case]
  var discs: [Disc]
  var poisson: [Poisson]

  static func load() throws -> CorruptionFixtures { try fixture(CorruptionFixtures.self, "corruptions.json") }

  /// The image that the script corrupts: a gradient with noise, a white and a black square.
  static func picture(height: Int, width: Int) -> Bitmap {
    var image = Bitmap(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          let place = (y * width + x) * 3 + c
          let white = (4..<14).contains(y) && (5..<17).contains(x)
          let black = (20..<28).contains(y) && (22..<34).contains(x)
          let shade = (y * 3 + x * 2 + c * 30 + Int(counterUniform(1, place) * 60)) % 256
          image.pixels[place] = white ? 255 : black ? 0 : UInt8(shade)
        }
      }
    }
    return image
  }

  /// The texture that the script lays over the image.
  static func texture(height: Int, width: Int) -> Bitmap {
    var image = Bitmap(width: width, height: height)
    for place in image.pixels.indices {
      let (y, x, c) = (place / (width * 3), place / 3 % width, place % 3)
      image.pixels[place] = UInt8((y * 5 + x * 3 + c * 40 + Int(counterUniform(7, place) * 30)) % 256)
    }
    return image
  }
}

/// A stream of `counterUniform`, handed out in order.
final class CountedNumbers {
  let stream: UInt64
  var place = 0
  init(_ stream: UInt64) { self.stream = stream }
  func next() -> Double {
    defer { place += 1 }
    return counterUniform(stream, place)
  }
  func take(_ count: Int, _ low: Double, _ high: Double) -> [Double] {
    (0..<count).map { _ in low + (high - low) * next() }
  }
}

/// How two images differ.
struct PixelGap: CustomStringConvertible {
  /// The largest difference, in levels.
  var largest = 0
  /// How many values differ.
  var count = 0

  init(_ a: some Collection<UInt8>, _ b: some Collection<UInt8>) {
    guard a.count == b.count else {
      (largest, count) = (255, max(a.count, b.count))
      return
    }
    for (x, y) in zip(a, b) where x != y {
      largest = max(largest, abs(Int(x) - Int(y)))
      count += 1
    }
  }
  var description: String { "\(count) values differ, by \(largest) at most" }
}
