import Testing

@testable import Datasets

/// Bad files are faults of the right kind, soon, and harm no later file.
@Suite struct ImageFaultTests {
  @Test(arguments: ImageFixtures.bad) func refused(_ fixture: ImageFixtures.Bad) throws {
    let bytes = fixture.bytes
    let decoder = ImageDecoder()
    // Nothing of an earlier file, such as its tables, may help this one.
    for earlier in ["jpeg arithmetic", "jpeg 4:2:0"] {
      _ = try decoder.decode(#require(ImageFixtures.good(earlier)).bytes)
    }
    let time = ContinuousClock().measure {
      let fault = imageFault { () throws(ImageFault) in _ = try decoder.decode(bytes) }
      #expect(fault?.kind == fixture.kind, "\(fault.map(\.description) ?? "a picture")")
      #expect(fault?.detail.isEmpty == false)
    }
    #expect(time < .seconds(5))
    // The same decoder reads the next file.
    let next = try #require(ImageFixtures.good("jpeg progressive"))
    #expect(try decoder.decode(next.bytes).digest == next.sha256)
  }

  @Test func noBytes() {
    let decoder = ImageDecoder()
    let null = UnsafeRawBufferPointer(start: nil, count: 0)
    #expect(imageFault { () throws(ImageFault) in _ = try decoder.header(null) }?.kind == .empty)
  }

  @Test func wordsTellWhatTheFileIs() throws {
    for (name, words) in [
      ("GIF", "GIF, where"), ("WEBP", "WebP, where"), ("TIFF", "TIFF, where"), ("BMP", "BMP, where"),
      ("HTML", "HTML, where"), ("text", "first bytes 6e6f7420"),
      ("jpeg 60,000 x 60,000", "60000 x 60000 pixels; at most"),
    ] {
      let file = try #require(ImageFixtures.bad.first { $0.name == name })
      let fault = imageFault { () throws(ImageFault) in _ = try ImageDecoder().header(file.bytes) }
      #expect(fault?.detail.hasPrefix(words) == true, "\(name): \(fault.map(\.description) ?? "no fault")")
      #expect(fault?.description.hasPrefix("\(file.kind.rawValue): ") == true)
    }
  }

  /// No file can be cut anywhere and still be taken for a picture.
  @Test(arguments: ImageFixtures.good.filter { !$0.isLarge && !$0.name.contains("after the end") })
  func everyPrefix(_ fixture: ImageFixtures.Good) {
    let bytes = fixture.bytes
    let decoder = ImageDecoder()
    let known = fixture.name.hasPrefix("png") ? 8 : 3
    for count in 0..<bytes.count {
      let part = [UInt8](bytes.prefix(count))
      let fault = imageFault { () throws(ImageFault) in _ = try decoder.decode(part) }
      let kind: ImageFault.Kind = count == 0 ? .empty : count < known ? .unknownFormat : .truncated
      #expect(fault?.kind == kind, "\(count) of \(bytes.count) bytes: \(fault.map(\.description) ?? "a picture")")
    }
  }

  /// A PNG has a check sum for every byte: none can be changed and the file still be taken for a picture.
  @Test(arguments: ImageFixtures.good.filter { !$0.isLarge && $0.name.hasPrefix("png") })
  func everyByteOfAPNG(_ fixture: ImageFixtures.Good) {
    var bytes = fixture.bytes
    let decoder = ImageDecoder()
    for place in bytes.indices {
      for bit: UInt8 in [1, 0x20, 0x80] {
        bytes[place] ^= bit
        let fault = imageFault { () throws(ImageFault) in _ = try decoder.decode(bytes) }
        #expect(fault != nil, "byte \(place), bit \(bit)")
        bytes[place] ^= bit
      }
    }
  }

  /// Each scan may cost a pass over the picture, for a few bytes in the file.
  @Test func manyScans() {
    for (width, height, most) in [(8, 8, 500), (9990, 10_000, 40)] {
      let decoder = ImageDecoder()
      let time = ContinuousClock().measure {
        let fault = imageFault { () throws(ImageFault) in
          _ = try decoder.decode(progressiveFile(width: width, height: height, scans: most + 1))
        }
        #expect(fault == ImageFault(.damaged, "more than \(most) scans"))
      }
      #expect(time < .seconds(10))
    }
    #expect((try? ImageDecoder().decode(progressiveFile(width: 8, height: 8, scans: 500)))?.pixels.first == 128)
  }

  @Test func limits() throws {
    let file = try #require(ImageFixtures.good("png RGB 8"))
    let bytes = file.bytes
    let area = file.width * file.height
    #expect(try ImageDecoder().decode(bytes, pixelLimit: area).width == file.width)
    #expect(
      imageFault { () throws(ImageFault) in _ = try ImageDecoder().decode(bytes, pixelLimit: area - 1) }?.kind
        == .tooLarge)
    #expect(
      imageFault { () throws(ImageFault) in _ = try ImageDecoder().decode(bytes, pixelLimit: -1) }?.kind == .tooLarge)
    // No limit at all: the greatest PNG that can be named is too large to be held, and that is a fault, too.
    let huge = try #require(ImageFixtures.bad.first { $0.name == "png of the greatest size" })
    #expect(
      imageFault { () throws(ImageFault) in _ = try ImageDecoder().decode(huge.bytes, pixelLimit: .max) }?.kind
        == .tooLarge)
  }

  @Test(arguments: ["jpeg 4:2:0", "jpeg CMYK", "png RGB 8", "jpeg orientation 6 II"])
  func regionsOutsideAreFaults(_ name: String) throws {
    let file = try #require(ImageFixtures.good(name))
    let (bytes, w, h) = (file.bytes, file.width, file.height)
    let decoder = ImageDecoder()
    let whole = try decoder.decode(bytes)
    let all = PixelRegion(x: 0, y: 0, width: w, height: h)
    func region(_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> PixelRegion {
      PixelRegion(x: x, y: y, width: width, height: height)
    }
    for plan in [
      ResizePlan(region(1, 0, w, h), width: 5, height: 5), ResizePlan(region(0, 1, w, h), width: 5, height: 5),
      ResizePlan(region(w, 0, 1, 1), width: 5, height: 5), ResizePlan(region(0, 0, 0, h), width: 5, height: 5),
      ResizePlan(region(0, 0, w, 0), width: 5, height: 5), ResizePlan(all, width: 0, height: 5),
      ResizePlan(all, width: 5, height: 0), ResizePlan(all, width: 5, height: 5, window: region(1, 0, 5, 5)),
      ResizePlan(all, width: 5, height: 5, window: region(0, 5, 1, 1)),
      ResizePlan(all, width: 5, height: 5, window: region(0, 0, 0, 5)),
      ResizePlan(region(-3, 0, .max, h), width: 5, height: 5), ResizePlan(region(0, 0, w, .max), width: 5, height: 5),
    ] {
      #expect(imageFault { () throws(ImageFault) in _ = try decoder.decode(bytes) { _ in plan } }?.kind == .unsupported)
      #expect(imageFault { () throws(ImageFault) in _ = try decoder.resize(whole, plan) }?.kind == .unsupported)
    }
    #expect(try decoder.decode(bytes) == whole)
  }
}

