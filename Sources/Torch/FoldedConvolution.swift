import CTorch

/// A convolution with batch norm folded into it, for evaluation: with s = gamma / sqrt(var + eps), the kernel is w s and the
/// bias beta - mean s. One pass over memory instead of two or more, and weights laid out once for all batches.
///
/// It keeps a copy of the weights as they were: a change of them asks for another. No gradient passes.
public final class FoldedConvolution {
  private let raw: OpaquePointer

  /// Folds `state` into `kernel` [o, c, k, l], for images such as `images` [n, c, h, w]; others are taken too, at a cost.
  public init(
    kernel: Tensor, stride: Int, padding: (height: Int, width: Int), _ state: Tensor.BatchNormState, for images: Tensor
  ) throws(TorchError) {
    var folded: OpaquePointer?
    let error = ct_fold(
      kernel.raw, stride, padding.height, padding.width, state.weight.raw, state.bias.raw, state.runningMean.raw,
      state.runningVariance.raw, state.epsilon, images.raw, &folded)
    try check(error, "FoldedConvolution")
    guard let folded else { throw TorchError(operation: "FoldedConvolution", message: "nothing came") }
    raw = folded
  }

  deinit { ct_folded_free(raw) }

  /// The convolution of x [n, c, h, w], + residual, then ReLU if wanted.
  public func callAsFunction(_ x: Tensor, adding residual: Tensor? = nil, relu: Bool) throws(TorchError) -> Tensor {
    try Tensor("FoldedConvolution") {
      ct_folded_convolution(raw, x.raw, residual?.raw ?? Tensor.absent, relu, &$0)
    }
  }
}
