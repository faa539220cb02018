/// The augmentations of a run, ready for use: `crop` on the decoded image, `augment` on the resized one, `erasure` on
/// the normalized one, `mixing` on the batch.
///
/// An image's generator, `CounterGenerator(seed:purpose: .augmentation, epoch, sample)`, goes through crop, augment and
/// erasure in this order. Within `augment` numbers are drawn in the order of the list, with one exception: the flip is
/// drawn first and carried out last. So it was when there were only flip and shift; and since everything else treats
/// left and right alike (but for the rounding of shears and rotations), its place changes no distribution. A batch has a
/// generator of its own, keyed by epoch and step, which must not be that of a sample.
public struct AugmentationPipeline: Sendable {
  /// What it was made from.
  public let specs: [AugmentationSpec]
  private let cropping: (any Augmentation)?
  private let flip: Flip?
  private let operations: [any Augmentation]
  private let erasing: [any Augmentation]
  private let mixers: [any Augmentation]

  /// The pipeline of a list, which may be empty.
  /// - Throws: `AugmentationError` for an augmentation that is in the list twice.
  public init(_ specs: [AugmentationSpec]) throws(AugmentationError) {
    try AugmentationSpec.refuseRepetition(specs)
    var stages: [AugmentationStage: [any Augmentation]] = [:]
    for spec in specs {
      let augmentation = try spec.augmentation()
      stages[type(of: augmentation).stage, default: []].append(augmentation)
    }
    self.specs = specs
    cropping = stages[.crop]?.first
    flip = stages[.image]?.lazy.compactMap { $0 as? Flip }.first
    operations = stages[.image]?.filter { !($0 is Flip) } ?? []
    erasing = stages[.normalized] ?? []
    mixers = stages[.batch] ?? []
  }

  /// The pipeline that changes nothing.
  public init() {
    specs = []
    cropping = nil
    flip = nil
    operations = []
    erasing = []
    mixers = []
  }

  /// The entry that crops; nil if there is none, so that the whole image is used.
  public var cropSpec: AugmentationSpec? { specs.first { $0.stage == .crop } }

  /// Whether nothing at all is done.
  public var isEmpty: Bool { specs.isEmpty }

  /// Whether `augment` does anything.
  public var changesImages: Bool { flip != nil || !operations.isEmpty }

  /// Whether `erasure` can give anything.
  public var erases: Bool { !erasing.isEmpty }

  /// Whether `mixing` gives anything; the labels of a batch are then pairs.
  public var mixes: Bool { !mixers.isEmpty }

  /// The part of a decoded image that is kept; nil without `crop`. Draws first from the image's generator.
  public func crop(width: Int, height: Int, random: inout CounterGenerator) -> PixelRegion? {
    cropping?.crop(width: width, height: height, random: &random)
  }

  /// Whether `augment` mirrors and does nothing else.
  public var onlyMirrors: Bool { operations.isEmpty }

  /// Whether an image is mirrored, where `onlyMirrors`: draws as `augment` does, for those who mirror on the way.
  public func mirrors(random: inout CounterGenerator) -> Bool { flip?.draw(&random) ?? false }

  /// Changes a resized image, RGB or gray.
  public func augment(_ image: inout Bitmap, random: inout CounterGenerator) {
    let mirrors = flip?.draw(&random) ?? false
    for operation in operations { operation.apply(to: &image, random: &random) }
    if mirrors { image.mirror() }
  }

  /// What is blotted out of a normalized image; nil for nothing. Draws last from the image's generator.
  public func erasure(width: Int, height: Int, channels: Int, random: inout CounterGenerator) -> Erasure? {
    for augmentation in erasing {
      if let erasure = augmentation.erasure(width: width, height: height, channels: channels, random: &random) {
        return erasure
      }
    }
    return nil
  }

  /// How a batch is mixed; nil without mixup and CutMix. With both, each batch takes one of them, equally often, as in
  /// torchvision's reference training.
  public func mixing(width: Int, height: Int, random: inout CounterGenerator) -> Mixing? {
    guard !mixers.isEmpty else { return nil }
    return mixers[random.below(mixers.count)].mixing(width: width, height: height, random: &random)
  }
}
