import Testing

@testable import Datasets

/// Whatever the bytes: pixels or a fault.
@Suite struct ImageRobustnessTests {
  @Test(arguments: ImageFixtures.good.filter { !$0.isLarge }) func mutations(_ fixture: ImageFixtures.Good) {
    let decoder = ImageDecoder()
    let bytes = fixture.bytes
    var random = CounterGenerator(seed: 23, purpose: .bench, UInt64(bytes.count))
    var pictures = 0
    for _ in 0..<2000 {
      let changed = random.mutated(bytes, others: ImageFixtures.good)
      do {
        let header = try changed.withRaw { raw throws(ImageFault) in try decoder.header(raw, pixelLimit: 1 << 20) }
        let source = random.region(width: header.width, height: header.height)
        let plan = ResizePlan(source, width: 16, height: 16, isScaled: random.below(2) == 0)
        let part = imageFault { () throws(ImageFault) in
          _ = try changed.withRaw { raw throws(ImageFault) in
            try decoder.decode(raw, pixelLimit: 1 << 20) { _ in plan }
          }
        }
        let whole = try changed.withRaw { raw throws(ImageFault) in try decoder.decode(raw, pixelLimit: 1 << 20) }
        #expect(whole.pixels.count == header.width * header.height * 3)
        #expect(part == nil, "the whole is a picture, but \(plan) is not")
        pictures += 1
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
    // Some changes of a JPEG leave a picture (there is no check sum), some do not.
    #expect(pictures < 2000)
    // The decoder is as good as new.
    #expect((try? decoder.decode(bytes)) == (try? ImageDecoder().decode(bytes)))
  }
}

extension CounterGenerator {
  /// The file with bytes changed, removed, repeated, cut off, or exchanged for another file's.
  mutating func mutated(_ bytes: [UInt8], others: [ImageFixtures.Good]) -> [UInt8] {
    var result = bytes
    for _ in 0...below(3) {
      guard !result.isEmpty else { break }
      let place = below(result.count)
      let end = min(result.count, place + 1 + below(12))
      switch below(8) {
      case 0: result[place] ^= 1 << UInt8(below(8))
      case 1: result[place] = UInt8(below(256))
      case 2: result[place] = [0, 0xff, 0x7f, 0x80][below(4)]
      case 3: for i in place..<end { result[i] = UInt8(below(256)) }
      case 4: result.removeSubrange(place..<end)
      case 5: result.insert(contentsOf: result[place..<end], at: place)
      case 6: result.removeSubrange(place...)
      default:
        let other = others[below(others.count)].file[0].bytes
        let from = below(other.count)
        result.replaceSubrange(place..<end, with: other[from..<min(other.count, from + 1 + below(40))])
      }
    }
    return result
  }
}
