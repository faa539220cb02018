import CTorch

/// Gradients joined over the ranks of a group, in buckets that set out while backward still works on the earlier layers
/// (Li et al. 2020, "PyTorch Distributed").
///
/// ```swift
/// let buckets = try GradientBuckets(parameters, in: group)
/// try buckets.arm()
/// try loss.backward()
/// try buckets.finish()  // gradients are now the mean over ranks
/// ```
/// Where several backwards add up to one step, arm before the last only. Every parameter must get a gradient, on every
/// rank. Gradients then lie in the buckets: they hold until the next armed backward.
public final class GradientBuckets {
  let raw: OpaquePointer

  /// Takes parameters in the order of the forward pass; buckets fill from the last. Each holds at least `bytes`, the
  /// last bucket of a type aside. `reduction`: `.mean` where each rank's loss is a mean over its own, equal share of
  /// the batch; `.sum` where it is a sum divided by the count of the whole batch, right for unequal shares too.
  public init(
    _ parameters: [Tensor], in group: ProcessGroup, bytes: Int = 25 << 20, reduction: ProcessGroup.Reduction = .mean
  ) throws(TorchError) {
    var buckets: OpaquePointer?
    let handles = parameters.map(\.raw)
    let error = withExtendedLifetime(parameters) {
      ct_buckets_create(group.raw, handles, handles.count, bytes, reduction.raw, &buckets)
    }
    try check(error, "GradientBuckets")
    guard let buckets else { throw TorchError(operation: "GradientBuckets", message: "no buckets came") }
    raw = buckets
  }

  deinit { ct_buckets_free(raw) }

  /// Makes the next backward send its gradients.
  public func arm() throws(TorchError) { try check(ct_buckets_arm(raw), "arm") }

  /// Waits for all buckets and sets every parameter's gradient to the joined one.
  public func finish() throws(TorchError) { try check(ct_buckets_finish(raw), "finish") }
}
