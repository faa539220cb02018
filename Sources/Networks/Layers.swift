import Torch

/// How one pass through a network is made.
public struct Pass {
  /// Evaluation or training.
  public let mode: Mode
  /// The type of activations: `.f32` or `.bf16` (weights, statistics and features stay f32), `.f64` in tests.
  public let precision: ElementType
  /// Whether the fused kernels are used; off only to compare.
  public let fused: Bool
  /// Receives the multiplications of each convolution, to count a network's work.
  public let counting: ((Int) -> Void)?
  /// Receives every block's output by name: [n, c, h, w].
  public let tap: ((String, Tensor) throws(TorchError) -> Void)?

  /// Describes a pass.
  public init(
    _ mode: Mode, precision: ElementType = .f32, fused: Bool = true,
    tap: ((String, Tensor) throws(TorchError) -> Void)? = nil, counting: ((Int) -> Void)? = nil
  ) {
    self.mode = mode
    self.precision = precision
    self.fused = fused
    self.counting = counting
    self.tap = tap
  }
}

/// A convolution without bias.
public struct Convolution {
  let weight: Tensor
  let stride: Int
  let padding: Int

  /// Makes weight [output, input, size, size] at `scope`.
  public init(_ scope: Scope, from input: Int, to output: Int, size: Int, stride: Int = 1) throws(NetworkError) {
    weight = try scope.parameter(
      "weight", shape: [output, input, size, size], kind: .weight, .varianceScaling(fanIn: input * size * size))
    self.stride = stride
    padding = size / 2
  }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    let y = try x.conv2d(weight: weight.to(pass.precision), stride: stride, padding: padding)
    // Each output number takes one multiplication for each weight of its channel.
    pass.counting?(y.count * weight.count / (weight.shape.first ?? 1))
    return y
  }
}

/// Batch norm, with what often follows it (addition, ReLU) in the same pass over memory.
/// The study's momentum 0.9 for the old value is 0.1 in LibTorch's convention; epsilon 1e-5.
public struct BatchNorm {
  let state: Tensor.BatchNormState

  /// Makes weight, bias, running_mean and running_var at `scope`; `scale` is the weight's start.
  public init(_ scope: Scope, channels: Int, scale: Double = 1) throws(NetworkError) {
    state = Tensor.BatchNormState(
      weight: try scope.parameter("weight", shape: [channels], kind: .plain, .constant(scale)),
      bias: try scope.parameter("bias", shape: [channels], kind: .plain, .constant(0)),
      runningMean: try scope.parameter("running_mean", shape: [channels], kind: .statistic, .constant(0)),
      runningVariance: try scope.parameter("running_var", shape: [channels], kind: .statistic, .constant(1)),
      momentum: 0.1, epsilon: 1e-5)
  }

  func callAsFunction(_ x: Tensor, adding residual: Tensor? = nil, relu: Bool, _ pass: Pass) throws(TorchError)
    -> Tensor
  {
    try x.batchNorm(
      state, residual: residual, relu: relu, training: pass.mode.isTraining, fused: pass.fused)
  }
}
