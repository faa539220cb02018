import Networks
import Torch

/// SGD with Nesterov momentum and the exponential moving average of every variable, batch-norm statistics included.
struct Optimizer {
  let model: Model
  let options: TrainingOptions
  let velocities: [Tensor]
  let averages: [Tensor]  // one for each entry of the parameters
  private let optimized: [OptimizedParameter]

  /// Fresh state, or the state in `saved` ("velocity.NAME", "average.NAME").
  init(_ model: Model, options: TrainingOptions, saved: [String: Tensor]? = nil) throws(TorchError) {
    self.model = model
    self.options = options
    var velocities: [Tensor] = []
    var averages: [Tensor] = []
    var optimized: [OptimizedParameter] = []
    let zero = try Tensor.zeros([])
    for entry in model.parameters.entries {
      // clone() keeps the memory layout, which the fused step needs.
      let average = try entry.tensor.detach().clone()
      if let value = saved?["average.\(entry.name)"] { try average.assign(value) }
      averages.append(average)
      guard entry.kind != .statistic else { continue }
      let velocity = try entry.tensor.detach().clone()
      try velocity.assign(saved?["velocity.\(entry.name)"] ?? zero)
      velocities.append(velocity)
      try entry.tensor.requiresGradient()
      optimized.append(
        OptimizedParameter(
          value: entry.tensor, velocity: velocity, average: options.ema > 0 ? average : nil,
          weightDecay: entry.kind == .weight ? options.weightDecay : 0))
    }
    self.velocities = velocities
    self.averages = averages
    self.optimized = optimized
  }

  /// One step with the gradients at hand; `step` counts from 0.
  func step(rate: Double, step: Int) throws(TorchError) {
    let keep = Schedule.averageDecay(options.ema, step: step)
    try sgdStep(optimized, rate: rate, momentum: options.momentum, averageDecay: keep)
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

  /// Everything a resumed run needs, by name.
  func state() throws(TorchError) -> [(name: String, tensor: Tensor)] {
    var result: [(name: String, tensor: Tensor)] = []
    for entry in model.parameters.entries { result.append((entry.name, try entry.tensor.detach())) }
    for (entry, velocity) in zip(model.parameters.trained, velocities) {
      result.append(("velocity.\(entry.name)", velocity))
    }
    if options.ema > 0 {
      for (entry, average) in zip(model.parameters.entries, averages) {
        result.append(("average.\(entry.name)", average))
      }
    }
    return result
  }
}
