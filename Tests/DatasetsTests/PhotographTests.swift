import Crypto
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// The 200 photographs of `../shared/data/imagenet-sample` against its manifest, and their regions against the whole.
@Suite(.enabled(if: hasSharedFolder, Comment(rawValue: sharedReason)))
struct PhotographTests {
  struct Photograph {
    var name: String
    var bytes: [UInt8]
    var width: Int
    var height: Int
    var components: Int
    var orientation: Int
    var means: [String]
  }

  func photographs() throws -> [Photograph] {
    let folder = (sharedFolder ?? URL(fileURLWithPath: "/")).appendingPathComponent("data/imagenet-sample")
    let lines = try String(contentsOf: folder.appendingPathComponent("manifest.csv"), encoding: .utf8)
      .split(separator: "\n").dropFirst()
    return try lines.map { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      let bytes = try Data(contentsOf: folder.appendingPathComponent("images/" + fields[0]))
      let digest = SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
      try #require(digest == fields[11])
      return try Photograph(
        name: fields[0], bytes: [UInt8](bytes), width: #require(Int(fields[2])), height: #require(Int(fields[3])),
        components: #require(Int(fields[4])), orientation: Int(fields[6]) ?? 1, means: Array(fields[8...10]))
    }
  }

  @Test func sizesAndMeansAreTheManifests() throws {
    let decoder = ImageDecoder()
    let photographs = try photographs()
    #expect(photographs.count == 200)
    for photograph in photographs {
      let header = try decoder.header(photograph.bytes)
      let picture = try decoder.decode(photograph.bytes)
      let isTurned = header.orientation > 4
      #expect(header.width == (isTurned ? photograph.height : photograph.width), "\(photograph.name)")
      #expect(header.height == (isTurned ? photograph.width : photograph.height), "\(photograph.name)")
      #expect(header.orientation == max(photograph.orientation, 1), "\(photograph.name)")
      #expect(header.channels == photograph.components && header.bits == 8)
      #expect(picture.width == header.width && picture.height == header.height)
      var sums = [0, 0, 0]
      for place in stride(from: 0, to: picture.pixels.count, by: 3) {
        for channel in 0..<3 { sums[channel] += Int(picture.pixels[place + channel]) }
      }
      let means = sums.map { String(format: "%.3f", Double($0) / Double(picture.width * picture.height)) }
      #expect(means == photograph.means, "\(photograph.name)")
    }
  }

  /// With each level of vector instructions, regions equal the whole's, resized.
  @Test func regionsEqualTheWhole() throws {
    let levels = (0..<4).map { level in
      let decoder = ImageDecoder()
      decoder.withholdVectors(level)
      return decoder
    }
    for (number, photograph) in try photographs().enumerated() {
      let whole = try levels[0].decode(photograph.bytes)
      var random = CounterGenerator(seed: 31, purpose: .bench, UInt64(number))
      for round in 0..<4 {
        let source =
          round < 2
          ? random.region(width: whole.width, height: whole.height)
          : random.crop(width: whole.width, height: whole.height)
        let plan = ResizePlan(
          source, width: 64 + random.below(161), height: 224, interpolation: round % 2 == 0 ? .bicubic : .bilinear)
        let expected = try levels[0].resize(whole, plan)
        for decoder in levels {
          #expect(try decoder.decode(photograph.bytes) { _ in plan } == expected, "\(photograph.name), \(plan)")
        }
        #expect(try levels[2].resize(whole, plan) == expected, "\(photograph.name), \(plan)")
      }
    }
  }

  /// Decoding at a fraction of the size, as training may: every crop stays within 2 levels on average, and at 35 dB.
  @Test(arguments: [96, 160, 224]) func scaledDecodingIsClose(target: Int) throws {
    let decoder = ImageDecoder()
    var worst = (mean: 0.0, ratio: Double.infinity)
    var count = 0
    for (number, photograph) in try photographs().enumerated() {
      var random = CounterGenerator(seed: 37, purpose: .bench, UInt64(number))
      let header = try decoder.header(photograph.bytes)
      for _ in 0..<10 {
        let source = random.crop(width: header.width, height: header.height)
        // Less is never decoded scaled.
        guard min(source.width, source.height) >= 2 * target else { continue }
        func read(isScaled: Bool) throws -> Bitmap {
          try decoder.decode(photograph.bytes) { _ in
            ResizePlan(source, width: target, height: target, isScaled: isScaled)
          }
        }
        let (mean, ratio) = try read(isScaled: false).closeness(to: read(isScaled: true))
        if mean == 0 { continue }
        count += 1
        worst = (max(worst.mean, mean), min(worst.ratio, ratio))
        #expect(mean <= 2 && ratio >= 35, "\(photograph.name), \(source): \(mean) levels, \(ratio) dB")
      }
    }
    print("scaled to \(target): \(count) crops, mean difference at most \(worst.mean), at least \(worst.ratio) dB")
    #expect(count >= 10)
  }
}

extension CounterGenerator {
  /// A random resized crop: 8 to 100 % of the area, aspect 3/4 to 4/3.
  mutating func crop(width: Int, height: Int) -> PixelRegion {
    for _ in 0..<10 {
      let area = Double(width * height) * uniform(0.08, 1)
      let aspect = exp(uniform(log(0.75), log(4.0 / 3)))
      let (w, h) = (Int((area * aspect).squareRoot().rounded()), Int((area / aspect).squareRoot().rounded()))
      if w > 0, h > 0, w <= width, h <= height {
        return PixelRegion(x: below(width - w + 1), y: below(height - h + 1), width: w, height: h)
      }
    }
    return PixelRegion(x: 0, y: 0, width: width, height: height)
  }
}

extension Bitmap {
  /// Mean absolute difference of values, and peak signal-to-noise ratio in dB.
  func closeness(to other: Bitmap) -> (mean: Double, ratio: Double) {
    var sum = 0
    var squares = 0
    for (a, b) in zip(pixels, other.pixels) {
      let difference = abs(Int(a) - Int(b))
      sum += difference
      squares += difference * difference
    }
    let count = Double(max(pixels.count, 1))
    return (Double(sum) / count, 10 * log10(255 * 255 * count / Double(max(squares, 1))))
  }
}
