import Torch

/// A plain network without shortcuts: four 3x3 convolutions with batch norm and ReLU, widths w, 2w, 2w, 4w, halving
/// the size by max pooling after the first and the third; features are the pooled vector [n, 4w]. The simplest
/// network here, and the one to copy when adding another.
public struct ConvNet: Network {
  let layers: [(conv: NormalizedConvolution, pools: Bool)]

  /// Builds the network at `scope`.
  public init(_ scope: Scope, channels: Int, width: Int) throws(NetworkError) {
    var layers: [(conv: NormalizedConvolution, pools: Bool)] = []
    var input = channels
    for (index, (output, pools)) in [(width, true), (2 * width, false), (2 * width, true), (4 * width, false)]
      .enumerated()
    {
      let names = ("conv\(index + 1)", "bn\(index + 1)")
      layers.append((try NormalizedConvolution(scope, names, from: input, to: output, size: 3), pools))
      input = output
    }
    self.layers = layers
  }

  /// Images [n, c, h, w] to features [n, 4w].
  public func features(_ images: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    var x = images
    for (index, layer) in layers.enumerated() {
      x = try layer.conv(x, pass)
      try pass.tap?("layer\(index + 1)", x)
      if layer.pools { x = try x.maxPool2d(size: 2, stride: 2) }
    }
    return try x.globalAveragePool()
  }
}
