import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What is drawn at random, against many draws of torchvision 0.28.0, or against SciPy. The seeds are fixed; a bound is
/// what two samples of one law exceed once in 10,000 times. That the bounds catch wrong laws is tested too.
@Suite struct AugmentationDrawTests {
  let fixtures: AugmentationFixtures
  init() throws { fixtures = try AugmentationFixtures.load() }
  private let draws = 20_000

  /// The two-sample bound for a share: whether `found` of `n` and `expected` of `m` can be of one probability
  /// (3.89 standard errors, p = 1e-4).
  private func agree(_ found: Int, of n: Int, _ expected: Int, of m: Int) -> Bool {
    let (a, b) = (Double(found) / Double(n), Double(expected) / Double(m))
    let pooled = Double(found + expected) / Double(n + m)
    let error = (pooled * (1 - pooled) * (1 / Double(n) + 1 / Double(m))).squareRoot()
    return abs(a - b) <= 3.89 * error
  }

  private func compare(_ rectangles: [PixelRegion], _ expected: AugmentationFixtures.Rectangles) {
    #expect(kolmogorov(rectangles.map { Double($0.x) }, expected.x) < 1)
    #expect(kolmogorov(rectangles.map { Double($0.y) }, expected.y) < 1)
    #expect(kolmogorov(rectangles.map { Double($0.width) }, expected.width) < 1)
    #expect(kolmogorov(rectangles.map { Double($0.height) }, expected.height) < 1)
    if let area = expected.area { #expect(kolmogorov(rectangles.map { Double($0.width * $0.height) }, area) < 1) }
  }

  @Test func crops() throws {
    let crop = try augmentation(RandomCrop.self, "crop")
    for expected in fixtures.crops {
      let (width, height) = (expected.size[0], expected.size[1])
      let found = (0..<draws).compactMap { sample -> PixelRegion? in
        var random = generator(sample)
        return crop.crop(width: width, height: height, random: &random)
      }
      #expect(found.count == draws)
      #expect(found.allSatisfy { $0.x >= 0 && $0.y >= 0 && $0.x + $0.width <= width && $0.y + $0.height <= height })
      compare(found, expected)
      let aspect = try #require(expected.aspect)
      #expect(kolmogorov(found.map { Double($0.width) / Double($0.height) }, aspect) < 1)
      let whole = crop.central(width: width, height: height)
      let fallbacks = found.count { $0 == whole }
      #expect(agree(fallbacks, of: draws, try #require(expected.fallbacks), of: try #require(expected.draws)))
      #expect(expected.size != [20, 90] || fallbacks > 100)  // the rate is really tested
    }
  }

  @Test func cropsFallBackAsTorchvisionDoes() throws {
    let crop = try augmentation(RandomCrop.self, "crop")
    for expected in fixtures.fallbacks {
      let found = crop.central(width: expected.size[0], height: expected.size[1])
      #expect([found.x, found.y, found.width, found.height] == expected.rectangle)
    }
  }

  @Test func jitter() throws {
    let jitter = try augmentation(
      ColorJitter.self, "color-jitter:brightness=0.4,contrast=1.5,saturation=0.2,hue=0.1")
    var orders: [String: Int] = [:]
    var factors = [[Double]](repeating: [], count: 4)
    for sample in 0..<draws {
      var random = generator(sample)
      let drawn = jitter.draw(&random)
      orders[drawn.order.map { "\($0.rawValue)" }.joined(), default: 0] += 1
      for (place, factor) in drawn.factors.enumerated() { factors[place].append(try #require(factor)) }
    }
    let expected = fixtures.jitter
    #expect(chiSquare(orders, expected.order, critical: fixtures.chi) < 1)
    for (found, law) in zip(factors, [expected.brightness, expected.contrast, expected.saturation, expected.hue]) {
      #expect(kolmogorov(found, law) < 1)
    }
    let some = try augmentation(ColorJitter.self, "color-jitter:contrast=0.4")
    var random = generator(0)
    #expect(some.draw(&random).factors.map { $0 != nil } == [false, true, false, false])
  }

  @Test func erasures() throws {
    let erasing = try augmentation(RandomErasing.self, "erase")
    for expected in fixtures.erasures {
      let (width, height) = (expected.size[0], expected.size[1])
      let found = (0..<draws).compactMap { sample -> PixelRegion? in
        var random = generator(sample)
        return erasing.erasure(width: width, height: height, channels: 3, random: &random)?.rectangle
      }
      compare(found, expected)
      let aspect = try #require(expected.aspect)
      #expect(kolmogorov(found.map { Double($0.height) / Double($0.width) }, aspect) < 1)
      #expect(agree(found.count, of: draws, try #require(expected.erased), of: try #require(expected.draws)))
    }
  }

  /// Pairs of operations with their magnitudes and signs, counted.
  @Test func policies() throws {
    for expected in fixtures.policies {
      #expect(chiSquare(try counts(of: expected.spec), expected.counts, critical: fixtures.chi) < 1, "\(expected.spec)")
    }
  }

  private func counts(of text: String) throws -> [String: Int] {
    let augmentation = try #require(try AugmentationSpec.list(parsing: text).first).augmentation()
    var counts: [String: Int] = [:]
    for sample in 0..<draws {
      var random = generator(sample)
      let drawn: [DrawnOperation] =
        switch augmentation {
        case let auto as AutoAugment: auto.draw(width: 224, height: 224, random: &random)
        case let rand as RandAugment: rand.draw(width: 224, height: 224, random: &random)
        case let trivial as TrivialAugment: [trivial.draw(width: 224, height: 224, random: &random)]
        default: []
        }
      let names = drawn.map { one -> String in
        let magnitude = String(format: "%.3f", one.magnitude)
        return one.operation.rawValue + " " + (magnitude == "-0.000" ? "0.000" : magnitude)
      }
      counts[names.joined(separator: "+"), default: 0] += 1
    }
    return counts
  }

  @Test func weightsFollowBeta() {
    // Many draws, since the sampler's constants show little in a ratio.
    for expected in fixtures.betas {
      var random = generator(0)
      let found = (0..<200_000).map { _ in random.beta(expected.alpha, expected.alpha) }
      #expect(found.allSatisfy { $0 >= 0 && $0 <= 1 })
      #expect(kolmogorov(found, expected.shares) < 1, "alpha \(expected.alpha)")
    }
  }

  @Test func boxes() throws {
    let cutmix = try augmentation(CutMix.self, "cutmix")
    for expected in fixtures.boxes {
      let (width, height) = (expected.size[0], expected.size[1])
      var weights: [Double] = []
      var boxes: [PixelRegion] = []
      for sample in 0..<draws {
        var random = generator(sample)
        let mixing = try #require(cutmix.mixing(width: width, height: height, random: &random))
        weights.append(mixing.weight)
        boxes.append(try #require(mixing.box))
      }
      compare(boxes, expected)
      #expect(kolmogorov(weights, try #require(expected.weight)) < 1)
    }
  }

  @Test func flipsAndShiftsAreUniform() throws {
    for p in [0.5, 0.2] {
      let flip = try augmentation(Flip.self, "flip:p=\(p)")
      let flips = (0..<draws).count { sample in
        var random = generator(sample)
        return flip.draw(&random)
      }
      #expect(abs(Double(flips) - p * Double(draws)) < 3.89 * (Double(draws) * p * (1 - p)).squareRoot())
    }
    // One white pixel in the middle of 9 x 7: where it goes tells the shift, one pixel each way.
    let shift = try augmentation(Shift.self, "shift")
    #expect(shift.pixels(width: 9, height: 7) == 1 && shift.pixels(width: 32, height: 32) == 4)
    var counts: [String: Int] = [:]
    for sample in 0..<draws {
      var image = Bitmap(width: 9, height: 7, channels: 1)
      image.pixels[3 * 9 + 4] = 255
      var random = generator(sample)
      shift.apply(to: &image, random: &random)
      counts["\(image.pixels.firstIndex(of: 255) ?? -1)", default: 0] += 1
    }
    let places = (2...4).flatMap { y in (3...5).map { "\(y * 9 + $0)" } }
    let even = Dictionary(uniqueKeysWithValues: places.map { ($0, 1_000_000) })
    #expect(chiSquare(counts, even, critical: fixtures.chi) < 1)
  }

  /// Laws that are only a little wrong exceed the bounds.
  @Test func wrongLawsAreCaught() throws {
    let expected = try #require(fixtures.crops.first)
    let crops = try ["crop:min_scale=0.1", "crop:max_ratio=1.4"].map { try augmentation(RandomCrop.self, $0) }
    for (crop, law) in zip(crops, [expected.area, expected.aspect]) {
      let found = (0..<draws).compactMap { sample -> Double? in
        var random = generator(sample)
        return crop.crop(width: expected.size[0], height: expected.size[1], random: &random).map {
          crop.scale.lowerBound == 0.1 ? Double($0.width * $0.height) : Double($0.width) / Double($0.height)
        }
      }
      #expect(kolmogorov(found, try #require(law)) > 1)
    }
    let mixture = try #require(fixtures.betas.first { $0.alpha == 0.2 })
    let wrong = (0..<draws).map { sample -> Double in
      var random = generator(sample)
      return random.beta(0.22, 0.22)
    }
    #expect(kolmogorov(wrong, mixture.shares) > 1)
    let imagenet = try #require(fixtures.policies.first)
    #expect(chiSquare(try counts(of: "auto-augment:policy=svhn"), imagenet.counts, critical: fixtures.chi) > 1)
    // Signs of 4 to 3 instead of even.
    let rand = try #require(fixtures.policies.first { $0.spec.hasPrefix("rand-augment:operations=1") })
    var skewed = try counts(of: rand.spec)
    #expect(chiSquare(skewed, rand.counts, critical: fixtures.chi) < 1)
    for (name, count) in skewed where name.contains("-") {
      skewed[name] = count * 6 / 7
      skewed[name.replacingOccurrences(of: "-", with: ""), default: 0] += count - count * 6 / 7
    }
    #expect(chiSquare(skewed, rand.counts, critical: fixtures.chi) > 1)
  }
}
