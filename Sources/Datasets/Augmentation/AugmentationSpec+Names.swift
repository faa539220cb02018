extension AugmentationSpec {
  /// Mirrored left to right, half the time.
  public static let flip = AugmentationSpec(standard: "flip")
  /// Moved by up to an eighth of the side each way, black where nothing is left.
  public static let shift = AugmentationSpec(standard: "shift")
  /// The random resized crop of ImageNet training.
  public static let crop = AugmentationSpec(standard: "crop")

  /// A listed augmentation with its standard parameters.
  private init(standard name: String) {
    self.name = name
    settings = [:]
  }
}