/// A gray progressive JPEG of zeros: a scan of mean values, then one bit of one coefficient after the other.
private func progressiveFile(width: Int, height: Int, scans: Int) -> [UInt8] {
  let blocks = ((width + 7) / 8) * ((height + 7) / 8)
  var file: [UInt8] = [0xff, 0xd8, 0xff, 0xdb, 0, 0x43, 0] + [UInt8](repeating: 1, count: 64)
  file += [
    0xff, 0xc2, 0, 11, 8, UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255), 1, 1, 0x11, 0,
  ]
  // One code, a single 0: no difference; and 16,384 blocks without change (with the 14 bits that follow it).
  for (table, symbol) in [(UInt8(0), UInt8(0)), (0x10, 0xe0)] {
    file += [0xff, 0xc4, 0, 20, table, 1] + [UInt8](repeating: 0, count: 15) + [symbol]
  }
  file += [0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0] + [UInt8](repeating: 0, count: blocks / 8 + 1)
  let idle = [UInt8](repeating: 0, count: (blocks / 16384 + 1) * 15 / 8 + 1)
  for scan in 0..<scans - 1 {
    let (place, low) = (UInt8(1 + scan % 63), UInt8(13 - scan / 63))
    file += [0xff, 0xda, 0, 8, 1, 1, 0, place, place, low == 13 ? low : (low + 1) << 4 | low] + idle
  }
  return file + [0xff, 0xd9]
}
