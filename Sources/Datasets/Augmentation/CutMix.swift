/// Replaces a rectangle of each image by that of another, and weighs the labels by area.
///
/// The sides are those of the image times sqrt(1 - lambda), lambda ~ Beta(alpha, alpha), the middle is a uniform pixel,
/// what sticks out is cut off; the weight follows from the area that is left. One rectangle a batch. Source: Yun and
/// others, "CutMix", 2019, in the form of torchvision 0.28.0's `v2.CutMix`.
struct CutMix: Augmentation {
  static let name = "cutmix"
  static let summary = "a rectangle of each image, and its share of the label, from another"
  static let stage = AugmentationStage.batch
  static let parameters: [AugmentationParameter] = [
    .number("alpha", "both parameters of the Beta distribution of the share kept", 1, in: 0.001...1000)
  ]

  let alpha: Double

  init(_ settings: AugmentationSettings) { alpha = settings["alpha"] }

  func mixing(width: Int, height: Int, random: inout CounterGenerator) -> Mixing? {
    let half = 0.5 * (1 - random.beta(alpha, alpha)).squareRoot()
    let (x, y) = (random.below(width), random.below(height))
    let (halfWidth, halfHeight) = (Int(half * Double(width)), Int(half * Double(height)))
    let (left, right) = (max(x - halfWidth, 0), min(x + halfWidth, width))
    let (top, bottom) = (max(y - halfHeight, 0), min(y + halfHeight, height))
    let box = PixelRegion(x: left, y: top, width: right - left, height: bottom - top)
    return Mixing(weight: 1 - Double(box.width * box.height) / Double(width * height), box: box)
  }
}
