import CTorch

/// Automatic differentiation. Its switch belongs to the thread, so the closures here are synchronous.
extension Tensor {
  /// Makes this a leaf whose gradient `backward` will fill. Returns itself.
  @discardableResult
  public func requiresGradient(_ on: Bool = true) throws(TorchError) -> Tensor {
    try check(ct_set_requires_grad(raw, on), "requiresGradient")
    return self
  }
  /// The same values, cut from the graph.
  public func detach() throws(TorchError) -> Tensor { try Tensor { ct_detach(raw, &$0) } }
  /// Adds the gradient of this scalar to every leaf that it depends on.
  public func backward() throws(TorchError) { try check(ct_backward(raw), "backward") }
  /// The gradient that `backward` left, or nil.
  public func gradient() throws(TorchError) -> Tensor? {
    var present = false
    var handle = Tensor.noHandle
    try check(ct_grad(raw, &present, &handle), "gradient")
    return present ? Tensor(owning: handle) : nil
  }
  /// Forgets the gradient.
  public func clearGradient() throws(TorchError) { try check(ct_clear_grad(raw), "clearGradient") }
}

/// Runs `body` without recording a graph.
public func withoutGradient<Result>(_ body: () throws(TorchError) -> Result) throws(TorchError) -> Result {
  let before = ct_grad_enabled()
  ct_set_grad_enabled(false)
  defer { ct_set_grad_enabled(before) }
  return try body()
}

/// One trained parameter as the optimizer sees it. All tensors have one shape and memory layout.
public struct OptimizedParameter {
  /// The parameter; its gradient must be present.
  public let value: Tensor
  /// Momentum.
  public let velocity: Tensor
  /// Exponential moving average of the value, or nil.
  public let average: Tensor?
  /// lambda of lambda/2 ||w||^2, added to the gradient as lambda w.
  public let weightDecay: Double

  /// Collects them.
  public init(value: Tensor, velocity: Tensor, average: Tensor?, weightDecay: Double) {
    self.value = value
    self.velocity = velocity
    self.average = average
    self.weightDecay = weightDecay
  }
}

/// One step of SGD with Nesterov momentum in PyTorch's form: g += wd w; v = m v + g; w -= rate (g + m v); then
/// average += (1 - averageDecay)(w - average). Clears the gradients.
public func sgdStep(
  _ parameters: [OptimizedParameter], rate: Double, momentum: Double, averageDecay: Double
) throws(TorchError) {
  let raw = parameters.map {
    ct_parameter(
      value: $0.value.raw, velocity: $0.velocity.raw, average: $0.average?.raw ?? Tensor.absent,
      weight_decay: $0.weightDecay)
  }
  try withExtendedLifetime(parameters) { () throws(TorchError) in
    try check(ct_sgd_step(raw, raw.count, rate, momentum, averageDecay), "sgdStep")
  }
}
