/// A device that was asked for and cannot be had.
public enum DeviceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No such name.
  case unknown(name: String)
  /// The program lacks what the device needs.
  case notBuilt(name: String)
  /// There is no such device on this machine, or no driver for it.
  case absent(name: String)
  /// There are fewer.
  case noSuchNumber(name: String, count: Int)
  /// Each process of a machine takes a GPU of its own, and there are fewer than processes.
  case tooFew(count: Int)

  /// One sentence for people, with the cure.
  public var description: String {
    switch self {
    case .unknown(let name): "device '\(name)': expected cpu, cuda, cuda:N, mps or auto"
    case .notBuilt("mps"):
      "device mps: this build of LibTorch has no MPS; it comes with PyTorch for macOS on Apple chips"
    case .notBuilt(let name):
      "device \(name): this program is built with a LibTorch for the processor alone; `make gpu-bundle TORCH=2.11.0` builds "
        + "one for CUDA (docs/gpu.md)"
    case .absent(let name):
      "device \(name): no GPU is seen; `nvidia-smi` must list one, its driver must be as new as PyTorch's CUDA, and "
        + "CUDA_VISIBLE_DEVICES must not hide it"
    case .noSuchNumber(let name, let count):
      "device \(name): this machine has \(count), numbered from 0; give cuda:0\(count > 1 ? " to cuda:\(count - 1)" : "")"
    case .tooFew(let count):
      "device cuda: each process takes a GPU of its own, and this machine has \(count); start at most as many processes here"
    }
  }
}

extension Device {
  /// The device that `text` names, made sure to be there: "cpu", "cuda", "cuda:1", "mps", or "auto" for the first of CUDA, MPS
  /// and the processor that is there. Without a number, the GPU of `localRank`: each process of a machine has its own.
  public init(parsing text: String, localRank: Int = 0) throws(DeviceError) {
    switch text {
    case "cpu": self = .cpu
    case "auto": self = Machine.hasCUDA ? .cuda(localRank) : Machine.hasMPS ? .mps : .cpu
    case "mps": self = .mps
    case "cuda": self = .cuda(localRank)
    default:
      guard text.hasPrefix("cuda:"), let index = Int(text.dropFirst(5)), (0...127).contains(index) else {
        throw .unknown(name: text)
      }
      self = .cuda(index)
    }
    try confirm(text, given: text.contains(":"))
  }

  private func confirm(_ name: String, given: Bool) throws(DeviceError) {
    if self == .mps, !Machine.hasMPS { throw .notBuilt(name: name) }
    guard kind == "cuda" else { return }
    guard Machine.isBuiltWithCUDA else { throw .notBuilt(name: name) }
    let count = Machine.devices(like: self)
    guard count > 0 else { throw .absent(name: name) }
    guard index < count else { throw given ? .noSuchNumber(name: name, count: count) : .tooFew(count: count) }
  }
}
