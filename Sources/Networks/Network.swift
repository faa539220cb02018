import Torch

/// What turns images into features. A new network is one file with one type of this kind and one line in
/// `Networks.standard`.
public protocol Network {
  /// Images [n, c, h, w] to penultimate features [n, d] in f32; taps every block's output by name.
  func features(_ images: Tensor, _ pass: Pass) throws(TorchError) -> Tensor
}

/// A network's name and width, as a plan holds it.
public struct NetworkSpec: Codable, Hashable, Sendable {
  /// A name of the list, as "resnet20".
  public var name: String
  /// Channels of the first stage; nil takes the network's own default.
  public var width: Int?

  /// Names a network.
  public init(name: String, width: Int? = nil) {
    self.name = name
    self.width = width
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
  /// The number of features, given the width.
  public let features: @Sendable (Int) -> Int
  /// Makes the network: scope, input channels, width.
  public let build: @Sendable (Scope, Int, Int) throws(NetworkError) -> any Network

  /// Describes a network.
  public init(
    name: String, summary: String, defaultWidth: Int, defaultImageSize: Int = 32, leastImageSize: Int = 4,
    features: @escaping @Sendable (Int) -> Int,
    build: @escaping @Sendable (Scope, Int, Int) throws(NetworkError) -> any Network
  ) {
    self.name = name
    self.summary = summary
    self.defaultWidth = defaultWidth
    self.defaultImageSize = defaultImageSize
    self.leastImageSize = leastImageSize
    self.features = features
    self.build = build
  }
}

/// A network with its head and the owner of all its tensors.
public struct Model {
  /// All named tensors, head included ("fc.weight", "fc.bias").
  public let parameters: Parameters
  /// Images to features.
  public let network: any Network
  /// Features to logits.
  public let head: Linear

  /// Builds `spec` for `channels` x `size` x `size` images and `classes` classes. The head starts as N(0, 0.01^2)
  /// with zero bias.
  public init(
    _ spec: NetworkSpec, channels: Int, size: Int, classes: Int, source: ParameterSource,
    networks: [Architecture] = Networks.standard
  ) throws(NetworkError) {
    guard let architecture = networks.first(where: { $0.name == spec.name }) else {
      throw .unknownNetwork(name: spec.name, known: networks.map(\.name))
    }
    let width = spec.width ?? architecture.defaultWidth
    guard (1...4096).contains(width) else {
      throw .badWidth(network: spec.name, width: width, expected: "1 to 4096")
    }
    guard size >= architecture.leastImageSize else {
      throw .imageTooSmall(network: spec.name, size: size, least: architecture.leastImageSize)
    }
    let parameters = Parameters()
    let root = Scope(parameters: parameters, source: source, path: "")
    network = try architecture.build(root, channels, width)
    head = Linear(
      weight: try (root / "fc").parameter(
        "weight", shape: [classes, architecture.features(width)], kind: .weight, .normal(deviation: 0.01)),
      bias: try (root / "fc").parameter("bias", shape: [classes], kind: .plain, .constant(0)))
    self.parameters = parameters
  }
}
