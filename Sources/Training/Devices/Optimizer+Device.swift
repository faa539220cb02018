import Torch

extension Optimizer {
  /// `step(rate:step:)` on any device, without waiting for it. Each number is an f32 tensor [] there: the learning rate, the share
  /// of the new value in the averages, and the step's number from 1.
  func step(rate: Tensor, share: Tensor, number: Tensor) throws(TorchError) {
    if let clip = options.clip { try ListStep.clip(optimized, to: clip) }
    switch options.optimizer ?? .sgd {
    case .sgd: try ListStep.sgd(optimized, rate: rate, momentum: options.momentum)
    case .adamw:
      let betas = options.betas ?? [0.9, 0.999]
      try ListStep.adamW(
        optimized, rate: rate, betas: (betas.first ?? 0.9, betas.last ?? 0.999), epsilon: options.epsilon ?? 1e-8,
        step: number)
    }
    if options.ema > 0 {
      try ListStep.blend(averages, towards: model.parameters.entries.map(\.tensor), share: share)
    }
  }
}
