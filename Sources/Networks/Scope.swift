import Foundation
import Torch

/// A place in the tree of names at which a layer makes its tensors: `scope / "layer1" / "conv1"`.
public struct Scope {
  let parameters: Parameters
  let source: ParameterSource
  var path: String
  /// The side of the images that the network is built for.
  public let imageSize: Int
  /// Where the tensors are to be. Their values are made on the processor, so that they are the same everywhere.
  var device = Device.cpu

  /// The place below.
  public static func / (scope: Scope, name: String) -> Scope {
    var below = scope
    below.path = scope.fullName(name)
    return below
  }

  private func fullName(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// Whether the source has values for `name` of this place; `fresh` where values are drawn.
  public func offers(_ name: String, fresh: Bool = true) -> Bool {
    if case .tensors(let tensors, _) = source { tensors[fullName(name)] != nil } else { fresh }
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
    let full = fullName(name)
    do {
      var tensor: Tensor
      switch source {
      case .seed(let seed):
        tensor = try Tensor(fresh(full, shape.reduce(1, *), seed, initializer), shape: shape)
      case .tensors(let tensors, let seed):
        if let found = tensors[full] {
          guard found.shape == shape else {
            throw NetworkError.wrongShape(name: full, expected: shape, found: found.shape)
          }
          tensor = try found.elementType == .f64 ? found.clone() : found.to(.f32).clone()
        } else if let seed {
          tensor = try Tensor(fresh(full, shape.reduce(1, *), seed, initializer), shape: shape)
        } else {
          throw NetworkError.missingParameter(name: full)
        }
      case .shapes:
        tensor = try Tensor.zeros([]).expand(shape)
        parameters.add(full, tensor, kind)
        return tensor
      }
      if shape.count == 4 { tensor = try tensor.channelsLast() }
      tensor = try tensor.to(device)
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
