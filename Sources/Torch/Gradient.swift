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

/// A parameter with what its optimizer keeps of it.
public struct OptimizedParameter {
  /// The parameter; its gradient must be present.
  public let value: Tensor
  /// Momentum, or the mean of gradients.
  public let first: Tensor
  /// The mean of squared gradients, for AdamW.
  public let second: Tensor?
  /// Exponential moving average of the value, or nil.
  public let average: Tensor?
  /// SGD: lambda of lambda/2 ||w||^2, added to the gradient as lambda w. AdamW: the share of w, times the rate, that a
  /// step takes off.
  public let weightDecay: Double

  /// Collects them.
  public init(value: Tensor, first: Tensor, second: Tensor? = nil, average: Tensor?, weightDecay: Double) {
    self.value = value
    self.first = first
    self.second = second
    self.average = average
    self.weightDecay = weightDecay
  }

  var raw: ct_parameter {
    ct_parameter(
      value: value.raw, first: first.raw, second: second?.raw ?? Tensor.absent,
      average: average?.raw ?? Tensor.absent, weight_decay: weightDecay)
  }
}

/// The Euclidean norm of all gradients together.
public func gradientNorm(_ parameters: [OptimizedParameter]) throws(TorchError) -> Double {
  var norm = 0.0
  let raw = parameters.map(\.raw)
  try withExtendedLifetime(parameters) { () throws(TorchError) in
    try check(ct_gradient_norm(raw, raw.count, &norm), "gradientNorm")
  }
  return norm
}

/// One step of SGD with Nesterov momentum in PyTorch's form: g = scale g + wd w; v = m v + g; w -= rate (g + m v); then
/// average += (1 - averageDecay)(w - average). Clears the gradients.
public func sgdStep(
  _ parameters: [OptimizedParameter], rate: Double, momentum: Double, averageDecay: Double, scale: Double = 1
) throws(TorchError) {
  let raw = parameters.map(\.raw)
  try withExtendedLifetime(parameters) { () throws(TorchError) in
    try check(ct_sgd_step(raw, raw.count, rate, momentum, averageDecay, scale), "sgdStep")
  }
}

/// One step of AdamW (Loshchilov & Hutter 2019) in PyTorch's form: g = scale g; w -= rate wd w; m and v the means of g
/// and g^2, corrected by 1 - beta^step; w -= rate m / (sqrt(v) + epsilon); then the average. `step` counts from 1. Clears
/// the gradients.
public func adamWStep(
  _ parameters: [OptimizedParameter], rate: Double, betas: (Double, Double), epsilon: Double, step: Int,
  averageDecay: Double, scale: Double = 1
) throws(TorchError) {
  let raw = parameters.map(\.raw)
  try withExtendedLifetime(parameters) { () throws(TorchError) in
    try check(
      ct_adamw_step(raw, raw.count, rate, betas.0, betas.1, epsilon, step, averageDecay, scale), "adamWStep")
  }
}
