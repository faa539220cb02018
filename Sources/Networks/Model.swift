import Torch

/// A network with its head and the owner of all its tensors.
///
/// ```swift
/// let (features, auxiliary) = try model.network.allFeatures(images, pass)
/// let logits = try model.head(model.projected(features, pass))
/// ```
public struct Model {
  /// All named tensors, heads ("fc.weight", "fc.bias", ...) and projector included.
  public let parameters: Parameters
  /// Images to features.
  public let network: any Network
  /// What stands between features and head in training; thrown away for transfer.
  public let projector: Projector?
  /// Features, projected if there is a projector, to logits.
  public let head: Linear
  /// Auxiliary features to logits ("AuxLogits.fc"); the training loss takes 0.4 of the objective on them (Szegedy et
  /// al. 2016). Nil where the network has no auxiliary branch.
  public let auxiliaryHead: Linear?
  /// Where its tensors are, and where images must be.
  public let device: Device

  /// Builds `spec` for `channels` x `size` x `size` images and `classes` classes. The heads start as N(0, 0.01^2)
  /// with zero bias.
  public init(
    _ spec: NetworkSpec, channels: Int, size: Int, classes: Int, source: ParameterSource,
    networks: [Architecture] = Networks.standard, device: Device = .cpu
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
    let root = Scope(parameters: parameters, source: source, path: "", imageSize: size, device: device)
    let network = try architecture.build(root, channels, width)
    let features = architecture.features(width)
    projector = try spec.projector.map { (widths) throws(NetworkError) in
      try Projector(root / "projector", from: features, widths: widths)
    }
    head = try Linear(root / "fc", from: spec.projector?.last ?? features, to: classes)
    auxiliaryHead = try network.auxiliaryWidth.map { (width) throws(NetworkError) in
      try Linear(root / "AuxLogits" / "fc", from: width, to: classes)
    }
    self.network = network
    self.parameters = parameters
    self.device = device
  }

  /// What the head takes: features [n, d] through the projector, or as they are.
  public func projected(_ features: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    try projector?(features, pass) ?? features
  }
}
