/// Moves the image by a random number of whole pixels each way; black where nothing is left. The same as padding with
/// black and cropping at random, the usual augmentation of CIFAR (4 pixels of 32).
struct Shift: Augmentation {
  static let name = "shift"
  static let summary = "moved by up to an eighth of the longer side each way, black where nothing is left"
  static let stage = AugmentationStage.image
  static let parameters: [AugmentationParameter] = [
    .number("reach", "furthest move, as a share of the longer side", 0.125, in: 0...1)
  ]

  let reach: Double

  init(_ settings: AugmentationSettings) { reach = settings["reach"] }

  /// The furthest move in pixels: the share of the longer side, rounded half up.
  func pixels(width: Int, height: Int) -> Int { Int(Double(max(width, height)) * reach + 0.5) }

  func apply(to image: inout Bitmap, random: inout CounterGenerator) {
    let reach = pixels(width: image.width, height: image.height)
    // A pixel comes from (x + dx, y + dy).
    let dy = random.below(2 * reach + 1) - reach
    let dx = random.below(2 * reach + 1) - reach
    image.translate(right: -dx, down: -dy)
  }
}
