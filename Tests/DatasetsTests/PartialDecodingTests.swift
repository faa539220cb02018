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
}
