/// A few operations drawn at random from fourteen, all of one strength.
///
/// Source: Cubuk and others, "RandAugment: Practical automated data augmentation with a reduced search space", 2020, in
/// the form of torchvision 0.28.0's `RandAugment`.
struct RandAugment: Augmentation {
  static let name = "rand-augment"
  static let summary = "a few random operations of one strength"
  static let stage = AugmentationStage.image
  static let parameters: [AugmentationParameter] = [
    .whole("operations", "how many follow each other", 2, in: 1...14),
    .whole("magnitude", "their strength, 0 to bins - 1", 9, in: 0...999),
    .whole("bins", "how many strengths there are", 31, in: 2...1000),
  ]

  /// What is drawn from: everything but inversion.
  static let operations = ImageOperation.allCases.filter { $0 != .invert }

  private let count: Int
  private let bin: Int
  private let bins: Int

  init(_ settings: AugmentationSettings) throws(AugmentationError) {
    (count, bin, bins) = (Int(settings["operations"]), Int(settings["magnitude"]), Int(settings["bins"]))
    guard bin < bins else {
      throw .unusable(
        augmentation: Self.name, reason: "magnitude is \(bin); expected at most \(bins - 1), one less than bins")
    }
  }

  /// What is done to an image of that size.
  func draw(width: Int, height: Int, random: inout CounterGenerator) -> [DrawnOperation] {
    (0..<count).map { _ in
      let operation = Self.operations[random.below(Self.operations.count)]
      let magnitude = MagnitudeScale.standard.magnitude(
        of: operation, bin: bin, bins: bins, width: width, height: height)
      let sign = MagnitudeScale.isSigned(operation) && random.below(2) == 1 ? -1.0 : 1
      return DrawnOperation(operation: operation, magnitude: sign * magnitude)
    }
  }

  func apply(to image: inout Bitmap, random: inout CounterGenerator) {
    for drawn in draw(width: image.width, height: image.height, random: &random) { drawn.apply(to: &image) }
  }
}
