import CTorch

/// Steps of optimizers on any device, by LibTorch's operators on lists: few launches, and nothing waits for the device. The
/// formulas are those of `sgdStep` and `adamWStep`; numbers that change from step to step are f32 tensors [] on the device.
public enum ListStep {
  /// Brings the Euclidean norm of all gradients together down to `limit` as PyTorch's `clip_grad_norm_` does.
  public static func clip(_ parameters: [OptimizedParameter], to limit: Double) throws(TorchError) {
    let raw = parameters.map(\.raw)
    try withExtendedLifetime(parameters) { () throws(TorchError) in
      try check(ct_clip_gradients(raw, raw.count, limit), "clip")
    }
  }

  /// A step of SGD with Nesterov momentum. Clears the gradients; leaves the averages alone.
  public static func sgd(_ parameters: [OptimizedParameter], rate: Tensor, momentum: Double) throws(TorchError) {
    let raw = parameters.map(\.raw)
    try withExtendedLifetime(parameters) { () throws(TorchError) in
      try check(ct_list_sgd_step(raw, raw.count, rate.raw, momentum), "sgd")
    }
  }

  /// A step of AdamW; `step` counts from 1. Clears the gradients; leaves the averages alone.
  public static func adamW(
    _ parameters: [OptimizedParameter], rate: Tensor, betas: (Double, Double), epsilon: Double, step: Tensor
  ) throws(TorchError) {
    let raw = parameters.map(\.raw)
    try withExtendedLifetime(parameters) { () throws(TorchError) in
      try check(ct_list_adamw_step(raw, raw.count, rate.raw, betas.0, betas.1, epsilon, step.raw), "adamW")
    }
  }

  /// averages += share (values - averages), in place.
  public static func blend(_ averages: [Tensor], towards values: [Tensor], share: Tensor) throws(TorchError) {
    let (into, from) = (averages.map(\.raw), values.map(\.raw))
    guard into.count == from.count else {
      throw TorchError(operation: "blend", message: "\(into.count) averages of \(from.count) values")
    }
    try withExtendedLifetime((averages, values)) { () throws(TorchError) in
      try check(ct_list_blend(into, from, into.count, share.raw), "blend")
    }
  }
}
