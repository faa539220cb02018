import TestSupport
import Testing

@testable import Datasets

/// Real pictures that look alike: how many pairs are near, against a NumPy computation over all pairs.
@Suite(.enabled(if: hasSharedFolder, Comment(rawValue: sharedReason)))
struct VerificationSharedTests {
  static func hashes(_ samples: Samples, _ count: Int) -> [PerceptualHash] {
    let size = samples.shape.count
    return (0..<count).map { place in
      let pixels = Array(samples.pixels[place * size..<(place + 1) * size])
      return PerceptualHash(
        Bitmap(unchecked: pixels, width: samples.shape.width, height: samples.shape.height, channels: 1))
    }
  }

  @Test(arguments: [("fashion-mnist", Split.train, 15_000, 42_935, 32), ("mnist", .test, 10_000, 50_457, 98)])
  func pairs(set: String, split: Split, count: Int, alike: Int, near: Int) throws {
    let folder = try #require(sharedFolder).appendingPathComponent("data/\(set)").path
    let hashes = Self.hashes(try DataReference(parsing: "\(set):\(folder)").load(split), count)
    #expect(hashes.allSatisfy { !$0.isBlank })
    let pairs = HammingSearch.pairs(hashes.map(\.bits), within: 6)
    #expect(pairs.count == alike)
    let close = pairs.count { pair in
      let (differing, compared) = hashes[pair.first].difference(from: hashes[pair.second])
      return 16 * differing <= compared
    }
    #expect(close == near)
  }
}
