import Testing

@testable import Datasets

/// Resizing, byte for byte as Pillow's.
@Suite struct ImageResizingTests {
  /// How many of the widest vector instruction sets are left unused.
  @Test(arguments: [0, 1, 2, 3]) func equalsPillow(withheld: Int) throws {
    let decoder = ImageDecoder()
    decoder.withholdVectors(withheld)
    for fixture in ImageFixtures.resizes {
      #expect(try decoder.resize(fixture.noise, fixture.plan).digest == fixture.sha256, "\(fixture.testDescription)")
    }
  }

  /// A window of the result is that part of the result.
  @Test(arguments: [0, 1, 2, 3]) func windows(withheld: Int) throws {
    let decoder = ImageDecoder()
    decoder.withholdVectors(withheld)
    var random = CounterGenerator(seed: 5, purpose: .bench)
    for fixture in ImageFixtures.resizes {
      var plan = fixture.plan
      let noise = fixture.noise
      let whole = try decoder.resize(noise, plan)
      for _ in 0..<6 {
        plan.window = random.region(width: plan.width, height: plan.height)
        #expect(
          try decoder.resize(noise, plan) == whole.cropped(plan.window), "\(fixture.testDescription), \(plan.window)")
      }
    }
  }

  @Test func grayStaysGray() throws {
    let fixture = try #require(ImageFixtures.resizes.first)
    let gray = fixture.noise.luma()
    let small = try gray.resized(width: 7, height: 19)
    #expect(small.channels == 1)
    #expect(try gray.repeated().resized(width: 7, height: 19) == small.repeated())
  }

  /// The planar form used by `Samples.converted`: the same bytes, in either order of passes.
  @Test func planes() throws {
    for fixture in ImageFixtures.resizes
    where fixture.interpolation == .bicubic && Array(fixture.source[2...]) == fixture.size {
      let (width, height) = (fixture.size[0], fixture.size[1])
      let pixels = fixture.noise.pixels
      let planes = (0..<3).flatMap { channel in stride(from: channel, to: pixels.count, by: 3).map { pixels[$0] } }
      let resize = Resampling(height: height, width: width, newHeight: fixture.target[1], newWidth: fixture.target[0])
      let result = resize(planes, count: 3)
      let count = result.count / 3
      let colour = (0..<result.count).map { result[$0 % 3 * count + $0 / 3] }
      let bitmap = try #require(
        Bitmap(width: fixture.target[0], height: fixture.target[1], channels: 3, pixels: colour))
      #expect(bitmap.digest == fixture.sha256, "\(fixture.testDescription)")
    }
  }
}
