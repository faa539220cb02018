import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Operations on images against what torchvision does to the same Pillow images, byte for byte.
@Suite struct AugmentationOperationTests {
  let fixtures: AugmentationFixtures
  init() throws { fixtures = try AugmentationFixtures.load() }

  private func operated(_ image: Bitmap, _ name: String, _ magnitude: Double) throws -> Bitmap {
    var image = image
    if name == "Hue" {
      image.adjustHue(magnitude)
    } else {
      try #require(ImageOperation(rawValue: name)).apply(to: &image, magnitude: magnitude)
    }
    return image
  }

  /// One image of noise with every operation, value by value, so that a failure shows where.
  @Test func valuesAreTorchvisions() throws {
    #expect(Set(fixtures.operations.pixels.keys) == Set(ImageOperation.allCases.map(\.rawValue) + ["Hue"]))
    for (name, expected) in fixtures.operations.pixels.sorted(by: { $0.key < $1.key }) {
      let magnitude = try #require(fixtures.operations.magnitudes[name]?.first)
      let found = try operated(picture("noise", 24, 20, 3), name, magnitude).pixels
      let differing = zip(found, expected).enumerated().filter { $1.0 != $1.1 }.map(\.offset)
      #expect(found.count == expected.count && differing.isEmpty, "\(name) \(magnitude): \(differing.prefix(8))")
    }
  }

  /// Ten pictures, gray and color, down to one pixel, with every operation in several strengths.
  @Test func digestsAreTorchvisions() throws {
    var compared = 0
    for expected in fixtures.operations.cases {
      let image = picture(expected.kind, expected.size[0], expected.size[1], expected.size[2])
      for (name, digests) in expected.digests {
        for (magnitude, wanted) in zip(try #require(fixtures.operations.magnitudes[name]), digests) {
          let found = digest(try operated(image, name, magnitude).pixels)
          #expect(found == wanted, "\(expected.kind) \(expected.size) \(name) \(magnitude)")
          compared += 1
        }
      }
    }
    #expect(compared > 800)
  }

  /// Every table of magnitudes, number by number.
  @Test func magnitudesAreTorchvisions() throws {
    for table in fixtures.magnitudes {
      let operation = try #require(ImageOperation(rawValue: table.name))
      let scale = table.wide ? MagnitudeScale.wide : .standard
      let found = (0..<table.bins).map {
        scale.magnitude(of: operation, bin: $0, bins: table.bins, width: table.size[0], height: table.size[1])
      }
      #expect(found == table.values, "\(table.name), \(table.bins) bins, \(table.size), wide: \(table.wide)")
      #expect(MagnitudeScale.isSigned(operation) == table.signed)
    }
    let names = Set(fixtures.magnitudes.filter(\.wide).map(\.name))
    #expect(Set(RandAugment.operations.map(\.rawValue)) == names)
  }

  /// Every policy, pair by pair.
  @Test func policiesAreTorchvisions() {
    #expect(Set(fixtures.tables.keys) == Set(AutoAugmentPolicy.allCases.map(\.rawValue)))
    for policy in AutoAugmentPolicy.allCases {
      let found = policy.pairs.map { pair in
        [pair.first, pair.second].map {
          "\($0.operation.rawValue) \(AugmentationValue.number($0.probability)) \($0.bin)"
        }
      }
      #expect(found == fixtures.tables[policy.rawValue])
    }
  }

  @Test func mirrorAndShiftMovePixels() throws {
    var image = try #require(Bitmap(width: 3, height: 2, channels: 1, pixels: [1, 2, 3, 4, 5, 6]))
    image.mirror()
    #expect(image.pixels == [3, 2, 1, 6, 5, 4])
    image.translate(right: 1, down: 0)
    #expect(image.pixels == [0, 3, 2, 0, 6, 5])
    image.translate(right: -1, down: 1)
    #expect(image.pixels == [0, 0, 0, 3, 2, 0])
    image.translate(right: 0, down: -5)
    #expect(image.pixels == [0, 0, 0, 0, 0, 0])
  }
}
