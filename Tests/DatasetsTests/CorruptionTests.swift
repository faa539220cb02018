import Foundation
import Testing

@testable import Datasets

@Suite struct CorruptionTests {
  /// The paper's names, in the paper's order.
  static let names = [
    "gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "glass_blur", "motion_blur", "zoom_blur", "snow",
    "frost", "fog", "brightness", "contrast", "elastic_transform", "pixelate", "jpeg_compression",
  ]
  let image = CorruptionFixtures.picture(height: 48, width: 64)

  @Test func registry() throws {
    #expect(Corruption.standard.map(\.name) == Self.names)
    #expect(Corruption.standard.map(\.index) == Array(0..<15))
    #expect(Corruption.standard.filter(\.usesOwnTexture).map(\.title) == ["frost (own texture)"])
    let groups = Dictionary(grouping: Corruption.standard, by: \.group).mapValues(\.count)
    #expect(groups == [.noise: 3, .blur: 4, .weather: 4, .digital: 4])
    for name in Self.names {
      #expect(try Corruption.find(name).name == name)
      #expect(try Corruption.find(name.replacingOccurrences(of: "_", with: "").uppercased()).name == name)
    }
    #expect(try Corruption.find("jpeg").name == "jpeg_compression")
    #expect(try Corruption.find("elastic").name == "elastic_transform")
  }

  @Test func unknownNamesAndSeverities() throws {
    let error = #expect(throws: DatasetError.self) { try Corruption.find("motionblurr") }
    #expect(error?.kind == .unknownName && error?.expected.hasPrefix("one of motion_blur,") == true)
    for severity in [-1, 0, 6] {
      #expect(throws: DatasetError.self) {
        try Corruption.contrast(image, severity: severity, seed: 0, sample: 0)
      }
    }
    #expect(throws: DatasetError.self) {
      try Corruption.frost(textures: [])(image, severity: 1, seed: 0, sample: 0)
    }
  }

  @Test func tableBySize() {
    #expect(CorruptionTable(width: 28, height: 28) == .cifar && CorruptionTable(width: 32, height: 300) == .cifar)
    #expect(CorruptionTable(width: 33, height: 64) == .tinyImageNet)
    #expect(CorruptionTable(width: 65, height: 224) == .imageNet)
  }

  /// A sample looks the same whatever came before it, and other samples, severities and seeds look different.
  @Test func keyed() throws {
    for corruption in Corruption.standard {
      let first = try corruption(image, severity: 3, seed: 5, sample: 9)
      _ = try corruption(image, severity: 3, seed: 5, sample: 8)
      #expect(try corruption(image, severity: 3, seed: 5, sample: 9) == first)
      #expect(try corruption(image, severity: 4, seed: 5, sample: 9) != first, "\(corruption.name)")
      #expect((try corruption(image, severity: 3, seed: 5, sample: 10) != first) == corruption.isRandom)
      #expect((try corruption(image, severity: 3, seed: 6, sample: 9) != first) == corruption.isRandom)
    }
  }

  /// Every size, table and severity gives an image of the same size; nothing traps on the smallest.
  @Test(arguments: [(1, 1), (1, 9), (5, 3), (28, 28), (32, 32), (33, 100), (70, 65)])
  func sizes(height: Int, width: Int) throws {
    for channels in [1, 3] {
      var image = Bitmap(width: width, height: height, channels: channels)
      for place in image.pixels.indices { image.pixels[place] = UInt8(place * 37 % 256) }
      for corruption in Corruption.standard {
        for table in CorruptionTable.allCases {
          for severity in Corruption.severities {
            let result = try corruption(image, severity: severity, table: table, seed: 1, sample: 2)
            #expect(result.width == width && result.height == height && result.channels == channels)
            #expect(result.pixels.count == image.pixels.count)
          }
        }
      }
    }
  }

  /// A gray image becomes what each of three equal channels becomes. Left out are the three noises, which have one
  /// number a pixel there and three here, and frost and JPEG, which tint.
  @Test func grayIsOneOfThree() throws {
    let gray = image.luma()
    for corruption in Corruption.standard where corruption.group != .noise {
      if ["frost", "jpeg_compression"].contains(corruption.name) { continue }
      let one = try corruption(gray, severity: 3, seed: 1, sample: 2)
      let three = try corruption(gray.repeated(), severity: 3, seed: 1, sample: 2)
      // 0.299 + 0.587 + 0.114 in single precision is not quite 1: snow may be cut off elsewhere.
      #expect(PixelGap(one.pixels, three.firstChannel().pixels).largest <= (corruption.name == "snow" ? 1 : 0))
    }
  }

  /// More severe is further from the image, on average over samples.
  @Test func severitiesRise() throws {
    let photograph = Glyphs.draw(count: 1, split: .train, factor: .hue)
    let shape = photograph.shape
    let plane = shape.height * shape.width
    let pixels = (0..<plane * 3).map { photograph.pixels[$0 % 3 * plane + $0 / 3] }
    let image = try #require(Bitmap(width: shape.width, height: shape.height, channels: 3, pixels: pixels))
    // These rise by their parameters; elsewhere severities trade one parameter against another.
    for name in ["gaussian_noise", "shot_noise", "impulse_noise", "brightness", "contrast"] {
      let corruption = try Corruption.find(name)
      let distances = try Corruption.severities.map { severity in
        let result = try corruption(image, severity: severity, seed: 3, sample: 1)
        return zip(result.pixels, image.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
      }
      #expect(zip(distances, distances.dropFirst()).allSatisfy(<), "\(name) \(distances)")
    }
  }

  /// A set is corrupted image by image, by place: a part with its offset gives the bytes of the whole.
  @Test func samples() throws {
    let set = Glyphs.draw(count: 6, split: .test, factor: .hue)
    let all = try set.corrupted(by: .impulseNoise, severity: 2, seed: 8)
    let part = try set.selecting([4, 5]).corrupted(by: .impulseNoise, severity: 2, seed: 8, offset: 4)
    #expect(part.pixels == all.selecting([4, 5]).pixels)
    #expect(all.labels == set.labels && all.shape == set.shape && all.pixels != set.pixels)
    // A mean over the image is a mean of a plane: contrast finds the planes in their order.
    let flat = try set.corrupted(by: .contrast, severity: 5, table: .imageNet, seed: 8)
    let plane = set.shape.height * set.shape.width
    for start in stride(from: 0, to: set.pixels.count, by: plane) {
      let mean = set.pixels[start..<start + plane].reduce(0.0) { $0 + Double($1) } / Double(plane)
      for place in start..<start + plane {
        #expect(abs(Double(flat.pixels[place]) + 0.5 - (mean + 0.05 * (Double(set.pixels[place]) - mean))) <= 0.51)
      }
    }
  }
}
