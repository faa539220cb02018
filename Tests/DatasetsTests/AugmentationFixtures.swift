import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What `Fixtures/augmentation.py` measured with torchvision 0.28.0, Pillow 13.0.0 and SciPy 1.17.1.
struct AugmentationFixtures: Decodable {
  struct Operations: Decodable {
    struct Case: Decodable {
      var kind: String
      var size: [Int]
      var digests: [String: [String]]
    }
    var magnitudes: [String: [Double]]
    var cases: [Case]
    var pixels: [String: Data]
  }
  struct Magnitudes: Decodable {
    var wide: Bool
    var bins: Int
    var size: [Int]
    var name: String
    var signed: Bool
    var values: [Double]
  }
  /// The share of `count` draws at or below each value; without a count, the exact share.
  struct Shares: Decodable {
    var count: Int?
    var at: [Double]
    var share: [Double]
  }
  struct Rectangles: Decodable {
    var size: [Int]
    var x: Shares
    var y: Shares
    var width: Shares
    var height: Shares
    var area: Shares?
    var aspect: Shares?
    var weight: Shares?
    var draws: Int?
    var fallbacks: Int?
    var erased: Int?
  }
  struct Fallback: Decodable {
    var size: [Int]
    var rectangle: [Int]
  }
  struct Jitter: Decodable {
    var order: [String: Int]
    var brightness: Shares
    var contrast: Shares
    var saturation: Shares
    var hue: Shares
  }
  struct Policy: Decodable {
    var spec: String
    var draws: Int
    var counts: [String: Int]
  }
  struct Beta: Decodable {
    var alpha: Double
    var at: [Double]
    var share: [Double]
    var shares: Shares { Shares(count: nil, at: at, share: share) }
  }
  struct MixingCase: Decodable {
    var lambda: Double
    var mixed: [Float]
    var box: [Int]
    var cut: [Float]
    var target: [[Double]]
  }
  var operations: Operations
  var magnitudes: [Magnitudes]
  /// Each policy's pairs of "operation probability strength".
  var tables: [String: [[String]]]
  var crops: [Rectangles]
  var fallbacks: [Fallback]
  var jitter: Jitter
  var erasures: [Rectangles]
  var policies: [Policy]
  var betas: [Beta]
  var boxes: [Rectangles]
  var mixing: MixingCase
  /// The value that chi-square exceeds with probability 1e-4, by degrees of freedom from 1.
  var chi: [Double]

  static func load() throws -> AugmentationFixtures { try fixture(AugmentationFixtures.self, "augmentation.json") }
}

/// The image that `picture` in `Fixtures/augmentation.py` makes.
func picture(_ kind: String, _ width: Int, _ height: Int, _ channels: Int) -> Bitmap {
  var image = Bitmap(width: width, height: height, channels: channels, filled: 77)
  var place = 0
  for y in 0..<height {
    for x in 0..<width {
      for c in 0..<channels {
        switch kind {
        case "colors": image.pixels[place] = UInt8((y * width + x) / [2704, 52, 1][c] % 52 * 5)
        case "noise": image.pixels[place] = UInt8(256 * counterUniform(1, place))
        case "dull": image.pixels[place] = UInt8(90 + Int(60 * counterUniform(2, place)))
        case "smooth":
          let most = max(1, (width - 1) * (c + 1) + (height - 1) * (3 - c))
          image.pixels[place] = UInt8(255 * (x * (c + 1) + y * (3 - c)) / most)
        default: break
        }
        place += 1
      }
    }
  }
  return image
}

/// FNV-1a, 64 bits, hexadecimal.
func digest(_ bytes: [UInt8]) -> String {
  let value = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  let text = String(value, radix: 16)
  return String(repeating: "0", count: 16 - text.count) + text
}

/// The largest gap between the shares of `values` and those expected, as a multiple of what is exceeded with probability
/// 1e-4 if both have one law (Kolmogorov and Smirnov): above 1 they differ.
func kolmogorov(_ values: [Double], _ expected: AugmentationFixtures.Shares) -> Double {
  let sorted = values.sorted()
  var gap = 0.0
  for (at, share) in zip(expected.at, expected.share) {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] <= at { low = middle + 1 } else { high = middle }
    }
    gap = max(gap, abs(Double(low) / Double(sorted.count) - share))
  }
  let n = Double(sorted.count)
  let effective = expected.count.map { n * Double($0) / (n + Double($0)) } ?? n
  return gap * effective.squareRoot() / (-log(1e-4 / 2) / 2).squareRoot()
}

/// Chi-square of two samples of counts, as a multiple of what is exceeded with probability 1e-4 if both have one law.
/// Rare kinds are taken together, so that none is expected fewer than five times.
func chiSquare(_ a: [String: Int], _ b: [String: Int], critical: [Double]) -> Double {
  let (n, m) = (Double(a.values.reduce(0, +)), Double(b.values.reduce(0, +)))
  var cells: [(Double, Double)] = []
  var rest = (0.0, 0.0)
  for key in Set(a.keys).union(b.keys) {
    let cell = (Double(a[key] ?? 0), Double(b[key] ?? 0))
    if (cell.0 + cell.1) * min(n, m) / (n + m) < 5 {
      rest = (rest.0 + cell.0, rest.1 + cell.1)
    } else {
      cells.append(cell)
    }
  }
  if rest.0 + rest.1 > 0 { cells.append(rest) }
  let (p, q) = ((m / n).squareRoot(), (n / m).squareRoot())
  let sum = cells.reduce(0.0) { $0 + (p * $1.0 - q * $1.1) * (p * $1.0 - q * $1.1) / ($1.0 + $1.1) }
  guard cells.count > 1 else { return sum == 0 ? 0 : .infinity }
  return sum / critical[cells.count - 2]
}

/// An augmentation of the list by its text.
func augmentation<A: Augmentation>(_ type: A.Type, _ text: String) throws -> A {
  try #require(AugmentationSpec.list(parsing: text).first?.augmentation() as? A)
}

/// The generator of a sample in the first epoch of seed 11.
func generator(_ sample: Int) -> CounterGenerator {
  CounterGenerator(seed: 11, purpose: .augmentation, 0, UInt64(sample))
}
