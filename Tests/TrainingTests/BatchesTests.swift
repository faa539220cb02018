import Datasets
import Foundation
import TestSupport
import Testing
import Torch

@testable import Training

@Suite struct BatchesTests {
  /// One batch as images of Float by sample.
  private func images(_ batches: Batches, _ indices: [Int], epoch: Int?) throws -> [[Float]] {
    let (images, labels) = try batches.batch(indices, epoch: epoch)
    #expect(images.shape == [indices.count] + batches.samples.shape.sizes)
    #expect(try labels.ints() == indices.map { batches.samples.labels[$0] })
    let size = batches.samples.shape.count
    let values = try images.floats()
    return stride(from: 0, to: values.count, by: size).map { Array(values[$0..<$0 + size]) }
  }

  @Test func evaluationBatchesAreNormalized() throws {
    let samples = try quadrants(12)
    let normalization = try Normalization(of: samples)
    let found = try images(
      try Batches(samples, normalization: normalization, augment: [.flip, .shift]), [7, 2], epoch: nil)
    for (image, index) in zip(found, [7, 2]) {
      for (place, value) in image.enumerated() {
        let byte = Double(samples.pixels[index * 192 + place]) / 255
        let channel = place / 64
        let expected = (byte - normalization.mean[channel]) / normalization.deviation[channel]
        #expect(abs(Double(value) - expected) < 1e-6)
      }
    }
  }

  @Test func statisticsAreThoseOfEachChannel() throws {
    let drawn = try quadrants(20)
    var pixels = drawn.pixels
    for image in 0..<20 { for place in 128..<192 { pixels[image * 192 + place] = 51 } }
    let samples = try Samples(
      pixels: pixels, labels: drawn.labels, shape: drawn.shape, classNames: drawn.classNames)
    let normalization = try Normalization(of: samples)
    for channel in 0..<2 {
      let values = (0..<20).flatMap { image in
        (0..<64).map { Double(samples.pixels[image * 192 + channel * 64 + $0]) / 255 }
      }
      let mean = values.reduce(0, +) / 1280
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1280
      #expect(abs(normalization.mean[channel] - mean) < 1e-12)
      #expect(abs(normalization.deviation[channel] - variance.squareRoot()) < 1e-12)
    }
    #expect(abs(normalization.mean[2] - 0.2) < 1e-12)
    #expect(normalization.deviation[2] == 1e-3)  // a constant channel
  }

  /// A shifted and perhaps mirrored copy, black outside, by definition.
  private func transformed(_ image: [Float], black: [Float], flip: Bool, dy: Int, dx: Int) -> [Float] {
    var result: [Float] = []
    for channel in 0..<3 {
      for y in 0..<8 {
        for x in 0..<8 {
          let (sourceY, sourceX) = (y + dy, (flip ? 7 - x : x) + dx)
          let isInside = (0..<8).contains(sourceY) && (0..<8).contains(sourceX)
          result.append(isInside ? image[channel * 64 + sourceY * 8 + sourceX] : black[channel])
        }
      }
    }
    return result
  }

  @Test func augmentationMirrorsAndShifts() throws {
    let samples = try quadrants(160, noise: 50)
    let normalization = try Normalization(of: samples)
    let plain = try images(Batches(samples, normalization: normalization), Array(0..<160), epoch: nil)
    let black = (0..<3).map { Float(-normalization.mean[$0] / normalization.deviation[$0]) }
    for (augment, flips, reach) in [
      ([AugmentationSpec.flip], [false, true], 0), ([.shift], [false], 1), ([.flip, .shift], [false, true], 1),
      ([], [false], 0),
    ] {
      let batches = try Batches(samples, normalization: normalization, augment: augment, seed: 9)
      let found = try images(batches, Array(0..<160), epoch: 3)
      var seen: [String: Int] = [:]
      for (image, original) in zip(found, plain) {
        var match: String?
        for flip in flips {
          for dy in -reach...reach {
            for dx in -reach...reach
            where transformed(original, black: black, flip: flip, dy: dy, dx: dx) == image {
              match = "\(flip) \(dy) \(dx)"
            }
          }
        }
        seen[try #require(match), default: 0] += 1
      }
      let ways = flips.count * (2 * reach + 1) * (2 * reach + 1)
      #expect(seen.count == ways)
      let expected = 160 / Double(ways)
      #expect(seen.values.allSatisfy { abs(Double($0) - expected) < 5 * expected.squareRoot() + 1 })
    }
  }

  @Test func whatIsDrawnBelongsToSampleAndEpoch() throws {
    let samples = try quadrants(40)
    let normalization = try Normalization(of: samples)
    func batches(_ seed: UInt64) throws -> Batches {
      try Batches(samples, normalization: normalization, augment: [.flip, .shift], seed: seed)
    }
    let all = try images(try batches(1), Array(0..<40), epoch: 0)
    #expect(try images(try batches(1), [31, 4, 17], epoch: 0) == [all[31], all[4], all[17]])
    #expect(try images(try batches(1), [8], epoch: 0) == [all[8]])
    #expect(try images(try batches(1), Array(0..<40), epoch: 1) != all)
    #expect(try images(try batches(2), Array(0..<40), epoch: 0) != all)
  }

  @Test func orderIsAPermutationOfSeedAndEpoch() throws {
    let samples = try quadrants(40)
    func order(_ seed: UInt64, _ epoch: Int) throws -> [Int] {
      try Batches(samples, normalization: Normalization(of: samples), seed: seed).order(epoch: epoch)
    }
    #expect(try order(1, 0).sorted() == Array(0..<40))
    #expect(try order(1, 0) == order(1, 0))
    #expect(try order(1, 0) != order(1, 1))
    #expect(try order(1, 0) != order(2, 0))
  }
}
