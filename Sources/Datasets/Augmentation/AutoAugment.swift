/// Two operations by a policy learned for a data set: one of 25 pairs, each operation with its probability and strength.
///
/// Source: Cubuk and others, "AutoAugment: Learning Augmentation Strategies from Data", 2019, in the form of torchvision
/// 0.28.0's `AutoAugment`.
struct AutoAugment: Augmentation {
  static let name = "auto-augment"
  static let summary = "a pair of operations from a learned policy"
  static let stage = AugmentationStage.image
  static let parameters: [AugmentationParameter] = [
    .choice("policy", "the data set it was learned for", of: AutoAugmentPolicy.allCases.map(\.rawValue))
  ]

  private let pairs: [AutoAugmentPolicy.Pair]

  init(_ settings: AugmentationSettings) {
    pairs = (AutoAugmentPolicy(rawValue: settings.word("policy")) ?? .imagenet).pairs
  }

  /// What is done to an image of that size. Five numbers of the stream, whatever comes out.
  func draw(width: Int, height: Int, random: inout CounterGenerator) -> [DrawnOperation] {
    let pair = pairs[random.below(pairs.count)]
    let chances = (random.uniform(), random.uniform())
    let negative = (random.below(2) == 0, random.below(2) == 0)
    return [(pair.first, chances.0, negative.0), (pair.second, chances.1, negative.1)].compactMap {
      step, chance, negative in
      guard chance < step.probability else { return nil }
      let magnitude = MagnitudeScale.standard.magnitude(
        of: step.operation, bin: step.bin, bins: 10, width: width, height: height)
      let sign = MagnitudeScale.isSigned(step.operation) && negative ? -1.0 : 1
      return DrawnOperation(operation: step.operation, magnitude: sign * magnitude)
    }
  }

  func apply(to image: inout Bitmap, random: inout CounterGenerator) {
    for drawn in draw(width: image.width, height: image.height, random: &random) { drawn.apply(to: &image) }
  }
}

/// An operation and its magnitude, as a policy chose them for an image.
struct DrawnOperation: Hashable, Sendable {
  var operation: ImageOperation
  var magnitude: Double

  func apply(to image: inout Bitmap) { operation.apply(to: &image, magnitude: magnitude) }
}
