/// One operation drawn at random from fourteen, of random strength out of a wide range.
///
/// Source: Müller and Hutter, "TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation", 2021, in the form of
/// torchvision 0.28.0's `TrivialAugmentWide`.
struct TrivialAugment: Augmentation {
  static let name = "trivial-augment"
  static let summary = "one random operation of random strength"
  static let stage = AugmentationStage.image
  static let parameters: [AugmentationParameter] = [
    .whole("bins", "how many strengths there are", 31, in: 2...1000)
  ]

  private let bins: Int

  init(_ settings: AugmentationSettings) { bins = Int(settings["bins"]) }

  /// What is done to an image.
  func draw(width: Int, height: Int, random: inout CounterGenerator) -> DrawnOperation {
    let operation = RandAugment.operations[random.below(RandAugment.operations.count)]
    let magnitude = MagnitudeScale.wide.magnitude(
      of: operation, bin: random.below(bins), bins: bins, width: width, height: height)
    let sign = MagnitudeScale.isSigned(operation) && random.below(2) == 1 ? -1.0 : 1
    return DrawnOperation(operation: operation, magnitude: sign * magnitude)
  }

  func apply(to image: inout Bitmap, random: inout CounterGenerator) {
    draw(width: image.width, height: image.height, random: &random).apply(to: &image)
  }
}
