import Torch

/// The convolutions of one network with their batch norms folded in, each made when it is first used. For many passes in
/// evaluation over weights that stay as they are; without gradients.
public final class Folding {
  private var folded: [ObjectIdentifier: FoldedConvolution] = [:]

  /// None yet.
  public init() {}

  func convolution(_ layer: NormalizedConvolution, for images: Tensor) throws(TorchError) -> FoldedConvolution {
    let (convolution, key) = (layer.convolution, ObjectIdentifier(layer.convolution.weight))
    if let known = folded[key] { return known }
    let made = try FoldedConvolution(
      kernel: convolution.weight, stride: convolution.stride, padding: convolution.padding, layer.norm.state,
      for: images)
    folded[key] = made
    return made
  }
}
