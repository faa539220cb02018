import Torch

/// Every named tensor of a model, in the order in which the network made them. The one owner.
public final class Parameters {
  /// What a tensor is for; it decides weight decay and gradients.
  public enum Kind: Sendable {
    /// A weight of a convolution or linear layer: trained, decayed.
    case weight
    /// A bias, or a scale or offset of batch norm: trained, not decayed.
    case plain
    /// A running statistic of batch norm: not trained by gradient.
    case statistic
  }

  /// One named tensor.
  public struct Entry {
    /// torchvision's name, as "layer1.0.conv1.weight".
    public let name: String
    /// Its values, f32.
    public let tensor: Tensor
    /// What it is for.
    public let kind: Kind
  }

  /// All tensors.
  public private(set) var entries: [Entry] = []

  init() {}

  func add(_ name: String, _ tensor: Tensor, _ kind: Kind) {
    entries.append(Entry(name: name, tensor: tensor, kind: kind))
  }

  /// Those with gradients.
  public var trained: [Entry] { entries.filter { $0.kind != .statistic } }

  /// The number of trained numbers.
  public var trainedCount: Int { trained.reduce(0) { $0 + $1.tensor.count } }
}

/// Where a model's values come from.
public enum ParameterSource {
  /// Fresh values, a function of the seed and each tensor's name alone.
  case seed(UInt64)
  /// Values by name, as from a file. Another shape is refused, and so is a missing name unless there is a seed to draw
  /// its values from.
  case tensors([String: Tensor], otherwise: UInt64? = nil)
  /// None: zeros that take no memory, to ask for names and shapes. Not to be trained.
  case shapes
}

/// A network that cannot be made or filled.
public enum NetworkError: Error, Equatable, Sendable, CustomStringConvertible {
  case unknownNetwork(name: String, known: [String])
  case badWidth(network: String, width: Int, expected: String)
  case badProjector(widths: [Int])
  case imageTooSmall(network: String, size: Int, least: Int)
  case missingParameter(name: String)
  case wrongShape(name: String, expected: [Int], found: [Int])
  case torch(TorchError)

  /// One sentence for people, with the cure.
  public var description: String {
    switch self {
    case .unknownNetwork(let name, let known):
      "unknown network '\(name)'; known: \(known.joined(separator: ", "))"
    case .badWidth(let network, let width, let expected):
      "\(network): width \(width) is out of range; expected \(expected)"
    case .badProjector(let widths):
      "projector \(widths) cannot be built; expected one or more widths of 1 to 65536"
    case .imageTooSmall(let network, let size, let least):
      "\(network) needs images of at least \(least) pixels a side, got \(size)"
    case .missingParameter(let name): "the weights lack '\(name)'; were they saved by another network?"
    case .wrongShape(let name, let expected, let found):
      "weight '\(name)' has shape \(found), the network needs \(expected)"
    case .torch(let error): error.description
    }
  }
}
