import Networks
import Torch

/// SGD with Nesterov momentum or AdamW, with gradients clipped if asked, and the exponential moving average of every
/// variable, batch-norm statistics included.
struct Optimizer {
  let model: Model
  let options: TrainingOptions
  let averages: [Tensor]  // one for each entry of the parameters
  let optimized: [OptimizedParameter]

  /// Fresh state, or the state in `saved` ("velocity.NAME", or "mean.NAME" and "square.NAME"; "average.NAME").
  init(_ model: Model, options: TrainingOptions, saved: [String: Tensor]? = nil) throws(TorchError) {
    self.model = model
    self.options = options
    var averages: [Tensor] = []
    var optimized: [OptimizedParameter] = []
    let zero = try Tensor.zeros([])
    let (first, second) = Self.names(options)
    for entry in model.parameters.entries {
      // clone() keeps the memory layout, which the fused step needs.
      let average = try entry.tensor.detach().clone()
      if let value = saved?["average.\(entry.name)"] { try average.assign(value) }
      averages.append(average)
      guard entry.kind != .statistic else { continue }
      func state(_ name: String) throws(TorchError) -> Tensor {
        let state = try entry.tensor.detach().clone()
        try state.assign(saved?["\(name).\(entry.name)"] ?? zero)
        return state
      }
      let means = try (state(first), second.map { (name) throws(TorchError) in try state(name) })
      try entry.tensor.requiresGradient()
      optimized.append(
        OptimizedParameter(
          value: entry.tensor, first: means.0, second: means.1, average: options.ema > 0 ? average : nil,
          weightDecay: entry.kind == .weight ? options.weightDecay : 0))
    }
    self.averages = averages
    self.optimized = optimized
  }

  private static func names(_ options: TrainingOptions) -> (first: String, second: String?) {
    options.optimizer == .adamw ? ("mean", "square") : ("velocity", nil)
  }

  /// One step with the gradients at hand; `step` counts from 0.
  func step(rate: Double, step: Int) throws(TorchError) {
    let keep = Schedule.averageDecay(options.ema, step: step)
    var scale = 1.0
    if let clip = options.clip { scale = min(1, clip / (try gradientNorm(optimized) + 1e-6)) }
    switch options.optimizer ?? .sgd {
    case .sgd:
      try sgdStep(optimized, rate: rate, momentum: options.momentum, averageDecay: keep, scale: scale)
    case .adamw:
      let betas = options.betas ?? [0.9, 0.999]
      try adamWStep(
        optimized, rate: rate, betas: (betas.first ?? 0.9, betas.last ?? 0.999), epsilon: options.epsilon ?? 1e-8,
        step: step + 1, averageDecay: keep, scale: scale)
    }
    guard options.ema > 0 else { return }
    try withoutGradient { () throws(TorchError) in
      for (entry, average) in zip(model.parameters.entries, averages) where entry.kind == .statistic {
        try average.assign(average + (entry.tensor - average) * (1 - keep))
      }
    }
  }

  /// What is evaluated and kept: the averages by name, or the values themselves without averaging.
  func finalTensors() throws(TorchError) -> [(name: String, tensor: Tensor)] {
    var result: [(name: String, tensor: Tensor)] = []
    for (entry, average) in zip(model.parameters.entries, averages) {
      result.append((entry.name, options.ema > 0 ? average : try entry.tensor.detach()))
    }
    return result
  }

  /// Everything a resumed run needs, by name; the statistics of batch norm only if asked for.
  func state(statistics: Bool = true) throws(TorchError) -> [(name: String, tensor: Tensor)] {
    func isWanted(_ entry: Parameters.Entry) -> Bool { statistics || entry.kind != .statistic }
    var result: [(name: String, tensor: Tensor)] = []
    for entry in model.parameters.entries where isWanted(entry) {
      result.append((entry.name, try entry.tensor.detach()))
    }
    let (first, second) = Self.names(options)
    for (entry, parameter) in zip(model.parameters.trained, optimized) {
      result.append(("\(first).\(entry.name)", parameter.first))
      if let second, let tensor = parameter.second { result.append(("\(second).\(entry.name)", tensor)) }
    }
    if options.ema > 0 {
      for (entry, average) in zip(model.parameters.entries, averages) where isWanted(entry) {
        result.append(("average.\(entry.name)", average))
      }
    }
    return result
  }
}
