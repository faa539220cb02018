import CTorch

/// Processes that work on one thing together, over LibTorch's c10d with Gloo on the processor and NCCL on GPUs.
///
/// Every rank calls the same operations in the same order, with the same shapes and types; results are new tensors.
/// What fails for another rank's sake throws `TorchError` of kind `.noContact`, which names that rank and the
/// operation; after it the group is of no use and the process should end. A rank that was stopped shows after
/// `timeout`, one that ended within seconds.
///
/// Sums: Gloo cuts a tensor into parts and sums each around the ring of ranks in a fixed order, once, so every rank
/// gets the same bytes, in every run. Which part an element is in depends on the tensor's size and the number of ranks:
/// with three or more, the last bit may change with either. With two it depends on nothing.
///
/// One group in a process's life. `GLOO_SOCKET_IFNAME` overrides the network interface, by default that which leads to
/// the master's address.
public final class ProcessGroup {
  let raw: OpaquePointer
  /// This process, from 0.
  public let rank: Int
  /// How many processes there are.
  public let worldSize: Int

  /// Meets the others. `timeout`, in seconds, holds for the meeting and for every operation after it.
  public init(_ place: ProcessPlace, timeout: Double = 600) throws(TorchError) {
    var group: OpaquePointer?
    let error = ct_group_join(
      place.masterAddress, place.masterPort, place.rank, place.worldSize, place.rank == 0 && place.rankZeroServes,
      "separatrix-\(place.restart)", timeout, &group)
    try check(error, "ProcessGroup")
    guard let group else { throw TorchError(operation: "ProcessGroup", message: "no group came") }
    raw = group
    (rank, worldSize) = (place.rank, place.worldSize)
  }

  deinit { ct_group_leave(raw) }

  /// Makes tensors of this process's device exchangeable: those of the processor always are, those of an NVIDIA GPU by
  /// NCCL, each rank having its own. Operations on these are launched and not waited for, and no order of sums is promised.
  public func use(_ device: Device) throws(TorchError) {
    switch device.kind {
    case "cpu": break
    case "cuda": try check(ct_group_use_gpu(raw, device.index), "ProcessGroup.use")
    default:
      throw TorchError(operation: "ProcessGroup.use", message: "processes exchange no tensors of \(device.kind)")
    }
  }

  /// Waits until all operations on the GPU are done. Who does not take part is named, after `timeout`.
  public func settle() throws(TorchError) { try check(ct_group_settle(raw), "settle") }

  /// How an all-reduce joins the ranks' values.
  public enum Reduction: String, Sendable, CaseIterable {
    case sum, mean, max

    var raw: ct_reduction {
      switch self {
      case .sum: ct_reduce_sum
      case .mean: ct_reduce_mean
      case .max: ct_reduce_max
      }
    }
  }

  /// Returns when every rank has come here. Who does not come is named.
  public func barrier() throws(TorchError) { try check(ct_barrier(raw), "barrier") }

  /// The tensor of rank `root`; that of the others gives shape and type.
  public func broadcast(_ tensor: Tensor, from root: Int = 0) throws(TorchError) -> Tensor {
    try Tensor("broadcast") { ct_broadcast(raw, tensor.raw, root, &$0) }
  }

  /// Overwrites each of `tensors` with that of rank `root`: parameters and statistics before the first step.
  public func synchronize(_ tensors: [Tensor], from root: Int = 0) throws(TorchError) {
    for tensor in tensors {
      let common = try broadcast(tensor, from: root)
      try withoutGradient { () throws(TorchError) in try tensor.assign(common) }
    }
  }

  /// The sum over the ranks, part of the graph: backward, which every rank must then run, sums the ranks' gradients.
  /// For statistics of the whole batch, as in synchronized batch norm. The loss meant is the sum of the ranks' losses.
  public func trackedSum(_ tensor: Tensor) throws(TorchError) -> Tensor {
    try Tensor("trackedSum") { ct_tracked_sum(raw, tensor.raw, &$0) }
  }

  /// Sum, mean (of real numbers) or maximum over the ranks, elementwise; without gradient.
  public func allReduce(_ tensor: Tensor, _ reduction: Reduction = .sum) throws(TorchError) -> Tensor {
    try startAllReduce(tensor, reduction).wait()
  }

  /// The same, begun: it goes on while this process works. Several may be on their way, begun in the same order
  /// everywhere.
  public func startAllReduce(
    _ tensor: Tensor, _ reduction: Reduction = .sum
  ) throws(TorchError) -> PendingTensor {
    var pending: OpaquePointer?
    try check(ct_all_reduce_start(raw, tensor.raw, reduction.raw, &pending), "allReduce")
    guard let pending else { throw TorchError(operation: "allReduce", message: "nothing was begun") }
    return PendingTensor(raw: pending)
  }

  /// The ranks' tensors [...], in their order: [worldSize, ...].
  public func allGather(_ tensor: Tensor) throws(TorchError) -> Tensor {
    try Tensor("allGather") { ct_all_gather(raw, tensor.raw, &$0) }
  }
}

/// A result on its way.
public final class PendingTensor {
  let raw: OpaquePointer

  init(raw: OpaquePointer) { self.raw = raw }

  /// The result, when it is there.
  public func wait() throws(TorchError) -> Tensor { try Tensor("allReduce") { ct_pending_wait(raw, &$0) } }

  deinit { ct_pending_free(raw) }
}
