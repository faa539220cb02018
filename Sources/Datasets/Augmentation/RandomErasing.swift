import Foundation

/// Blots out a random rectangle of the normalized image.
///
/// With probability p: area uniform between two shares of the image's, the logarithm of height/width uniform between
/// two bounds, at a uniform place, smaller than the image both ways; nothing after ten rectangles that are not. Source:
/// Zhong and others, "Random Erasing Data Augmentation", 2017, in the form of torchvision 0.28.0's `RandomErasing`.
struct RandomErasing: Augmentation {
  static let name = "erase"
  static let summary = "a random rectangle blotted out, after normalization"
  static let stage = AugmentationStage.normalized
  static let parameters: [AugmentationParameter] = [
    .number("p", "how often, as a probability", 0.5, in: 0...1),
    .number("min_scale", "least share of the area", 0.02, in: 0...1),
    .number("max_scale", "largest share of the area", 0.33, in: 0...1),
    .number("min_ratio", "least height/width", 0.3, in: 0.01...100),
    .number("max_ratio", "largest height/width", 3.3, in: 0.01...100),
    .number("value", "normalized value, or normal numbers", 0, in: -1000...1000, or: ["random"]),
  ]

  let probability: Double
  let scale: ClosedRange<Double>
  let ratio: ClosedRange<Double>
  /// nil for random values.
  let value: Double?

  init(_ settings: AugmentationSettings) throws(AugmentationError) {
    probability = settings["p"]
    scale = try settings.range("min_scale", "max_scale", of: Self.name)
    ratio = try settings.range("min_ratio", "max_ratio", of: Self.name)
    value = settings.number("value")
  }

  func erasure(width: Int, height: Int, channels: Int, random: inout CounterGenerator) -> Erasure? {
    guard random.uniform() < probability else { return nil }
    for _ in 0..<10 {
      let size = RandomRectangle.size(
        area: Double(width * height), scale: scale, ratio: ratio, random: &random)
      guard size.long < height, size.short < width else { continue }
      let y = random.below(height - size.long + 1)
      let x = random.below(width - size.short + 1)
      let rectangle = PixelRegion(x: x, y: y, width: size.short, height: size.long)
      if let value { return Erasure(rectangle: rectangle, fill: .constant(Float(value))) }
      let count = rectangle.width * rectangle.height * channels
      return Erasure(rectangle: rectangle, fill: .values(Self.normals(count, random: &random)))
    }
    return nil
  }

  /// Standard normal numbers (Box and Muller, both of each pair).
  private static func normals(_ count: Int, random: inout CounterGenerator) -> [Float] {
    var numbers: [Float] = []
    numbers.reserveCapacity(count + 1)
    while numbers.count < count {
      let radius = (-2 * log(1 - random.uniform())).squareRoot()
      let angle = 2 * Double.pi * random.uniform()
      numbers.append(Float(radius * cos(angle)))
      numbers.append(Float(radius * sin(angle)))
    }
    return Array(numbers.prefix(count))
  }
}

/// A rectangle of a normalized image and what it is overwritten with.
public struct Erasure: Hashable, Sendable {
  /// What a blotted-out rectangle holds.
  public enum Fill: Hashable, Sendable {
    /// One value everywhere.
    case constant(Float)
    /// A value for each pixel and channel [height, width, channels] of the rectangle.
    case values([Float])
  }

  /// Which pixels.
  public var rectangle: PixelRegion
  /// What they become.
  public var fill: Fill

  /// An erasure from its parts.
  public init(rectangle: PixelRegion, fill: Fill) {
    self.rectangle = rectangle
    self.fill = fill
  }

  /// Overwrites the rectangle in an image [height, width, channels]. Rows outside the buffer are left out.
  public func apply(to image: UnsafeMutableBufferPointer<Float>, width: Int, channels: Int) {
    let length = rectangle.width * channels
    for row in 0..<rectangle.height {
      let start = ((rectangle.y + row) * width + rectangle.x) * channels
      guard start >= 0, start + length <= image.count else { continue }
      switch fill {
      case .constant(let value):
        for i in 0..<length { image[start + i] = value }
      case .values(let values):
        guard (row + 1) * length <= values.count else { continue }
        for i in 0..<length { image[start + i] = values[row * length + i] }
      }
    }
  }

  /// Overwrites the rectangle in an image [height, width, channels].
  public func apply(to image: inout [Float], width: Int, channels: Int) {
    image.withUnsafeMutableBufferPointer { apply(to: $0, width: width, channels: channels) }
  }
}
