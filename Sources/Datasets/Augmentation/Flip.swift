/// Mirrors left to right with probability p.
struct Flip: Augmentation {
  static let name = "flip"
  static let summary = "mirrored left to right, half the time"
  static let stage = AugmentationStage.image
  static let parameters: [AugmentationParameter] = [.number("p", "how often, as a probability", 0.5, in: 0...1)]

  let probability: Double

  init(_ settings: AugmentationSettings) { probability = settings["p"] }

  /// Whether this image is mirrored. One number of the stream; for one half its lowest bit, as in every version so far.
  func draw(_ random: inout CounterGenerator) -> Bool {
    probability == 0.5 ? random.next() & 1 == 1 : random.uniform() < probability
  }

  func apply(to image: inout Bitmap, random: inout CounterGenerator) {
    if draw(&random) { image.mirror() }
  }
}
