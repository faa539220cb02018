import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What `Fixtures/verification.py` wrote.
struct VerificationFixtures: Decodable {
  struct Picture: Decodable {
    var shape: [Int]
    var pixels: Data
    var amplitudes: [Double]?

    func bitmap() throws -> Bitmap {
      try #require(Bitmap(width: shape[1], height: shape[0], channels: shape[2], pixels: [UInt8](pixels)))
    }
  }
  struct Pairing: Decodable {
    var size: Int
    var scores: [Int]
    var best: Int
  }
  var hashes: [Picture]
  var copies: [[Picture]]
  var learning: [LearningCase]
  var assignment: [Pairing]
  var binomial: [[Double]]

  static func load() throws -> VerificationFixtures { try fixture(Self.self, "verification.json") }
}

@Suite struct VerificationHashTests {
  @Test func amplitudesAndSignsAreThoseOfSciPy() throws {
    for picture in try VerificationFixtures.load().hashes {
      let image = try picture.bitmap()
      let expected = try #require(picture.amplitudes)
      let found = PerceptualHash.amplitudes(of: image)
      #expect(found.count == 256 && expected.count == 256)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 * 255 })
      let hash = PerceptualHash(image)
      let words = [hash.bits, hash.detail.a, hash.detail.b, hash.detail.c]
      for (place, value) in expected.enumerated() where abs(value) > 1e-9 {
        #expect((words[place / 64] >> UInt64(place % 64)) & 1 == (value > 0 ? 1 : 0))
      }
      let certain = [hash.certain, hash.certainDetail.a, hash.certainDetail.b, hash.certainDetail.c]
      #expect(certain.reduce(0) { $0 + $1.nonzeroBitCount } == expected.count { abs($0) >= 0.1 })
      #expect(hash.certain.nonzeroBitCount == expected.prefix(64).count { abs($0) >= 0.1 })
    }
  }

  @Test func copiesAreNearAndOthersAreNot() throws {
    let copies = try VerificationFixtures.load().copies.map { try $0.map { PerceptualHash(try $0.bitmap()) } }
    for (place, hashes) in copies.enumerated() {
      #expect(hashes.allSatisfy { !$0.isBlank })
      for copy in hashes {
        let (differing, compared) = copy.difference(from: hashes[0])
        #expect((copy.bits ^ hashes[0].bits).nonzeroBitCount <= 6 && compared >= 24 && 16 * differing <= compared)
        for other in copies[(place + 1)...].joined() { #expect((copy.bits ^ other.bits).nonzeroBitCount > 8) }
      }
    }
  }

  /// Closed form: one cosine has one amplitude, the root mean square of what it adds.
  @Test func oneCosineIsOneAmplitude() throws {
    let (u, v, size) = (3, 5, 64)
    var pixels: [UInt8] = []
    for y in 0..<size {
      for x in 0..<size {
        let wave =
          cos(.pi * (Double(y) + 0.5) * Double(u) / Double(size))
          * cos(.pi * (Double(x) + 0.5) * Double(v) / Double(size))
        pixels.append(UInt8((128 + 100 * wave).rounded()))
      }
    }
    let image = try #require(Bitmap(width: size, height: size, channels: 1, pixels: pixels))
    let amplitudes = PerceptualHash.amplitudes(of: image)
    for (place, frequency) in PerceptualHash.frequencies.enumerated() {
      // A mean over two pixels multiplies by the cosine of half a step; rounding to bytes leaves less than 0.03.
      let (a, b) = (Double.pi * Double(u) / 128, Double.pi * Double(v) / 128)
      let expected = frequency.u == u && frequency.v == v ? 50 * cos(a) * cos(b) : 0
      #expect(abs(amplitudes[place] - expected) < 0.03)
    }
  }

  @Test func brightnessAndContrastChangeNothing() throws {
    let image = try VerificationFixtures.load().hashes[0].bitmap()
    var other = image
    other.pixels = image.pixels.map { $0 / 2 + 60 }
    let wide = PerceptualHash(image)
    let (differing, compared) = PerceptualHash(other).difference(from: wide)
    #expect(differing == 0 && compared >= 64 && (PerceptualHash(other).bits ^ wide.bits).nonzeroBitCount <= 2)
    // Gray as three equal channels is the same picture.
    let gray = try VerificationFixtures.load().hashes[5].bitmap()
    let tripled = try #require(
      Bitmap(width: gray.width, height: gray.height, channels: 3, pixels: gray.pixels.flatMap { [$0, $0, $0] }))
    #expect(PerceptualHash(tripled) == PerceptualHash(gray))
  }

