import Torch

/// The classifier on top of the features: logits z = x W' + b.
public struct Linear {
  /// W [K, d].
  public let weight: Tensor
  /// b [K].
  public let bias: Tensor

  /// Wraps weight [K, d] and bias [K].
  public init(weight: Tensor, bias: Tensor) {
    self.weight = weight
    self.bias = bias
  }

  /// Makes weight [output, input], N(0, 0.01^2), and bias [output], 0, at `scope`.
  init(_ scope: Scope, from input: Int, to output: Int) throws(NetworkError) {
    weight = try scope.parameter("weight", shape: [output, input], kind: .weight, .normal(deviation: 0.01))
    bias = try scope.parameter("bias", shape: [output], kind: .plain, .constant(0))
  }

  /// The number of classes K.
  public var classes: Int { weight.shape.first ?? 0 }

  /// Features [n, d] to logits [n, K].
  public func callAsFunction(_ features: Tensor) throws(TorchError) -> Tensor {
    try features.linear(weight: weight, bias: bias)
  }
}
