import Torch

/// Striving for Simplicity: The All Convolutional Net, Springenberg et al. 2015, model All-CNN-C: eight convolutions
/// with ReLU, the third and the sixth with stride 2 in place of pooling, the seventh without padding, the eighth of
/// 1x1; widths w (96 in the paper) for three of them, then 2w; global average pooling; features [n, 2w]. Taps:
/// "layer1", ... "layer8".
///
/// Departures: the paper's ninth layer is a 1x1 convolution to the classes with ReLU, averaged over all places.
/// Averaging first and taking a linear head after it is the same but for that ReLU, which is left out, so that there
/// are penultimate features and logits of both signs. Batch norm follows every convolution, for which the paper's
/// biases and its dropout (0.2 of the input, 0.5 after each stride) are left out.
public struct AllConvNet: Network {
  let layers: [NormalizedConvolution]

  /// Builds the network at `scope`.
  public init(_ scope: Scope, channels: Int, width: Int) throws(NetworkError) {
    let plan: [(width: Int, size: Int, stride: Int, padding: Int)] = [
      (width, 3, 1, 1), (width, 3, 1, 1), (width, 3, 2, 1),
      (2 * width, 3, 1, 1), (2 * width, 3, 1, 1), (2 * width, 3, 2, 1),
      (2 * width, 3, 1, 0), (2 * width, 1, 1, 0),
    ]
    var layers: [NormalizedConvolution] = []
    var input = channels
    for (index, layer) in plan.enumerated() {
      let names = ("conv\(index + 1)", "bn\(index + 1)")
      layers.append(
        try NormalizedConvolution(
          scope, names, from: input, to: layer.width, size: layer.size, stride: layer.stride, padding: layer.padding))
      input = layer.width
    }
    self.layers = layers
  }

  /// Images [n, c, h, w] to features [n, 2w].
  public func features(_ images: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    var x = images
    for (index, layer) in layers.enumerated() {
      x = try layer(x, pass)
      try pass.tap?("layer\(index + 1)", x)
    }
    return try x.globalAveragePool()
  }
}
