import Foundation

/// Random resized crop: a rectangle of random area and shape, which the caller resizes to the size of training.
///
/// The area is uniform between two shares of the image's, the logarithm of width/height uniform between two bounds,
/// the sides rounded, the place uniform. After ten rectangles that do not fit: the largest central one whose shape is
/// within the bounds. Source: Szegedy and others, "Going Deeper with Convolutions", 2015, in the form of torchvision
/// 0.28.0's `RandomResizedCrop`, to whose distribution it is tested.
struct RandomCrop: Augmentation {
  static let name = "crop"
  static let summary = "a random part of the image, resized"
  static let stage = AugmentationStage.crop
  static let parameters: [AugmentationParameter] = [
    .number("min_scale", "least share of the area", 0.08, in: 0.0001...1),
    .number("max_scale", "largest share of the area", 1, in: 0.0001...1),
    .number("min_ratio", "least width/height", 3.0 / 4, in: 0.01...100),
    .number("max_ratio", "largest width/height", 4.0 / 3, in: 0.01...100),
  ]

  let scale: ClosedRange<Double>
  let ratio: ClosedRange<Double>

  init(_ settings: AugmentationSettings) throws(AugmentationError) {
    scale = try settings.range("min_scale", "max_scale", of: Self.name)
    ratio = try settings.range("min_ratio", "max_ratio", of: Self.name)
  }

  func crop(width: Int, height: Int, random: inout CounterGenerator) -> PixelRegion? {
    for _ in 0..<10 {
      let size = RandomRectangle.size(
        area: Double(width * height), scale: scale, ratio: ratio, random: &random)
      guard size.long > 0, size.long <= width, size.short > 0, size.short <= height else { continue }
      let y = random.below(height - size.short + 1)
      let x = random.below(width - size.long + 1)
      return PixelRegion(x: x, y: y, width: size.long, height: size.short)
    }
    return central(width: width, height: height)
  }

  /// The largest rectangle in the middle whose shape is within the bounds.
  func central(width: Int, height: Int) -> PixelRegion {
    var (w, h) = (width, height)
    let shape = Double(width) / Double(height)
    if shape < ratio.lowerBound {
      h = max(1, Int((Double(width) / ratio.lowerBound).rounded(.toNearestOrEven)))
    } else if shape > ratio.upperBound {
      w = max(1, Int((Double(height) * ratio.upperBound).rounded(.toNearestOrEven)))
    }
    return PixelRegion(x: (width - w) / 2, y: (height - h) / 2, width: w, height: h)
  }
}

/// Sides of a rectangle drawn by area and shape, as random crops and random erasing draw them.
enum RandomRectangle {
  /// Rounded sides: their product is about `area` times a number uniform in `scale`, `long` over `short` is about
  /// exp of a number uniform between the logarithms of `ratio`.
  static func size(
    area: Double, scale: ClosedRange<Double>, ratio: ClosedRange<Double>, random: inout CounterGenerator
  ) -> (long: Int, short: Int) {
    let area = area * random.uniform(scale.lowerBound, scale.upperBound)
    let shape = exp(random.uniform(log(ratio.lowerBound), log(ratio.upperBound)))
    return (
      Int((area * shape).squareRoot().rounded(.toNearestOrEven)),
      Int((area / shape).squareRoot().rounded(.toNearestOrEven))
    )
  }
}

extension AugmentationSettings {
  /// The range between two settings.
  func range(
    _ low: String, _ high: String, of name: String
  ) throws(AugmentationError) -> ClosedRange<Double> {
    guard self[low] <= self[high] else {
      let (first, second) = (AugmentationValue.number(self[low]), AugmentationValue.number(self[high]))
      throw .unusable(augmentation: name, reason: "\(low) is \(first), above \(high), which is \(second)")
    }
    return self[low]...self[high]
  }
}
