import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct PictureTransformTests {
  /// Resized sizes and the crop's place are torchvision's for every size of the fixture.
  @Test func sizesOfResizeAndCenterCrop() throws {
    let sizes = try #require(PictureFixtures.shared).sizes
    #expect(sizes.count > 340)
    for row in sizes {
      let transform = InputTransform(.resize(row[2]))
      let plan = transform.plan(
        width: row[0], height: row[1], shape: ImageShape(channels: 3, height: row[3], width: row[3]))
      #expect(plan.source == PixelRegion(x: 0, y: 0, width: row[0], height: row[1]))
      #expect(plan.width == row[4] && plan.height == row[5], "\(row)")
      #expect(plan.window == PixelRegion(x: row[6], y: row[7], width: row[3], height: row[3]), "\(row)")
      #expect(!plan.isScaled && plan.interpolation == .bicubic)
    }
  }

  /// Pixels are Pillow's, from noise in PNG files.
  @Test(arguments: PictureFixtures.pixels) func pixels(case expected: PictureFixtures.Pixels) throws {
    let (width, height) = (expected.size[0], expected.size[1])
    let noise = (0..<width * height * 3).map { place in
      UInt8(max(0, min(255, Int(counterUniform(expected.stream, place) * 256) * 2 - 128)))
    }
    let folder = try TemporaryFolder()
    try folder.write("a/x.png", Bitmap(unchecked: noise, width: width, height: height, channels: 3).png())
    var set = try DataReference(parsing: "folder:\(folder.path)")
    set.fit = expected.fit
    set.interpolation = expected.interpolation
    set.size = [expected.target[1], expected.target[0]]
    let samples = try set.loadStored(.train)
    let images = try #require(samples.encoded)
    #expect(samples.shape == ImageShape(channels: 3, height: expected.target[1], width: expected.target[0]))
    #expect(try images.input == InputTransform(#require(.init(expected.fit)), interpolation: expected.interpolation))
    let decoded = try samples.decoded().samples
    #expect(decoded.bitmap(0).digest == expected.sha256)
    var interleaved = [UInt8](repeating: 0, count: samples.shape.count)
    try interleaved.withUnsafeMutableBufferPointer { room in
      try ImageReader().read(images, 0, shape: samples.shape, into: #require(room.baseAddress))
    }
    #expect(hexadecimal(interleaved) == expected.sha256)
  }

  @Test func centralWindows() {
    func source(_ fit: InputTransform.Fit, _ width: Int, _ height: Int, _ w: Int, _ h: Int) -> [Int] {
      let plan = InputTransform(fit).plan(
        width: width, height: height, shape: ImageShape(channels: 3, height: h, width: w))
      #expect(plan.window == PixelRegion(x: 0, y: 0, width: w, height: h) && plan.width == w && plan.height == h)
      return [plan.source.x, plan.source.y, plan.source.width, plan.source.height]
    }
    #expect(source(.central(1), 500, 375, 224, 224) == [62, 0, 375, 375])
    #expect(source(.central(1), 375, 500, 224, 224) == [0, 62, 375, 375])
    #expect(source(.central(0.875), 500, 375, 224, 224) == [86, 23, 328, 328])
    #expect(source(.central(1), 100, 100, 20, 10) == [0, 25, 100, 50])
    #expect(source(.central(1), 1000, 1, 224, 224) == [499, 0, 1, 1])
    #expect(source(.central(0.01), 3, 3, 224, 224) == [1, 1, 1, 1])
    #expect(source(.whole, 1000, 1, 224, 32) == [0, 0, 1000, 1])
  }

  /// Every window lies inside its picture, and covers what its rule says, for all small sizes.
  @Test func windowsLieInside() throws {
    for fit in ["central", "central:0.875", "central:0.3", "resize:5", "whole"] {
      let transform = InputTransform(try #require(.init(fit)))
      for width in 1..<24 {
        for height in 1..<24 {
          for (w, h) in [(5, 5), (7, 3), (1, 9)] {
            let plan = transform.plan(width: width, height: height, shape: ImageShape(channels: 3, height: h, width: w))
            let (source, window) = (plan.source, plan.window)
            #expect(source.x >= 0 && source.y >= 0 && source.width > 0 && source.height > 0)
            #expect(source.x + source.width <= width && source.y + source.height <= height)
            #expect(window.x >= 0 && window.x + window.width <= plan.width && window.width == w)
            #expect(window.y >= 0 && window.y + window.height <= plan.height && window.height == h)
            if fit == "central" { #expect(source.width == width || source.height == height) }
          }
        }
      }
    }
  }

  @Test func asText() throws {
    for (text, fit) in [
      ("central", .central(1)), ("central:0.875", .central(0.875)), ("resize:256", .resize(256)), ("whole", .whole),
    ] as [(String, InputTransform.Fit)] {
      #expect(InputTransform.Fit(text) == fit && fit.description == text)
      for isExact in [false, true] {
        for interpolation in Interpolation.allCases {
          let transform = InputTransform(fit, interpolation: interpolation, isExact: isExact)
          let json = try JSONEncoder().encode(transform)
          #expect(String(decoding: json, as: UTF8.self) == "\"\(text) \(interpolation)\(isExact ? " exact" : "")\"")
          #expect(try JSONDecoder().decode(InputTransform.self, from: json) == transform)
        }
      }
    }
    #expect(InputTransform.Fit("central:1") == .central(1))
    for bad in [
      "", "center", "central:0", "central:1.01", "central:-1", "central:nan", "central:", "central:x", ":whole",
      "resize", "resize:0", "resize:16385", "resize:1.5", "whole:1", "resize:256:1",
    ] {
      #expect(InputTransform.Fit(bad) == nil, "\(bad)")
      let json = Data("\"\(bad) bicubic\"".utf8)
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(InputTransform.self, from: json) }
    }
    for bad in ["\"central\"", "\"central cubic\"", "3"] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(InputTransform.self, from: Data(bad.utf8)) }
    }
  }
}
