import Foundation
import Testing

@testable import Datasets

@Suite struct SamplesTests {
  let shape = ImageShape(channels: 1, height: 2, width: 3)

  @Test func partsMustAgree() throws {
    func kind(_ pixels: Int, _ labels: [Int], groups: [Int]? = nil) -> DatasetError.Kind? {
      fault { () throws(DatasetError) in
        _ = try Samples(
          pixels: [UInt8](repeating: 0, count: pixels), labels: labels, shape: shape, classNames: ["a", "b"],
          groups: groups)
      }?.kind
    }
    #expect(kind(12, [0, 1]) == nil)
    #expect(kind(11, [0, 1]) == .countMismatch)
    #expect(kind(12, [0, 2]) == .labelOutOfRange)
    #expect(kind(12, [0, -1]) == .labelOutOfRange)
    #expect(kind(12, [0, 1], groups: [1]) == .countMismatch)
  }

  @Test func digestIsAsDocumented() throws {
    let samples = try Samples(pixels: Array(0..<12), labels: [1, 0], shape: shape, classNames: ["a", "b"])
    #expect(try samples.digest == Fixtures.load().digest)
    #expect(samples.selecting([1, 0]).digest != samples.digest)
    #expect(samples.selecting([0, 1]) == samples)
  }

  @Test func selecting() throws {
    let samples = try dots([0, 1, 1, 2], classes: 3, groups: [5, 6, 7, 8]).selecting([3, 1, 1])
    #expect(samples.pixels == [3, 1, 1] && samples.labels == [2, 1, 1])
    #expect(samples.groups == [8, 6, 6] && samples.count == 3)
  }

  @Test func statisticsAgreeWithNumPy() throws {
    let fixture = try Fixtures.load().statistics
    let samples = try Samples(
      pixels: [UInt8](fixture.pixels), labels: [0, 0, 0, 0, 0],
      shape: ImageShape(channels: fixture.shape[0], height: fixture.shape[1], width: fixture.shape[2]),
      classNames: ["a"])
    let found = ImageStatistics(samples)
    #expect(zip(found.mean, fixture.mean).allSatisfy { abs($0 - $1) < 1e-14 })
    #expect(zip(found.deviation, fixture.deviation).allSatisfy { abs($0 - $1) < 1e-13 })
    #expect(ImageStatistics(samples.selecting([])).mean == [0, 0, 0])
  }

  /// Byte for byte as Pillow's resize and its conversion to gray.
  @Test func conversionAgreesWithPillow() throws {
    for fixture in try Fixtures.load().resize {
      let (from, to) = (fixture.from, fixture.to)
      let image = try Samples(
        pixels: [UInt8](fixture.pixels + fixture.pixels), labels: [0, 0],
        shape: ImageShape(channels: from[0], height: from[1], width: from[2]), classNames: ["a"])
      let target = ImageShape(channels: to[0], height: to[1], width: to[2])
      let found = image.converted(to: target)
      #expect(found.shape == target)
      #expect(found.pixels == [UInt8](fixture.expected + fixture.expected), "\(from) to \(to)")
    }
  }

  @Test func grayBecomesColour() throws {
    let gray = try Samples(pixels: Array(0..<12), labels: [1, 0], shape: shape, classNames: ["a", "b"])
    let colour = gray.converted(to: ImageShape(channels: 3, height: 2, width: 3))
    #expect(colour.pixels == [0, 0, 0, 6, 6, 6].flatMap { start in (0..<6).map { UInt8(start + $0) } })
    #expect(colour.labels == gray.labels)
    // Luma of a gray is the gray itself.
    #expect(colour.converted(to: shape) == gray)
    #expect(gray.selecting([]).converted(to: ImageShape(channels: 3, height: 8, width: 8)).count == 0)
  }

  @Test func fractionsAreStratifiedAndNested() throws {
    let samples = try dots((0..<300).map { $0 % 3 }, classes: 3)
    let half = samples.places(fraction: 0.5, seed: 2)
    #expect((0..<3).allSatisfy { c in half.count { samples.labels[$0] == c } == 50 })
    #expect(Set(samples.places(fraction: 0.1, seed: 2)).isSubset(of: Set(half)))
    #expect(samples.places(fraction: 1e-9, seed: 2).count == 3)
    #expect(samples.places(fraction: 0.5, seed: 3) != half)
  }
}
