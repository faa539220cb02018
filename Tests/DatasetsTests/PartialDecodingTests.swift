import Testing

@testable import Datasets

/// Decoding a region equals decoding all, cropping and resizing, byte for byte.
@Suite struct PartialDecodingTests {
  @Test(arguments: ImageFixtures.good.filter { !$0.isLarge }) func equalsTheWhole(_ fixture: ImageFixtures.Good) throws
  {
    let bytes = fixture.bytes
    let decoder = ImageDecoder()
    let whole = try decoder.decode(bytes)
    var random = CounterGenerator(seed: 11, purpose: .bench, UInt64(bytes.count))
    for _ in 0..<(fixture.name.hasPrefix("jpeg larger") ? 400 : 40) {
      let source = random.region(width: fixture.width, height: fixture.height)
      let isSame = random.below(3) == 0
      let (width, height) = isSame ? (source.width, source.height) : (1 + random.below(40), 1 + random.below(40))
      let window = random.below(2) == 0 ? nil : random.region(width: width, height: height)
      let plan = ResizePlan(
        source, width: width, height: height, window: window,
        interpolation: random.below(2) == 0 ? .bilinear : .bicubic)
      #expect(try decoder.decode(bytes) { _ in plan } == decoder.resize(whole, plan), "\(plan)")
    }
  }

  /// Mirrored and normalized on the way: the same region, each value by one product and one sum.
  @Test(arguments: ImageFixtures.good.filter { !$0.isLarge }) func normalized(_ fixture: ImageFixtures.Good) throws {
    let decoder = ImageDecoder()
    let normalization = PixelNormalization(scale: [0.017, 0.0175, 0.0181], offset: [-2.1, -2.03, -1.8])
    var random = CounterGenerator(seed: 12, purpose: .bench, UInt64(fixture.bytes.count))
    for round in 0..<12 {
      let source = random.region(width: fixture.width, height: fixture.height)
      let (width, height) = (1 + random.below(40), 1 + random.below(9))
      let plan = ResizePlan(source, width: width, height: height)
      let bytes = try decoder.decode(fixture.bytes) { _ in plan }
      let expected = (0..<height * width * 3).map { place in
        let (channel, x, y) = (place % 3, place / 3 % width, place / 3 / width)
        let column = round % 2 == 1 ? width - 1 - x : x
        let byte = bytes.pixels[(y * width + column) * 3 + channel]
        let product = Float(byte) * normalization.scale[channel]
        return product + normalization.offset[channel]
      }
      var values = [Float](repeating: 0, count: expected.count)
      try values.withUnsafeMutableBufferPointer { out in
        let out = try #require(out.baseAddress)
        try fixture.bytes.withUnsafeBytes { file in
          try decoder.decode(file, into: out, normalization: normalization) { _ in (plan, round % 2 == 1) }
        }
      }
      #expect(values == expected, "\(plan)")
      if round % 2 == 0 {
        var apart = [Float](repeating: 0, count: expected.count)
        try bytes.pixels.withUnsafeBufferPointer { pixels in
          try apart.withUnsafeMutableBufferPointer {
            normalization.apply(to: pixels, into: try #require($0.baseAddress))
          }
        }
        #expect(apart == expected)
      }
    }
  }
}
