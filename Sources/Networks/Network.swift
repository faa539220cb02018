import Torch

/// What turns images into features. A new network is one file with one type of this kind and one line in
/// `Networks.standard`.
public protocol Network {
  /// Images [n, c, h, w] to penultimate features [n, d] in f32; taps every block's output by name.
  func features(_ images: Tensor, _ pass: Pass) throws(TorchError) -> Tensor

  /// The number of features of an auxiliary branch that helps training; nil without one.
  var auxiliaryWidth: Int? { get }

  /// The features and, in training, those of the auxiliary branch [n, auxiliaryWidth], from one pass.
  func allFeatures(_ images: Tensor, _ pass: Pass) throws(TorchError) -> (features: Tensor, auxiliary: Tensor?)
}

extension Network {
  /// None.
  public var auxiliaryWidth: Int? { nil }

  /// The features alone.
  public func allFeatures(
    _ images: Tensor, _ pass: Pass
  ) throws(TorchError) -> (features: Tensor, auxiliary: Tensor?) {
    (try features(images, pass), nil)
  }
}

/// A network's name and width, as a plan holds it.
public struct NetworkSpec: Codable, Hashable, Sendable {
  /// A name of the list, as "resnet20".
  public var name: String
  /// Channels of the first stage; nil takes the network's own default.
  public var width: Int?
  /// Widths of the projector between features and head; nil for none.
  public var projector: [Int]?

  /// Names a network.
  public init(name: String, width: Int? = nil, projector: [Int]? = nil) {
    self.name = name
    self.width = width
    self.projector = projector
  }
}

/// An entry of the list of networks.
public struct Architecture: Sendable {
  /// The name users type.
  public let name: String
  /// One line for lists.
  public let summary: String
  /// Channels of the first stage unless said otherwise.
  public let defaultWidth: Int
  /// The image side that the network was designed for.
  public let defaultImageSize: Int
  /// The smallest image side that survives its pooling.
  public let leastImageSize: Int
  /// The least image side with which a fresh network has its auxiliary branch; nil where there is no such branch.
  public let leastAuxiliarySize: Int?
  /// Mean and deviation of each channel, in [0, 1], under which the weights of torchvision and timm were trained.
  public let importMean, importDeviation: [Double]
  /// The number of features, given the width.
  public let features: @Sendable (Int) -> Int
  /// Makes the network: scope, input channels, width.
  public let build: @Sendable (Scope, Int, Int) throws(NetworkError) -> any Network

  /// Describes a network.
  public init(
    name: String, summary: String, defaultWidth: Int, defaultImageSize: Int = 32, leastImageSize: Int = 4,
    leastAuxiliarySize: Int? = nil, importMean: [Double] = [0.485, 0.456, 0.406],
    importDeviation: [Double] = [0.229, 0.224, 0.225],
    features: @escaping @Sendable (Int) -> Int,
    build: @escaping @Sendable (Scope, Int, Int) throws(NetworkError) -> any Network
  ) {
    self.name = name
    self.summary = summary
    self.defaultWidth = defaultWidth
    self.defaultImageSize = defaultImageSize
    self.leastImageSize = leastImageSize
    self.leastAuxiliarySize = leastAuxiliarySize
    self.importMean = importMean
    self.importDeviation = importDeviation
    self.features = features
    self.build = build
  }
}
