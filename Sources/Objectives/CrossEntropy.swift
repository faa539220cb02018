import Torch

/// Softmax cross-entropy: the mean over examples of logsumexp(z) - sum_k t_k z_k, with the target
/// t = (1 - smoothing) one-hot + smoothing / K.
///
/// Computed from log-probabilities, so outputs of any finite size give a finite loss and gradient.
/// - Parameters:
///   - outputs: z, `[B, K]`.
///   - labels: class indices `[B]`, i64.
///   - smoothing: share of the target spread evenly over the classes.
/// - Throws: `TorchError` for a label outside `0..<K` or shapes that do not fit.
public func crossEntropy(
  of outputs: Tensor, labels: Tensor, smoothing: Double = 0
) throws(TorchError) -> Tensor {
  let logs = try outputs.logSoftmax(1)  // [B, K]
  let likelihood = try logs.gather(1, labels.unsqueeze(1)).mean()
  // sum_k (a / K) log p_k, averaged over examples, is a times the mean of all log-probabilities.
  return smoothing == 0
    ? try -likelihood : try likelihood * (smoothing - 1) - logs.mean() * smoothing
}

/// Class indices `[B]` (i64) as rows `[B, K]` of zeros with a one, in the type of `outputs` `[B, K]`.
/// - Throws: `TorchError` for a label outside `0..<K`.
func targets(of labels: Tensor, like outputs: Tensor) throws(TorchError) -> Tensor {
  try labels.oneHot(outputs.shape.last ?? 0).to(outputs.elementType)
}
