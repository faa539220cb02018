import Testing

@testable import Datasets

/// Pictures as Pillow, or their format's own arithmetic, has them.
@Suite struct ImageDecodingTests {
  @Test func thereAreFixtures() {
    #expect(ImageFixtures.good.count == 133 && ImageFixtures.bad.count == 56 && ImageFixtures.resizes.count == 90)
  }

  @Test(arguments: ImageFixtures.good) func pixels(_ fixture: ImageFixtures.Good) throws {
    let bytes = fixture.bytes
    let decoder = ImageDecoder()
    let header = try decoder.header(bytes)
    #expect(header.width == fixture.width && header.height == fixture.height)
    #expect(header.orientation == fixture.orientation)
    #expect(header.channels == fixture.channels && header.bits == fixture.bits)
    #expect(header.isGray == (fixture.channels < 3))
    #expect(header.format == (fixture.name.hasPrefix("png") ? .png : .jpeg))
    let picture = try decoder.decode(bytes)
    #expect(picture.width == fixture.width && picture.height == fixture.height && picture.channels == 3)
    if let sha256 = fixture.sha256 {
      #expect(picture.digest == sha256 || picture.digest == fixture.older)
    } else {
      let expected = try #require(fixture.pixels)
      let distance = try #require(picture.distance(to: [UInt8](expected)))
      #expect(distance <= (fixture.isExact ? 0 : 1))
    }
    #expect(try Bitmap(decoding: bytes) == picture)
  }

  /// The path that crops and resizes sees the same picture, whatever its orientation.
  @Test(arguments: ImageFixtures.good) func partsAreUpright(_ fixture: ImageFixtures.Good) throws {
    let bytes = fixture.bytes
    let decoder = ImageDecoder()
    let whole = try decoder.decode(bytes)
    let same = try decoder.decode(bytes) { header in
      ResizePlan(
        PixelRegion(x: 0, y: 0, width: header.width, height: header.height), width: header.width, height: header.height)
    }
    #expect(same == whole)
  }

  /// A turned picture is not decoded scaled: leave to do so changes nothing.
  @Test(arguments: 2...8) func turnedPicturesAreExact(orientation: Int) throws {
    let fixture = try #require(ImageFixtures.good("jpeg orientation \(orientation) II"))
    func read(isScaled: Bool) throws -> Bitmap {
      try ImageDecoder().decode(fixture.bytes) { header in
        ResizePlan(
          PixelRegion(x: 0, y: 0, width: header.width, height: header.height), width: 2, height: 2, isScaled: isScaled)
      }
    }
    #expect(try read(isScaled: true) == read(isScaled: false))
  }

  /// What was written comes back: PNG exactly, JPEG closely, gray as equal channels.
  @Test func writtenPicturesComeBack() throws {
    let file = try #require(ImageFixtures.good("png RGB 8"))
    let picture = try Bitmap(decoding: file.bytes)
    #expect(try Bitmap(decoding: picture.png()) == picture)
    let gray = picture.luma()
    #expect(try Bitmap(decoding: gray.png()) == gray.repeated())
    let smooth = try picture.resized(width: 64, height: 48, interpolation: .bilinear)
    for (quality, mean) in [(100, 1.0), (95, 2.0), (75, 10.0)] {
      let back = try Bitmap(decoding: smooth.jpeg(quality: quality))
      let sum = zip(back.pixels, smooth.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
      #expect(Double(sum) / Double(back.pixels.count) < mean, "\(quality)")
      let half = try Bitmap(decoding: smooth.luma().jpeg(quality: quality))
      #expect(half == half.luma().repeated())
    }
    let wide = Bitmap(width: 65_501, height: 1, channels: 1)
    #expect(imageFault { () throws(ImageFault) in _ = try wide.jpeg(quality: 90) }?.kind == .tooLarge)
  }

  @Test func lumaIsPillows() {
    // Image.fromarray of these three, convert("L").
    let picture = Bitmap(width: 3, height: 1, channels: 3, pixels: [255, 0, 0, 10, 200, 30, 1, 2, 3])
    #expect(picture?.luma().pixels == [76, 124, 2])
  }
}
