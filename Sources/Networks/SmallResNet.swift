import Torch

/// Deep Residual Learning for Image Recognition, He et al. 2016, section 4.2: the small residual networks for images
/// of 28 to 64 pixels. A 3x3 stem, three stages of n basic blocks with widths w, 2w, 4w (n = (depth - 2) / 6),
/// global average pooling, linear head; features are the pooled vector [n, 4w]. Taps: "stem", "layer1.0", ...
///
/// Departures: projection shortcuts (1x1 convolution and batch norm) where the shape changes, instead of padding; the
/// last batch-norm scale of every block starts at 0 (study of Kornblith et al. 2021).
public struct SmallResNet: Network {
  let stem: NormalizedConvolution
  let blocks: [(name: String, block: ResidualBlock)]

  /// Builds the network of `depth` layers at `scope`.
  public init(_ scope: Scope, channels: Int, width: Int, depth: Int) throws(NetworkError) {
    stem = try NormalizedConvolution(scope, ("conv1", "bn1"), from: channels, to: width, size: 3)
    var blocks: [(name: String, block: ResidualBlock)] = []
    var input = width
    for stage in 0..<3 {
      let output = width << stage
      for index in 0..<(depth - 2) / 6 {
        let place = scope / "layer\(stage + 1)" / "\(index)"
        let stride = stage > 0 && index == 0 ? 2 : 1
        let block = try ResidualBlock.basic(place, from: input, width: output, stride: stride)
        blocks.append(("layer\(stage + 1).\(index)", block))
        input = output
      }
    }
    self.blocks = blocks
  }

  /// Images [n, c, h, w] to features [n, 4w].
  public func features(_ images: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    var x = try stem(images, pass)  // [n, w, h, w]
    try pass.tap?("stem", x)
    for (name, block) in blocks {
      x = try block(x, pass)
      try pass.tap?(name, x)
    }
    return try x.globalAveragePool()  // [n, 4w]
  }
}
