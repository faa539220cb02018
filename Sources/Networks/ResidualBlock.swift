import Torch

/// relu(f(x) + shortcut(x)), where f is a chain of convolutions with batch norm and ReLU between them (He et al. 2016).
/// The shortcut is x, or where the shape changes a 1x1 convolution with batch norm.
struct ResidualBlock {
  let layers: [NormalizedConvolution]
  let projection: NormalizedConvolution?

  /// Two 3x3 convolutions of `width` channels: the block of ResNet-18 and 34 and of the small networks.
  static func basic(_ scope: Scope, from input: Int, width: Int, stride: Int) throws(NetworkError) -> ResidualBlock {
    ResidualBlock(
      layers: [
        try NormalizedConvolution(scope, ("conv1", "bn1"), from: input, to: width, size: 3, stride: stride),
        try NormalizedConvolution(scope, ("conv2", "bn2"), from: width, to: width, size: 3, scale: 0),
      ],
      projection: try projection(scope, from: input, to: width, stride: stride))
  }

  /// 1x1 to `inner` channels, 3x3, and 1x1 to `output`: the block of ResNet-50 and deeper. The stride is in the 3x3
  /// convolution ("v1.5").
  static func bottleneck(
    _ scope: Scope, from input: Int, inner: Int, to output: Int, stride: Int
  ) throws(NetworkError) -> ResidualBlock {
    ResidualBlock(
      layers: [
        try NormalizedConvolution(scope, ("conv1", "bn1"), from: input, to: inner, size: 1),
        try NormalizedConvolution(scope, ("conv2", "bn2"), from: inner, to: inner, size: 3, stride: stride),
        try NormalizedConvolution(scope, ("conv3", "bn3"), from: inner, to: output, size: 1, scale: 0),
      ],
      projection: try projection(scope, from: input, to: output, stride: stride))
  }

  private static func projection(
    _ scope: Scope, from input: Int, to output: Int, stride: Int
  ) throws(NetworkError) -> NormalizedConvolution? {
    guard stride != 1 || input != output else { return nil }
    return try NormalizedConvolution(
      scope / "downsample", ("0", "1"), from: input, to: output, size: 1, stride: stride)
  }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    var y = x
    for layer in layers.dropLast() { y = try layer(y, pass) }
    let shortcut = if let projection { try projection(x, relu: false, pass) } else { x }
    return try layers.last?(y, adding: shortcut, pass) ?? shortcut
  }
}
