import CTorch

/// Where a tensor lives and is worked on.
public struct Device: Hashable, Sendable, CustomStringConvertible {
  let raw: ct_device
  let index: Int

  /// The processor.
  public static let cpu = Device(raw: ct_cpu, index: 0)
  /// An NVIDIA GPU by number.
  public static func cuda(_ index: Int = 0) -> Device { Device(raw: ct_cuda, index: index) }
  /// The GPU of an Apple machine.
  public static let mps = Device(raw: ct_mps, index: 0)
  /// No memory and no numbers: operations yield shapes and types alone, and refuse what lies on the processor. For tests.
  public static let meta = Device(raw: ct_meta, index: 0)

  /// The kind without the number: "cpu", "cuda", "mps".
  public var kind: String {
    switch raw {
    case ct_cuda: "cuda"
    case ct_mps: "mps"
    case ct_meta: "meta"
    default: "cpu"
    }
  }

  /// "cpu", "cuda:0", "mps".
  public var description: String { raw == ct_cuda ? "cuda:\(index)" : kind }

  /// Equal when kind and number are.
  public static func == (a: Device, b: Device) -> Bool { a.raw == b.raw && a.index == b.index }
  /// Hashes kind and number.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(raw.rawValue)
    hasher.combine(index)
  }
}

/// What LibTorch and the machine offer.
public enum Machine {
  /// LibTorch's version, as "2.13.0".
  public static var version: String { String(cString: ct_version()) }
  /// The widest instruction set that LibTorch's own kernels use, as "AVX512".
  public static var instructionSet: String { String(cString: ct_cpu_capability()) }
  /// Whether the processor multiplies bf16 faster than f32; without it bf16 saves memory but hardly time.
  public static var hasNativeBF16: Bool { ct_has_bf16() }
  /// Whether our own kernels multiply bf16 in pairs here: `packedRough`, `mergeRough`.
  public static var multipliesPairs: Bool { ct_multiplies_pairs() }
  /// Whether `mergePanels` is faster here than a product and `mergeTopK`.
  public static var prefersPanels: Bool { ct_prefers_panels() }
  /// Whether this build of LibTorch sees an NVIDIA GPU.
  public static var hasCUDA: Bool { ct_has_cuda() }
  /// Whether this program is linked with a LibTorch for CUDA, whether there is a GPU or not.
  public static var isBuiltWithCUDA: Bool { ct_built_with_cuda() }
  /// Whether this build of LibTorch sees an Apple GPU.
  public static var hasMPS: Bool { ct_has_mps() }

  /// Threads that one operation uses.
  public static var threads: Int { ct_threads() }
  /// Sets the threads that one operation uses, for the whole process.
  public static func setThreads(_ n: Int) throws(TorchError) { try check(ct_set_threads(n), "setThreads") }

  /// Asks the allocator to keep what is freed for the next step instead of giving it back to the system. For the start
  /// of a program, before its first tensor.
  public static func keepFreedMemory() { ct_keep_freed_memory() }

  /// LibTorch's own description of its build: BLAS, oneDNN, OpenMP.
  public static func configuration() throws(TorchError) -> String {
    var text = [CChar](repeating: 0, count: 8192)
    try check(ct_describe(&text, text.count), "configuration")
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
