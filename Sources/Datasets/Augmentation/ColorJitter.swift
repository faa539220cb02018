/// Changes brightness, contrast, saturation and hue by random factors in random order.
///
/// A strength s draws a factor uniform in [max(0, 1 - s), 1 + s]; for the hue a turn uniform in [-s, s] of the color
/// circle. Strengths of 0, the default, leave that quality alone. As torchvision 0.28.0's `ColorJitter`.
struct ColorJitter: Augmentation {
  static let name = "color-jitter"
  static let summary = "random brightness, contrast, saturation and hue"
  static let stage = AugmentationStage.image
  static let parameters: [AugmentationParameter] = [
    .number("brightness", "strength; 0 leaves it alone", 0, in: 0...100),
    .number("contrast", "strength; 0 leaves it alone", 0, in: 0...100),
    .number("saturation", "strength; 0 leaves it alone", 0, in: 0...100),
    .number("hue", "strength, a share of the color circle; 0 leaves it alone", 0, in: 0...0.5),
  ]

  /// What is changed, in the order of the parameters.
  enum Quality: Int, CaseIterable {
    case brightness, contrast, saturation, hue
  }

  private let strengths: [Double]

  init(_ settings: AugmentationSettings) throws(AugmentationError) {
    strengths = Self.parameters.map { settings[$0.name] }
    guard strengths.contains(where: { $0 > 0 }) else {
      throw .unusable(
        augmentation: Self.name,
        reason: "every strength is 0, so that it changes nothing; give one, as in "
          + "\(Self.name):brightness=0.4,contrast=0.4,saturation=0.4")
    }
  }

  /// The order, then a factor for each quality; nil for those left alone, for which no number is drawn.
  func draw(_ random: inout CounterGenerator) -> (order: [Quality], factors: [Double?]) {
    var order = Quality.allCases
    random.shuffle(&order)
    let factors = Quality.allCases.map { quality -> Double? in
      let strength = strengths[quality.rawValue]
      guard strength > 0 else { return nil }
      return quality == .hue
        ? random.uniform(-strength, strength) : random.uniform(max(0, 1 - strength), 1 + strength)
    }
    return (order, factors)
  }

  func apply(to image: inout Bitmap, random: inout CounterGenerator) {
    let (order, factors) = draw(&random)
    for quality in order {
      guard let factor = factors[quality.rawValue] else { continue }
      switch quality {
      case .brightness: image.adjustBrightness(factor)
      case .contrast: image.adjustContrast(factor)
      case .saturation: image.adjustSaturation(factor)
      case .hue: image.adjustHue(factor)
      }
    }
  }
}
