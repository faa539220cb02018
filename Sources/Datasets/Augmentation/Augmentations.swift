/// The augmentations there are.
public enum Augmentations {
  /// All of them, in the order of their stages.
  public static let standard: [any Augmentation.Type] = [
    RandomCrop.self, Flip.self, Shift.self, ColorJitter.self, AutoAugment.self, RandAugment.self,
    TrivialAugment.self, RandomErasing.self, Mixup.self, CutMix.self,
  ]

  /// The type of a name.
  /// - Throws: `AugmentationError.unknownAugmentation`, with the known names, nearest first.
  public static func type(named name: String) throws(AugmentationError) -> any Augmentation.Type {
    for type in standard where type.name == name { return type }
    throw .unknownAugmentation(name: name, known: nearest(to: name, in: standard.map { $0.name }))
  }
}
