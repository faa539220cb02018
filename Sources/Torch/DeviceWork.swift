import CTorch

extension Device {
  /// Makes this the device that the calling thread works on; on CUDA with a stream of its own, so that steps can be captured.
  public func use() throws(TorchError) { try check(ct_use_device(raw, index), "use") }

  /// Waits until all work on the device is done.
  public func synchronize() throws(TorchError) { try check(ct_synchronize(raw, index), "synchronize") }

  /// Bytes of the device's memory that are free, and all; nil where they are not known.
  public func memory() throws(TorchError) -> (free: Int, total: Int)? {
    var (free, total) = (0, 0)
    try check(ct_device_memory(raw, index, &free, &total), "memory")
    return total > 0 ? (free, total) : nil
  }
}

extension Machine {
  /// How many devices of this kind there are.
  public static func devices(like device: Device) -> Int { ct_device_count(device.raw) }

  /// How CUDA is to work, for the whole process, before its first work: with the same bits each time (LibTorch then refuses
  /// operators that cannot) or with the fastest kernels, tried out at the first steps; with products of f32 in f32 or,
  /// rounded to 11 bits, in TF32.
  public static func setNumerics(deterministic: Bool, tf32: Bool = false) throws(TorchError) {
    try check(ct_set_numerics(deterministic, tf32), "setNumerics")
  }
}

/// Work on a CUDA device that is recorded once and then launched as a whole, as often as wanted: for steps of so many small
/// kernels that launching them takes longer than running them.
///
/// What is recorded reads and writes the same memory at every launch. While it is recorded nothing runs, and nothing may wait
/// for the device or copy from the processor's memory.
public final class StepGraph {
  private let raw: OpaquePointer

  /// An empty one. Throws where the program is not built for CUDA.
  public init() throws(TorchError) {
    var handle: OpaquePointer?
    try check(ct_graph_create(&handle), "StepGraph")
    guard let handle else { throw TorchError(operation: "StepGraph", message: "nothing was made") }
    raw = handle
  }

  deinit { ct_graph_free(raw) }

  /// Records what `body` does. After a failure the graph is of no use, and the device as it was.
  public func record<Result>(_ body: () throws(TorchError) -> Result) throws(TorchError) -> Result {
    try check(ct_graph_begin(raw), "record")
    let result: Result
    do throws(TorchError) {
      result = try body()
    } catch {
      // The stream leaves its recording only this way; that it failed is known.
      if let second = ct_graph_end(raw) { ct_error_free(second) }
      throw error
    }
    try check(ct_graph_end(raw), "record")
    return result
  }

  /// Does the recorded work; returns before it is done.
  public func launch() throws(TorchError) { try check(ct_graph_replay(raw), "launch") }
}
