import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Augmentations in order, and what they do to normalized images and batches.
@Suite struct AugmentationPipelineTests {
  private func pipeline(_ text: String) throws -> AugmentationPipeline {
    try AugmentationPipeline(AugmentationSpec.list(parsing: text))
  }

  /// The flips and shifts of all versions before there was a pipeline, written as they were.
  @Test(arguments: ["flip", "shift", "flip+shift", "shift+flip"])
  func flipAndShiftAreAsTheyWere(_ text: String) throws {
    let pipeline = try pipeline(text)
    for (width, height, channels) in [(32, 32, 3), (9, 14, 1), (28, 28, 1)] {
      let original = picture("noise", width, height, channels)
      for sample in 0..<40 {
        var random = generator(sample)
        let flip = text.contains("flip") && random.next() & 1 == 1
        var (dy, dx) = (0, 0)
        if text.contains("shift") {
          let reach = (max(height, width) + 4) / 8
          dy = random.below(2 * reach + 1) - reach
          dx = random.below(2 * reach + 1) - reach
        }
        var expected: [UInt8] = []
        for y in 0..<height {
          for x in 0..<width {
            let (fromX, fromY) = ((flip ? width - 1 - x : x) + dx, y + dy)
            let inside = fromX >= 0 && fromX < width && fromY >= 0 && fromY < height
            for c in 0..<channels {
              expected.append(inside ? original.pixels[(fromY * width + fromX) * channels + c] : 0)
            }
          }
        }
        var image = original
        var again = generator(sample)
        pipeline.augment(&image, random: &again)
        #expect(image.pixels == expected, "\(text), sample \(sample)")
        #expect(again.next() == random.next())  // as many numbers drawn
      }
    }
  }

