import Torch

/// Wide Residual Networks, Zagoruyko & Komodakis 2016: WRN-d-k for images of 28 to 64 pixels. A 3x3 convolution of w
/// channels (16 in the paper), three stages of (d - 4) / 6 blocks with widths kw, 2kw, 4kw that take batch norm and
/// ReLU before each convolution (He et al. 2016b), one more batch norm and ReLU, global average pooling; features [n,
/// 4kw].
///
/// Taps: "stem", "layer1.0", ..., each block's sum, which no ReLU has seen and in which nothing is zero; "norm" after
/// the last ReLU.
///
/// Departures: no dropout within blocks (the paper's option of 0.3). Convolutions start by variance scaling, as in the
/// study; no scale starts at 0, because none ends a block.
public struct WideResNet: Network {
  let stem: Convolution
  let blocks: [(name: String, block: PreactivationBlock)]
  let norm: BatchNorm

  /// Builds the network of `depth` layers and `widening` times the channels at `scope`.
  public init(_ scope: Scope, channels: Int, width: Int, depth: Int, widening: Int) throws(NetworkError) {
    stem = try Convolution(scope / "conv1", from: channels, to: width, size: 3)
    var blocks: [(name: String, block: PreactivationBlock)] = []
    var input = width
    for stage in 0..<3 {
      let output = widening * width << stage
      for index in 0..<(depth - 4) / 6 {
        let place = scope / "layer\(stage + 1)" / "\(index)"
        let stride = stage > 0 && index == 0 ? 2 : 1
        blocks.append(
          ("layer\(stage + 1).\(index)", try PreactivationBlock(place, from: input, to: output, stride: stride)))
        input = output
      }
    }
    self.blocks = blocks
    norm = try BatchNorm(scope / "bn1", channels: input)
  }

  /// Images [n, c, h, w] to features [n, 4kw].
  public func features(_ images: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    var x = try stem(images, pass).channelsLast()
    try pass.tap?("stem", x)
    for (name, block) in blocks {
      x = try block(x, pass)
      try pass.tap?(name, x)
    }
    x = try norm(x, relu: true, pass)
    try pass.tap?("norm", x)
    return try x.globalAveragePool()
  }
}

/// shortcut + conv2(relu(bn2(conv1(a)))), where a = relu(bn1(x)) and the shortcut is x, or where the channels change a
/// 1x1 convolution of a, as in the authors' code.
struct PreactivationBlock {
  let norms: (BatchNorm, BatchNorm)
  let convolutions: (Convolution, Convolution)
  let projection: Convolution?

  init(_ scope: Scope, from input: Int, to output: Int, stride: Int) throws(NetworkError) {
    let first = try BatchNorm(scope / "bn1", channels: input)
    let one = try Convolution(scope / "conv1", from: input, to: output, size: 3, stride: stride)
    norms = (first, try BatchNorm(scope / "bn2", channels: output))
    convolutions = (one, try Convolution(scope / "conv2", from: output, to: output, size: 3))
    projection =
      input == output && stride == 1
      ? nil : try Convolution(scope / "downsample", from: input, to: output, size: 1, stride: stride)
  }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    let active = try norms.0(x, relu: true, pass)
    let inner = try norms.1(convolutions.0(active, pass).channelsLast(), relu: true, pass)
    let shortcut = if let projection { try projection(active, pass) } else { x }
    return try convolutions.1(inner, pass) + shortcut
  }
}
