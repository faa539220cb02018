/// When an augmentation acts on the way from a file to a batch.
public enum AugmentationStage: String, Codable, Hashable, Sendable, CaseIterable {
  /// On the decoded image, before it is resized: chooses what is kept of it.
  case crop
  /// On the resized image, 8 bits a channel.
  case image
  /// On the image once its channels are normalized.
  case normalized
  /// On a batch of normalized images and their labels.
  case batch
}

/// A random change of training images.
///
/// One overrides the method of its stage; the others do nothing. Random numbers come from the generator handed in and
/// nowhere else, so that an image looks the same whatever the workers, the batch size or where a run was resumed. To add
/// one: a file with the struct, and a line in `Augmentations.standard`.
public protocol Augmentation: Sendable {
  /// Its name in plans and on the command line.
  static var name: String { get }

  /// What it does, in a line.
  static var summary: String { get }

  /// When it acts.
  static var stage: AugmentationStage { get }

  /// What can be set, with defaults and bounds.
  static var parameters: [AugmentationParameter] { get }

  /// One with the settings given, which are complete and within their bounds.
  /// - Throws: `AugmentationError.unusable` if they make no sense together.
  init(_ settings: AugmentationSettings) throws(AugmentationError)

  /// Stage `crop`: the part of an image of width x height that is kept; nil for all of it.
  func crop(width: Int, height: Int, random: inout CounterGenerator) -> PixelRegion?

  /// Stage `image`: changes the image.
  func apply(to image: inout Bitmap, random: inout CounterGenerator)

  /// Stage `normalized`: what is blotted out of an image; nil for nothing.
  func erasure(width: Int, height: Int, channels: Int, random: inout CounterGenerator) -> Erasure?

  /// Stage `batch`: how the images of a batch are mixed; nil for not at all.
  func mixing(width: Int, height: Int, random: inout CounterGenerator) -> Mixing?
}

extension Augmentation {
  /// Keeps everything.
  public func crop(width: Int, height: Int, random: inout CounterGenerator) -> PixelRegion? { nil }

  /// Changes nothing.
  public func apply(to image: inout Bitmap, random: inout CounterGenerator) {}

  /// Blots out nothing.
  public func erasure(width: Int, height: Int, channels: Int, random: inout CounterGenerator) -> Erasure? { nil }

  /// Mixes nothing.
  public func mixing(width: Int, height: Int, random: inout CounterGenerator) -> Mixing? { nil }
}