  @Test func picturesWithNothingInThemAreBlank() throws {
    #expect(PerceptualHash(Bitmap(width: 300, height: 200, filled: 200)).isBlank)
    let ramp = try #require(
      Bitmap(width: 256, height: 64, channels: 1, pixels: (0..<256 * 64).map { UInt8($0 % 256) }))
    #expect(PerceptualHash(ramp).isBlank)
    // One colour with the noise of a camera.
    let noise = counterNumbers(7, 224 * 224, 6).map { UInt8(128 + $0.rounded()) }
    #expect(PerceptualHash(try #require(Bitmap(width: 224, height: 224, channels: 1, pixels: noise))).isBlank)
    for picture in try VerificationFixtures.load().hashes where picture.shape[0] > 20 {
      #expect(!PerceptualHash(try picture.bitmap()).isBlank)
    }
  }
}

@Suite struct VerificationSearchTests {
  /// Random words with near copies at every distance, against the comparison of all pairs.
  static func words(_ count: Int, seed: UInt64) -> [UInt64] {
    var random = CounterGenerator(seed: seed, purpose: .bench)
    var words: [UInt64] = []
    while words.count < count {
      let word = random.next()
      words.append(word)
      for flips in 0..<random.below(12) {
        words.append((0..<flips).reduce(word) { old, _ in old ^ 1 << UInt64(random.below(64)) })
      }
    }
    return words
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5, 8, 12, 31, 63, 64, 90])
  func pairsAreThoseOfTheSlowWay(distance: Int) {
    let words = Self.words(distance > 12 ? 150 : 1500, seed: UInt64(distance))
    var slow: [HammingSearch.Pair] = []
    for i in words.indices {
      for j in i + 1..<words.count where (words[i] ^ words[j]).nonzeroBitCount <= distance {
        slow.append(.init(first: i, second: j, distance: (words[i] ^ words[j]).nonzeroBitCount))
      }
    }
    #expect(!slow.isEmpty)
    #expect(HammingSearch.pairs(words, within: distance) == slow)
  }

  /// Whatever the number of words makes the search choose: every choice of bits that differ is covered.
  @Test(arguments: [1_000, 100_000, 10_000_000])
  func masksCoverEveryDifference(count: Int) {
    var random = CounterGenerator(seed: 5, purpose: .bench)
    for distance in 0...8 {
      let masks = HammingSearch.masks(count: count, within: distance)
      #expect(!masks.contains(0), "compares all pairs of \(count) within \(distance)")
      for _ in 0..<200 {
        let difference = (0..<distance).reduce(UInt64(0)) { old, _ in old | 1 << UInt64(random.below(64)) }
        #expect(masks.contains { $0 & difference == 0 })
      }
    }
  }

  @Test func fewWords() {
    #expect(HammingSearch.pairs([], within: 4).isEmpty)
    #expect(HammingSearch.pairs([7], within: 4).isEmpty)
    #expect(HammingSearch.pairs([7, 7], within: -1).isEmpty)
    #expect(HammingSearch.pairs([7, 7], within: 0) == [.init(first: 0, second: 1, distance: 0)])
    #expect(HammingSearch.pairs([0, .max], within: 64) == [.init(first: 0, second: 1, distance: 64)])
  }
}
