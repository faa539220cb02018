/// Averages pairs of images, and their labels, with weights lambda ~ Beta(alpha, alpha) and 1 - lambda; one lambda a
/// batch. Source: Zhang and others, "mixup: Beyond Empirical Risk Minimization", 2018, in the form of torchvision
/// 0.28.0's `v2.MixUp`, whose alpha is 1 by default; that of the paper for ImageNet is 0.2.
struct Mixup: Augmentation {
  static let name = "mixup"
  static let summary = "pairs of images and their labels averaged"
  static let stage = AugmentationStage.batch
  static let parameters: [AugmentationParameter] = [
    .number("alpha", "both parameters of the weight's Beta distribution", 0.2, in: 0.001...1000)
  ]

  let alpha: Double

  init(_ settings: AugmentationSettings) { alpha = settings["alpha"] }

  func mixing(width: Int, height: Int, random: inout CounterGenerator) -> Mixing? {
    Mixing(weight: random.beta(alpha, alpha))
  }
}
