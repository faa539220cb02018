import Foundation
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
  /// Values by name, as from a file. A missing name or another shape is refused.
  case tensors([String: Tensor])
}

/// A network that cannot be made or filled.
public enum NetworkError: Error, Equatable, Sendable, CustomStringConvertible {
  case unknownNetwork(name: String, known: [String])
  case badWidth(network: String, width: Int, expected: String)
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
    case .imageTooSmall(let network, let size, let least):
      "\(network) needs images of at least \(least) pixels a side, got \(size)"
    case .missingParameter(let name): "the weights lack '\(name)'; were they saved by another network?"
    case .wrongShape(let name, let expected, let found):
      "weight '\(name)' has shape \(found), the network needs \(expected)"
    case .torch(let error): error.description
    }
  }
}

/// A place in the tree of names at which a layer makes its tensors: `scope / "layer1" / "conv1"`.
public struct Scope {
  let parameters: Parameters
  let source: ParameterSource
  let path: String

  /// The place below.
  public static func / (scope: Scope, name: String) -> Scope {
    Scope(
      parameters: scope.parameters, source: scope.source,
      path: scope.path.isEmpty ? name : "\(scope.path).\(name)")
  }

  /// How fresh values are drawn.
  public enum Initializer {
    /// All equal.
    case constant(Double)
    /// Normal with this deviation.
    case normal(deviation: Double)
    /// Normal cut at two deviations, variance 1 / fan-in after the cut (variance scaling of Glorot & Bengio 2010 as
    /// TensorFlow's default has it, which the study uses for convolutions).
    case varianceScaling(fanIn: Int)
  }

  /// Makes or finds the tensor `name` of this place.
  public func parameter(
    _ name: String, shape: [Int], kind: Parameters.Kind, _ initializer: Initializer
  ) throws(NetworkError) -> Tensor {
    let full = path.isEmpty ? name : "\(path).\(name)"
    do {
      var tensor: Tensor
      switch source {
      case .seed(let seed):
        tensor = try Tensor(fresh(full, shape.reduce(1, *), seed, initializer), shape: shape)
      case .tensors(let tensors):
        guard let found = tensors[full] else { throw NetworkError.missingParameter(name: full) }
        guard found.shape == shape else {
          throw NetworkError.wrongShape(name: full, expected: shape, found: found.shape)
        }
        tensor = try found.elementType == .f64 ? found.clone() : found.to(.f32).clone()
      }
      if shape.count == 4 { tensor = try tensor.channelsLast() }
      parameters.add(full, tensor, kind)
      return tensor
    } catch let error as TorchError {
      throw .torch(error)
    } catch let error as NetworkError {
      throw error
    } catch {
      throw .torch(TorchError(operation: "parameter", message: "\(error)"))
    }
  }

  private func fresh(_ name: String, _ count: Int, _ seed: UInt64, _ initializer: Initializer) -> [Float] {
    let key = name.utf8.reduce(mix(seed)) { mix($0 ^ UInt64($1)) }
    switch initializer {
    case .constant(let value): return Array(repeating: Float(value), count: count)
    case .normal(let deviation):
      return (0..<count).map { Float(deviation * normal(key, $0, limit: .infinity)) }
    case .varianceScaling(let fanIn):
      // 0.8796... is the deviation of a standard normal cut at two.
      let deviation = (1 / Double(max(1, fanIn))).squareRoot() / 0.879_625_661_034_239_8
      return (0..<count).map { Float(deviation * normal(key, $0, limit: 2)) }
    }
  }
}

/// A normal number for place `index` under `key` (Box-Muller), drawn again while beyond `limit`.
private func normal(_ key: UInt64, _ index: Int, limit: Double) -> Double {
  var attempt: UInt64 = 0
  while true {
    let a = mix(key ^ mix(UInt64(index) &* 2 &+ 1 &+ (attempt << 40)))
    let b = mix(a ^ 0xD1B5_4A32_D192_ED03)
    let u = (Double(a >> 11) + 0.5) * 0x1p-53
    let v = Double(b >> 11) * 0x1p-53
    let value = (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
    if abs(value) <= limit { return value }
    attempt += 1
  }
}
