/// The policies of AutoAugment's appendix, by the data set each was learned for.
enum AutoAugmentPolicy: String, CaseIterable, Sendable {
  case imagenet, cifar10, svhn

  /// An operation, how often it is carried out, and its strength out of ten; 0 where it has none.
  struct Step: Sendable {
    var operation: ImageOperation
    var probability: Double
    var bin: Int

    init(_ operation: ImageOperation, _ probability: Double, _ bin: Int = 0) {
      self.operation = operation
      self.probability = probability
      self.bin = bin
    }
  }

  /// Two operations that follow each other.
  typealias Pair = (first: Step, second: Step)

  /// The 25 pairs, all equally likely; some occur twice.
  var pairs: [Pair] {
    switch self {
    case .imagenet: Self.imagenetPairs
    case .cifar10: Self.cifar10Pairs
    case .svhn: Self.svhnPairs
    }
  }

  private static let imagenetPairs: [Pair] = [
    (.init(.posterize, 0.4, 8), .init(.rotate, 0.6, 9)),
    (.init(.solarize, 0.6, 5), .init(.autoContrast, 0.6)),
    (.init(.equalize, 0.8), .init(.equalize, 0.6)),
    (.init(.posterize, 0.6, 7), .init(.posterize, 0.6, 6)),
    (.init(.equalize, 0.4), .init(.solarize, 0.2, 4)),
    (.init(.equalize, 0.4), .init(.rotate, 0.8, 8)),
    (.init(.solarize, 0.6, 3), .init(.equalize, 0.6)),
    (.init(.posterize, 0.8, 5), .init(.equalize, 1)),
    (.init(.rotate, 0.2, 3), .init(.solarize, 0.6, 8)),
    (.init(.equalize, 0.6), .init(.posterize, 0.4, 6)),
    (.init(.rotate, 0.8, 8), .init(.color, 0.4, 0)),
    (.init(.rotate, 0.4, 9), .init(.equalize, 0.6)),
    (.init(.equalize, 0), .init(.equalize, 0.8)),
    (.init(.invert, 0.6), .init(.equalize, 1)),
    (.init(.color, 0.6, 4), .init(.contrast, 1, 8)),
    (.init(.rotate, 0.8, 8), .init(.color, 1, 2)),
    (.init(.color, 0.8, 8), .init(.solarize, 0.8, 7)),
    (.init(.sharpness, 0.4, 7), .init(.invert, 0.6)),
    (.init(.shearX, 0.6, 5), .init(.equalize, 1)),
    (.init(.color, 0.4, 0), .init(.equalize, 0.6)),
    (.init(.equalize, 0.4), .init(.solarize, 0.2, 4)),
    (.init(.solarize, 0.6, 5), .init(.autoContrast, 0.6)),
    (.init(.invert, 0.6), .init(.equalize, 1)),
    (.init(.color, 0.6, 4), .init(.contrast, 1, 8)),
    (.init(.equalize, 0.8), .init(.equalize, 0.6)),
  ]

  private static let cifar10Pairs: [Pair] = [
    (.init(.invert, 0.1), .init(.contrast, 0.2, 6)),
    (.init(.rotate, 0.7, 2), .init(.translateX, 0.3, 9)),
    (.init(.sharpness, 0.8, 1), .init(.sharpness, 0.9, 3)),
    (.init(.shearY, 0.5, 8), .init(.translateY, 0.7, 9)),
    (.init(.autoContrast, 0.5), .init(.equalize, 0.9)),
    (.init(.shearY, 0.2, 7), .init(.posterize, 0.3, 7)),
    (.init(.color, 0.4, 3), .init(.brightness, 0.6, 7)),
    (.init(.sharpness, 0.3, 9), .init(.brightness, 0.7, 9)),
    (.init(.equalize, 0.6), .init(.equalize, 0.5)),
    (.init(.contrast, 0.6, 7), .init(.sharpness, 0.6, 5)),
    (.init(.color, 0.7, 7), .init(.translateX, 0.5, 8)),
    (.init(.equalize, 0.3), .init(.autoContrast, 0.4)),
    (.init(.translateY, 0.4, 3), .init(.sharpness, 0.2, 6)),
    (.init(.brightness, 0.9, 6), .init(.color, 0.2, 8)),
    (.init(.solarize, 0.5, 2), .init(.invert, 0)),
    (.init(.equalize, 0.2), .init(.autoContrast, 0.6)),
    (.init(.equalize, 0.2), .init(.equalize, 0.6)),
    (.init(.color, 0.9, 9), .init(.equalize, 0.6)),
    (.init(.autoContrast, 0.8), .init(.solarize, 0.2, 8)),
    (.init(.brightness, 0.1, 3), .init(.color, 0.7, 0)),
    (.init(.solarize, 0.4, 5), .init(.autoContrast, 0.9)),
    (.init(.translateY, 0.9, 9), .init(.translateY, 0.7, 9)),
    (.init(.autoContrast, 0.9), .init(.solarize, 0.8, 3)),
    (.init(.equalize, 0.8), .init(.invert, 0.1)),
    (.init(.translateY, 0.7, 9), .init(.autoContrast, 0.9)),
  ]

  private static let svhnPairs: [Pair] = [
    (.init(.shearX, 0.9, 4), .init(.invert, 0.2)),
    (.init(.shearY, 0.9, 8), .init(.invert, 0.7)),
    (.init(.equalize, 0.6), .init(.solarize, 0.6, 6)),
    (.init(.invert, 0.9), .init(.equalize, 0.6)),
    (.init(.equalize, 0.6), .init(.rotate, 0.9, 3)),
    (.init(.shearX, 0.9, 4), .init(.autoContrast, 0.8)),
    (.init(.shearY, 0.9, 8), .init(.invert, 0.4)),
    (.init(.shearY, 0.9, 5), .init(.solarize, 0.2, 6)),
    (.init(.invert, 0.9), .init(.autoContrast, 0.8)),
    (.init(.equalize, 0.6), .init(.rotate, 0.9, 3)),
    (.init(.shearX, 0.9, 4), .init(.solarize, 0.3, 3)),
    (.init(.shearY, 0.8, 8), .init(.invert, 0.7)),
    (.init(.equalize, 0.9), .init(.translateY, 0.6, 6)),
    (.init(.invert, 0.9), .init(.equalize, 0.6)),
    (.init(.contrast, 0.3, 3), .init(.rotate, 0.8, 4)),
    (.init(.invert, 0.8), .init(.translateY, 0, 2)),
    (.init(.shearY, 0.7, 6), .init(.solarize, 0.4, 8)),
    (.init(.invert, 0.6), .init(.rotate, 0.8, 4)),
    (.init(.shearY, 0.3, 7), .init(.translateX, 0.9, 3)),
    (.init(.shearX, 0.1, 6), .init(.invert, 0.6)),
    (.init(.solarize, 0.7, 2), .init(.translateY, 0.6, 7)),
    (.init(.shearY, 0.8, 4), .init(.invert, 0.8)),
    (.init(.shearX, 0.7, 9), .init(.translateY, 0.8, 3)),
    (.init(.shearY, 0.8, 5), .init(.autoContrast, 0.7)),
    (.init(.shearX, 0.7, 2), .init(.invert, 0.1)),
  ]
}
