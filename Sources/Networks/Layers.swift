import Torch

/// A convolution without bias.
public struct Convolution {
  let weight: Tensor
  let stride: Int
  let padding: (height: Int, width: Int)

  /// Makes weight [output, input, size, size] at `scope`; the padding keeps height and width (at stride 1) unless
  /// said otherwise.
  public init(
    _ scope: Scope, from input: Int, to output: Int, size: Int, stride: Int = 1, padding: Int? = nil
  ) throws(NetworkError) {
    let padding = padding ?? size / 2
    try self.init(
      scope, from: input, to: output, window: (size, size), stride: stride, padding: (padding, padding))
  }

  /// Makes weight [output, input, window.height, window.width] at `scope`.
  public init(
    _ scope: Scope, from input: Int, to output: Int, window: (height: Int, width: Int), stride: Int = 1,
    padding: (height: Int, width: Int)
  ) throws(NetworkError) {
    weight = try scope.parameter(
      "weight", shape: [output, input, window.height, window.width], kind: .weight,
      .varianceScaling(fanIn: input * window.height * window.width))
    self.stride = stride
    self.padding = padding
  }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    let y = try x.conv2d(weight: weight, stride: stride, padding: padding)
    count(y, pass)
    return y
  }

  /// Each output number takes one multiplication for each weight of its channel.
  func count(_ y: Tensor, _ pass: Pass) { pass.counting?(y.count * weight.count / (weight.shape.first ?? 1)) }
}

/// Batch norm, with what often follows it (addition, ReLU) in the same pass over memory.
///
/// Conventions: the running statistics take the pass's `normShare` of the new value at each step (LibTorch's momentum, 0.1;
/// 0.9 for the old value in the study's words), the variance among them unbiased (n - 1), while the batch is normalized by the biased
/// one; epsilon 1e-5 is added to the variance unless a network says otherwise. The batch is that of all processes of the
/// pass's group.
public struct BatchNorm {
  let state: Tensor.BatchNormState

  /// Makes weight, bias, running_mean and running_var at `scope`; `scale` is the weight's start.
  public init(
    _ scope: Scope, channels: Int, scale: Double = 1, epsilon: Double = 1e-5
  ) throws(NetworkError) {
    state = Tensor.BatchNormState(
      weight: try scope.parameter("weight", shape: [channels], kind: .plain, .constant(scale)),
      bias: try scope.parameter("bias", shape: [channels], kind: .plain, .constant(0)),
      runningMean: try scope.parameter("running_mean", shape: [channels], kind: .statistic, .constant(0)),
      runningVariance: try scope.parameter("running_var", shape: [channels], kind: .statistic, .constant(1)),
      momentum: 0.1, epsilon: epsilon)
  }

  /// The state, moved as the pass says.
  func state(in pass: Pass) -> Tensor.BatchNormState {
    var state = state
    state.momentum = pass.normShare
    return state
  }

  func callAsFunction(_ x: Tensor, adding residual: Tensor? = nil, relu: Bool, _ pass: Pass) throws(TorchError)
    -> Tensor
  {
    try x.batchNorm(
      state(in: pass), residual: residual, relu: relu, training: pass.mode.isTraining, fused: pass.fused,
      group: pass.group)
  }
}

/// A convolution and the batch norm after it: the unit of most networks here.
public struct NormalizedConvolution {
  let convolution: Convolution
  let norm: BatchNorm

  /// Joins the two.
  public init(_ convolution: Convolution, _ norm: BatchNorm) {
    self.convolution = convolution
    self.norm = norm
  }

  /// Makes a convolution of `size` x `size` at `scope / names.0`, its batch norm at `scope / names.1`.
  public init(
    _ scope: Scope, _ names: (String, String), from input: Int, to output: Int, size: Int, stride: Int = 1,
    padding: Int? = nil, scale: Double = 1
  ) throws(NetworkError) {
    self.init(
      try Convolution(
        scope / names.0, from: input, to: output, size: size, stride: stride, padding: padding),
      try BatchNorm(scope / names.1, channels: output, scale: scale))
  }

  /// norm(conv(x)), + residual, then ReLU if wanted.
  func callAsFunction(_ x: Tensor, adding residual: Tensor? = nil, relu: Bool = true, _ pass: Pass)
    throws(TorchError) -> Tensor
  {
    let y: Tensor
    if let folding = pass.folding, !pass.mode.isTraining {
      y = try folding.convolution(self, for: x)(x, adding: residual, relu: relu)
    } else {
      y = try x.convolutionBatchNorm(
        kernel: convolution.weight, stride: convolution.stride, padding: convolution.padding, norm.state(in: pass),
        residual: residual, relu: relu, training: pass.mode.isTraining, fused: pass.fused, group: pass.group)
    }
    convolution.count(y, pass)
    return y
  }
}
