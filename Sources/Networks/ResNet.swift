import Torch

/// Deep Residual Learning for Image Recognition, He et al. 2016, section 3: the residual networks for ImageNet. A 7x7
/// stem of stride 2 and 3x3 max pooling of stride 2, four stages of blocks with widths w, 2w, 4w, 8w, global average
/// pooling. Blocks are basic (depth 18 and 34; features [n, 8w]) or bottlenecks whose output is four times as wide (50
/// and deeper; features [n, 32w]). Names and shapes are torchvision's. Wide ResNet (Zagoruyko & Komodakis 2016,
/// section 3 on ImageNet): bottlenecks with `widening` times the inner channels.
///
/// Taps: "stem" after its max pooling, "layer1.0", "layer1.1", ..., each block after its last ReLU.
///
/// Departures from the paper, as in the study: the stride of a bottleneck is in its 3x3 convolution ("v1.5"); the last
/// batch-norm scale of every block starts at 0; convolutions start by variance scaling.
public struct ResNet: Network {
  let stem: NormalizedConvolution
  let blocks: [(name: String, block: ResidualBlock)]

  /// What tells one residual network from another.
  public struct Layout: Sendable {
    /// Blocks of each of the four stages.
    let blocks: [Int]
    /// Inner channels of a bottleneck as a multiple of the stage's width; nil for basic blocks.
    let widening: Int?

    /// Features for images of any size, given the first stage's width.
    func features(width: Int) -> Int { width * (widening == nil ? 8 : 32) }
  }

  /// Builds the network at `scope`.
  public init(_ scope: Scope, channels: Int, width: Int, layout: Layout) throws(NetworkError) {
    stem = try NormalizedConvolution(scope, ("conv1", "bn1"), from: channels, to: width, size: 7, stride: 2)
    var blocks: [(name: String, block: ResidualBlock)] = []
    var input = width
    for (stage, count) in layout.blocks.enumerated() {
      let base = width << stage
      for index in 0..<count {
        let place = scope / "layer\(stage + 1)" / "\(index)"
        let stride = stage > 0 && index == 0 ? 2 : 1
        let block: ResidualBlock
        if let widening = layout.widening {
          block = try .bottleneck(place, from: input, inner: widening * base, to: 4 * base, stride: stride)
          input = 4 * base
        } else {
          block = try .basic(place, from: input, width: base, stride: stride)
          input = base
        }
        blocks.append(("layer\(stage + 1).\(index)", block))
      }
    }
    self.blocks = blocks
  }

  /// Images [n, c, h, w] to features [n, 8w] or [n, 32w].
  public func features(_ images: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    var x = try stem(images, pass).maxPool2d(size: 3, stride: 2, padding: 1)  // [n, w, h / 4, w / 4]
    try pass.tap?("stem", x)
    for (name, block) in blocks {
      x = try block(x, pass)
      try pass.tap?(name, x)
    }
    return try x.globalAveragePool()
  }
}
