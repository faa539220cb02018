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

  /// The number of classes K.
  public var classes: Int { weight.shape.first ?? 0 }

  /// Features [n, d] to logits [n, K].
  public func callAsFunction(_ features: Tensor) throws(TorchError) -> Tensor {
    try features.linear(weight: weight, bias: bias)
  }
}