  @Test func stagesAreSorted() throws {
    let all = try pipeline("mixup+erase:p=1+flip+crop+color-jitter:hue=0.1")
    #expect(all.cropSpec?.name == "crop" && all.changesImages && all.erases && all.mixes && !all.isEmpty)
    var random = generator(0)
    #expect(all.crop(width: 50, height: 40, random: &random) != nil)
    #expect(all.erasure(width: 32, height: 32, channels: 3, random: &random) != nil)
    #expect(all.mixing(width: 32, height: 32, random: &random) != nil)
    for none in [AugmentationPipeline(), try pipeline("none")] {
      #expect(none.isEmpty && none.cropSpec == nil && !none.changesImages && !none.erases && !none.mixes)
      #expect(none.crop(width: 50, height: 40, random: &random) == nil)
      #expect(none.erasure(width: 32, height: 32, channels: 3, random: &random) == nil)
      #expect(none.mixing(width: 32, height: 32, random: &random) == nil)
    }
    #expect(throws: AugmentationError.repeatedAugmentation(name: "flip")) {
      try AugmentationPipeline([AugmentationSpec("flip"), AugmentationSpec("flip")])
    }
    // With both, either.
    let both = try pipeline("mixup+cutmix")
    let cut = (0..<1000).count { step in
      var random = generator(step)
      return both.mixing(width: 32, height: 32, random: &random)?.box != nil
    }
    #expect(abs(cut - 500) < 62)
  }

  /// The key decides, for gray images too, and different keys differ.
  @Test(arguments: [
    "color-jitter:brightness=0.4,contrast=0.4,saturation=0.4,hue=0.1", "auto-augment", "auto-augment:policy=cifar10",
    "rand-augment", "trivial-augment", "flip+shift+rand-augment:operations=14",
  ])
  func theKeyDecides(_ text: String) throws {
    let pipeline = try pipeline(text)
    for channels in [1, 3] {
      let original = picture("noise", 24, 20, channels)
      var seen: Set<[UInt8]> = []
      for sample in 0..<50 {
        var (first, second) = (original, original)
        var (random, again) = (generator(sample), generator(sample))
        pipeline.augment(&first, random: &random)
        pipeline.augment(&second, random: &again)
        #expect(first == second && first.pixels.count == original.pixels.count)
        seen.insert(first.pixels)
      }
      #expect(seen.count > 10, "\(text), \(channels) channels: \(seen.count)")
    }
  }

  @Test func erasesARectangle() throws {
    var image = [Float](repeating: 5, count: 4 * 6 * 2)
    let rectangle = PixelRegion(x: 1, y: 2, width: 3, height: 2)
    Erasure(rectangle: rectangle, fill: .constant(-1)).apply(to: &image, width: 6, channels: 2)
    for (place, value) in image.enumerated() {
      let (x, y) = (place / 2 % 6, place / 12)
      #expect(value == ((1...3).contains(x) && (2...3).contains(y) ? -1 : 5))
    }
    Erasure(rectangle: rectangle, fill: .values((0..<12).map { Float($0) })).apply(to: &image, width: 6, channels: 2)
    #expect(Array(image[26..<32]) == [0, 1, 2, 3, 4, 5] && Array(image[38..<44]) == [6, 7, 8, 9, 10, 11])
    #expect(image[25] == 5 && image[32] == 5)
    // What does not fit is left out.
    Erasure(rectangle: PixelRegion(x: 0, y: 3, width: 6, height: 9), fill: .constant(7))
      .apply(to: &image, width: 6, channels: 2)
    #expect(image.count == 48 && image[36] == 7 && image[47] == 7)
  }

  /// Random values are standard normal, and as many as the rectangle has.
  @Test func erasesWithNormalNumbers() throws {
    let erasing = try augmentation(RandomErasing.self, "erase:p=1,value=random")
    var values: [Double] = []
    for sample in 0..<40 {
      var random = generator(sample)
      let erasure = try #require(erasing.erasure(width: 32, height: 32, channels: 3, random: &random))
      guard case .values(let drawn) = erasure.fill else { return #expect(Bool(false)) }
      #expect(drawn.count == erasure.rectangle.width * erasure.rectangle.height * 3)
      values += drawn.map { Double($0) }
    }
    let at = stride(from: -2.5, through: 2.5, by: 0.25).map { $0 }
    let law = AugmentationFixtures.Shares(count: nil, at: at, share: at.map { erfc(-$0 / 2.squareRoot()) / 2 })
    #expect(values.count > 10_000 && kolmogorov(values, law) < 1)
  }

  /// Images mixed as torchvision's `v2.MixUp` and `v2.CutMix` mix them, bit for bit.
  @Test func mixesAsTorchvision() throws {
    let expected = try AugmentationFixtures.load().mixing
    let batch = (0..<3 * 4 * 5 * 2).map { Float(2 * counterUniform(3, $0) - 1) }
    var mixed = batch
    Mixing(weight: expected.lambda).apply(to: &mixed, count: 3, height: 4, width: 5, channels: 2)
    #expect(mixed == expected.mixed)
    var cut = batch
    let box = PixelRegion(x: expected.box[0], y: expected.box[1], width: expected.box[2], height: expected.box[3])
    Mixing(weight: 0.7, box: box).apply(to: &cut, count: 3, height: 4, width: 5, channels: 2)
    #expect(cut == expected.cut)
    for (i, row) in expected.target.enumerated() {
      let partner = Mixing.partner(of: i, count: 3)
      #expect(abs(row[i] - expected.lambda) < 1e-6 && abs(row[partner] - (1 - expected.lambda)) < 1e-6)
    }
    // One image has no partner, and a buffer of another size is left alone.
    var one = Array(batch[0..<40])
    Mixing(weight: 0.3).apply(to: &one, count: 1, height: 4, width: 5, channels: 2)
    #expect(one == Array(batch[0..<40]))
    Mixing(weight: 0.3).apply(to: &one, count: 2, height: 4, width: 5, channels: 2)
    #expect(one == Array(batch[0..<40]))
  }
}
