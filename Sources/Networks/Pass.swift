import Torch

/// How one pass through a network is made.
public struct Pass {
  /// Evaluation or training.
  public let mode: Mode
  /// The type of activations: `.f32` or `.bf16` (weights, statistics and features stay f32), `.f64` in tests.
  public let precision: ElementType
  /// The processes whose images together make a batch for batch norm; nil: those at hand are all.
  public let group: ProcessGroup?
  /// Share of the new value in batch norm's running statistics.
  public let normShare: Double
  /// Whether the fused kernels are used; off only to compare.
  public let fused: Bool
  /// Where convolutions find batch norm folded into their weights, in evaluation without gradients; nil: it stays apart.
  public let folding: Folding?
  /// Receives the multiplications of each convolution, to count a network's work.
  public let counting: ((Int) -> Void)?
  /// Receives every block's output by name: [n, c, h, w].
  public let tap: ((String, Tensor) throws(TorchError) -> Void)?

  /// Describes a pass.
  public init(
    _ mode: Mode, precision: ElementType = .f32, group: ProcessGroup? = nil,
    normShare: Double = 0.1, fused: Bool = true, folding: Folding? = nil,
    tap: ((String, Tensor) throws(TorchError) -> Void)? = nil, counting: ((Int) -> Void)? = nil
  ) {
    self.mode = mode
    self.precision = precision
    self.group = group
    self.normShare = normShare
    self.fused = fused
    self.folding = folding
    self.counting = counting
    self.tap = tap
  }
}
