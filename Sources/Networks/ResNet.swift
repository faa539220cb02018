import Torch

/// Deep Residual Learning for Image Recognition, He et al. 2016, section 4.2: the small residual networks for images
/// of 28 to 64 pixels. A 3x3 stem, three stages of n basic blocks with widths w, 2w, 4w (n = (depth - 2) / 6),
/// global average pooling, linear head; features are the pooled vector [n, 4w].
///
/// Departures: projection shortcuts (1x1 convolution and batch norm) where the shape changes, instead of padding; the
/// last batch-norm scale of every block starts at 0 (study of Kornblith et al. 2021).
public struct SmallResNet: Network {
  let stem: Convolution
  let stemNorm: BatchNorm
  let blocks: [(name: String, block: BasicBlock)]

  /// Builds the network of `depth` layers at `scope`.
  public init(_ scope: Scope, channels: Int, width: Int, depth: Int) throws(NetworkError) {
    stem = try Convolution(scope / "conv1", from: channels, to: width, size: 3)
    stemNorm = try BatchNorm(scope / "bn1", channels: width)
    var blocks: [(name: String, block: BasicBlock)] = []
    var input = width
    for stage in 0..<3 {
      let output = width << stage
      for index in 0..<(depth - 2) / 6 {
        let name = "layer\(stage + 1).\(index)"
        let stride = stage > 0 && index == 0 ? 2 : 1
        let place = scope / "layer\(stage + 1)" / "\(index)"
        blocks.append((name, try BasicBlock(place, from: input, to: output, stride: stride)))
        input = output
      }
    }
    self.blocks = blocks
  }

  /// Images [n, c, h, w] to features [n, 4w].
  public func features(_ images: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    var x = try stemNorm(stem(images, pass).channelsLast(), relu: true, pass)  // [n, w, h, w]
    try pass.tap?("stem", x)
    for (name, block) in blocks {
      x = try block(x, pass)
      try pass.tap?(name, x)
    }
    return try x.globalAveragePool()  // [n, 4w]
  }
}

/// relu(norm(conv(relu(norm(conv(x))))) + shortcut(x)), both convolutions 3x3.
struct BasicBlock {
  let conv1, conv2: Convolution
  let norm1, norm2: BatchNorm
  let projection: (Convolution, BatchNorm)?

  init(_ scope: Scope, from input: Int, to output: Int, stride: Int) throws(NetworkError) {
    conv1 = try Convolution(scope / "conv1", from: input, to: output, size: 3, stride: stride)
    norm1 = try BatchNorm(scope / "bn1", channels: output)
    conv2 = try Convolution(scope / "conv2", from: output, to: output, size: 3)
    norm2 = try BatchNorm(scope / "bn2", channels: output, scale: 0)
    if stride != 1 || input != output {
      let place = scope / "downsample"
      projection = (
        try Convolution(place / "0", from: input, to: output, size: 1, stride: stride),
        try BatchNorm(place / "1", channels: output)
      )
    } else {
      projection = nil
    }
  }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    let y = try conv2(norm1(conv1(x, pass), relu: true, pass), pass)
    let shortcut = if let (conv, norm) = projection { try norm(conv(x, pass), relu: false, pass) } else { x }
    return try norm2(y, adding: shortcut, relu: true, pass)
  }
}
