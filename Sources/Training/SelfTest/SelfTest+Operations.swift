import Torch

extension SelfTest {
  /// An operation of the binding by its name there without "ct_", the ranges and shapes of its inputs, and what it does.
  struct Operation {
    let name: String
    let inputs: [(shape: [Int], low: Double, high: Double)]
    /// Whether gradients of the inputs are compared, too.
    let hasGradient: Bool
    let tolerance: Double
    let body: ([Tensor]) throws -> [Tensor]

    init(
      _ name: String, _ inputs: [[Int]] = [[6, 8]], from low: Double = -2, to high: Double = 2, gradient: Bool = true,
      tolerance: Double = 1e-5, _ body: @escaping ([Tensor]) throws -> [Tensor]
    ) {
      self.name = name
      self.inputs = inputs.map { ($0, low, high) }
      hasGradient = gradient
      self.tolerance = tolerance
      self.body = body
    }
  }

  /// All operations as comparisons.
  var operations: [Case] {
    Self.operations.enumerated().map { number, operation in
      Case(kind: "operation", name: operation.name, tolerance: operation.tolerance) {
        let inputs = try operation.inputs.enumerated().map { place, input in
          try Self.numbers(input.shape, input.low, input.high, stream: UInt64(100 + 10 * number + place))
        }
        let reference = try Self.results(of: operation, try inputs.map { try $0.to(.f64) })
        let measured = try Self.results(of: operation, try inputs.map { try $0.to(device) })
        return zip(reference, measured).map { ($0, $1) }
      }
    }
  }

  /// What an operation yields and, if it has them, the gradients of a weighted sum of that with regard to its inputs.
  private static func results(of operation: Operation, _ inputs: [Tensor]) throws -> [Tensor] {
    let leaves = try inputs.map { try $0.clone().requiresGradient(operation.hasGradient) }
    let results = try operation.body(leaves)
    guard operation.hasGradient else { return results }
    var sum: Tensor?
    for (place, result) in results.enumerated() where result.elementType.isFloatingPoint {
      let weights = try numbers(result.shape, -1, 1, stream: UInt64(10 + place)).to(result.elementType)
      let part = try (result * weights.to(result.device)).sum()
      sum = try sum.map { try $0 + part } ?? part
    }
    try sum?.backward()
    return try results.map { try $0.detach() } + leaves.compactMap { try $0.gradient() }
  }

  /// A positive definite matrix from any.
  private static func definite(_ a: Tensor) throws -> Tensor {
    try a.matmul(a.t()) + Tensor.eye(a.shape[0], type: a.elementType).to(a.device) * 4
  }

  private static func whole(_ values: [Int], _ shape: [Int]? = nil, like other: Tensor) throws -> Tensor {
    try Tensor(values, shape: shape ?? [values.count]).to(other.device)
  }

  static var operations: [Operation] { shapes + elementwise + reductions + algebra + layers }

  private static var shapes: [Operation] {
    [
      Operation("arange", gradient: false) { [try Tensor.arange(5, device: $0[0].device)] },
      Operation("clone") { [try $0[0].clone()] },
      Operation("to_type") { [try $0[0].to(.f32)] },
      Operation("contiguous") { [try $0[0].t().contiguous()] },
      Operation("channels_last", [[2, 3, 4, 5]]) { [try $0[0].channelsLast()] },
      Operation("copy_", gradient: false) { x in
        let y = try x[0].clone()
        try y.assign(x[0] * 2)
        return [y]
      },
      Operation("fill_", gradient: false) { x in
        let y = try x[0].clone()
        try y.fill(3)
        return [y]
      },
      Operation("reshape") { [try $0[0].reshape([4, -1])] },
      Operation("expand", [[6, 1]]) { [try $0[0].expand([6, 5])] },
      Operation("permute", [[2, 3, 4]]) { [try $0[0].permute([2, 0, 1])] },
      Operation("transpose") { [try $0[0].transpose(0, 1)] },
      Operation("unsqueeze") { [try $0[0].unsqueeze(1)] },
      Operation("squeeze", [[6, 1, 8]]) { [try $0[0].squeeze(1)] },
      Operation("narrow") { [try $0[0].narrow(1, 2, 3)] },
      Operation("select") { [try $0[0].select(0, 4)] },
      Operation("index_select") { [try $0[0].indexSelect(0, whole([3, 0, 3, 5], like: $0[0]))] },
      Operation("index_add", [[6, 8], [3, 8]]) { [try $0[0].indexAdd(0, whole([1, 5, 1], like: $0[0]), $0[1])] },
      Operation("gather") { [try $0[0].gather(1, whole([7, 0, 2, 2, 5, 1], [6, 1], like: $0[0]))] },
      Operation("scatter", [[6, 8], [6, 1]]) { x in
        [try x[0].scatter(1, whole([7, 0, 2, 2, 5, 1], [6, 1], like: x[0]), x[1])]
      },
      Operation("concat", [[2, 3], [4, 3]]) { [try Tensor.concat($0)] },
      Operation("stack", [[2, 3], [2, 3]]) { [try Tensor.stack($0, 1)] },
      Operation("one_hot", gradient: false) { [try whole([2, 0, 3], like: $0[0]).oneHot(4)] },
      Operation("diagonal", [[5, 5]]) { [try $0[0].diagonal()] },
    ]
  }

  private static var elementwise: [Operation] {
    [
      Operation("neg") { [try $0[0].neg()] }, Operation("exp") { [try $0[0].exp()] },
      Operation("log", from: 0.1) { [try $0[0].log()] }, Operation("log1p", from: -0.5) { [try $0[0].log1p()] },
      Operation("sqrt", from: 0.1) { [try $0[0].sqrt()] }, Operation("rsqrt", from: 0.1) { [try $0[0].rsqrt()] },
      Operation("reciprocal", from: 0.1) { [try $0[0].reciprocal()] }, Operation("abs") { [try $0[0].abs()] },
      Operation("square") { [try $0[0].square()] }, Operation("relu") { [try $0[0].relu()] },
      Operation("sigmoid") { [try $0[0].sigmoid()] }, Operation("softplus") { [try $0[0].softplus()] },
      Operation("acos", from: -0.9, to: 0.9) { [try $0[0].acos()] }, Operation("cos") { [try $0[0].cos()] },
      Operation("sin") { [try $0[0].sin()] }, Operation("floor", gradient: false) { [try $0[0].floor()] },
      Operation("isfinite", gradient: false) { [try $0[0].log().isFinite()] },
      Operation("logical_not", gradient: false) { [try $0[0].relu().logicalNot()] },
      Operation("clamp") { [try $0[0].clamp(-1, 0.5)] }, Operation("add_scalar") { [try $0[0] + 0.3] },
      Operation("mul_scalar") { [try $0[0] * 0.3] }, Operation("pow_scalar", from: 0.1) { [try $0[0].pow(1.7)] },
      Operation("add", [[6, 8], [8]]) { [try $0[0] + $0[1]] },
      Operation("sub", [[6, 8], [8]]) { [try $0[0] - $0[1]] },
      Operation("mul", [[6, 8], [8]]) { [try $0[0] * $0[1]] },
      Operation("div", [[6, 8], [8]], from: 0.5) { [try $0[0] / $0[1]] },
      Operation("maximum", [[6, 8], [6, 8]]) { [try $0[0].maximum($0[1])] },
      Operation("minimum", [[6, 8], [6, 8]]) { [try $0[0].minimum($0[1])] },
      Operation("eq", gradient: false) { [try $0[0].equals($0[0].relu())] },
      Operation("lt", [[6, 8], [6, 8]], gradient: false) { [try $0[0].isLess($0[1])] },
      Operation("le", [[6, 8], [6, 8]], gradient: false) { [try $0[0].isAtMost($0[1])] },
      Operation("where", [[6, 8], [6, 8]]) { [try Tensor.where($0[0].isLess($0[1]), $0[0], $0[1])] },
    ]
  }

  private static var reductions: [Operation] {
    [
      Operation("sum") { [try $0[0].sum(), try $0[0].sum([1], keep: true)] },
      Operation("mean") { [try $0[0].mean(), try $0[0].mean([0])] },
      Operation("amax") { [try $0[0].max([1])] }, Operation("amin") { [try $0[0].min([0])] },
      Operation("logsumexp") { [try $0[0].logSumExp(1)] }, Operation("norm") { [try $0[0].norm(1)] },
      Operation("argmax", gradient: false) { [try $0[0].argmax(1)] }, Operation("softmax") { [try $0[0].softmax(1)] },
      Operation("log_softmax") { [try $0[0].logSoftmax(1)] }, Operation("cumsum") { [try $0[0].cumsum(1)] },
      Operation("sort") { x in
        let sorted = try x[0].sort(1, descending: true)
        return [sorted.values, sorted.indices]
      },
      Operation("topk") { x in
        let best = try x[0].topk(3, 1)
        return [best.values, best.indices]
      },
    ]
  }

  private static var algebra: [Operation] {
    [
      Operation("matmul", [[6, 8], [8, 5]]) { [try $0[0].matmul($0[1])] },
      Operation("eigh", [[6, 6]], gradient: false, tolerance: 1e-4) { x in
        let (values, vectors) = try (x[0] + x[0].t()).eigh()
        return [values, try vectors.square()]  // their signs are free
      },
      Operation("svdvals", tolerance: 1e-4) { [try $0[0].singularValues()] },
      Operation("cholesky", [[6, 6]], tolerance: 1e-4) { [try definite($0[0]).cholesky()] },
      Operation("cholesky_solve", [[6, 6], [6, 2]], tolerance: 1e-4) { x in
        [try x[1].choleskySolve(definite(x[0]).cholesky())]
      },
      Operation("solve", [[6, 6], [6, 2]], tolerance: 1e-4) { [try definite($0[0]).solve($0[1])] },
    ]
  }

  private static var layers: [Operation] {
    [
      Operation("linear", [[6, 8], [5, 8], [5]]) { [try $0[0].linear(weight: $0[1], bias: $0[2])] },
      Operation("conv2d", [[4, 16, 9, 9], [32, 16, 3, 3]]) { x in
        [try x[0].channelsLast().conv2d(weight: x[1].channelsLast(), stride: 2, padding: 1)]
      },
      Operation("max_pool2d", [[4, 16, 9, 9]]) { [try $0[0].channelsLast().maxPool2d(size: 3, stride: 2, padding: 1)] },
      Operation("average_pool2d", [[4, 16, 9, 9]]) { x in
        [try x[0].channelsLast().averagePool2d(size: 3, stride: 1, padding: 1)]
      },
      Operation("global_average_pool", [[4, 16, 9, 9]]) { [try $0[0].channelsLast().globalAveragePool()] },
      Operation("batch_norm", [[4, 16, 9, 9], [4, 16, 9, 9], [16], [16]]) { x in
        try [true, false].flatMap { training in
          let state = try norm(weight: x[2], bias: x[3])
          let y = try x[0].channelsLast().batchNorm(
            state, residual: x[1].channelsLast(), relu: true, training: training)
          return [y, state.runningMean, state.runningVariance]
        }
      },
      Operation("conv_batch_norm", [[4, 16, 9, 9], [32, 16, 3, 3], [4, 32, 9, 9], [32], [32]]) { x in
        try [true, false].flatMap { training in
          let state = try norm(weight: x[3], bias: x[4])
          let y = try x[0].channelsLast().convolutionBatchNorm(
            kernel: x[1].channelsLast(), padding: (1, 1), state, residual: x[2].channelsLast(), relu: true,
            training: training)
          return [y, state.runningMean, state.runningVariance]
        }
      },
      Operation("fold", [[4, 16, 9, 9], [20, 16, 3, 3], [20], [20]], gradient: false) { x in
        let folded = try FoldedConvolution(
          kernel: x[1], stride: 2, padding: (1, 0), norm(weight: x[2], bias: x[3]), for: x[0])
        return [try folded(x[0], relu: true)]
      },
      Operation("folded_convolution", [[4, 16, 9, 9], [32, 16, 3, 3], [4, 32, 9, 9], [32], [32]], gradient: false) {
        x in
        let folded = try FoldedConvolution(
          kernel: x[1], stride: 1, padding: (1, 1), norm(weight: x[3], bias: x[4]), for: x[0].channelsLast())
        return [try folded(x[0], adding: x[2], relu: true)]
      },
    ]
  }

  /// Batch norm with running statistics made of its parameters.
  private static func norm(weight: Tensor, bias: Tensor) throws -> Tensor.BatchNormState {
    Tensor.BatchNormState(
      weight: weight, bias: bias, runningMean: try bias.detach() * 0.5,
      runningVariance: try weight.detach().square() + 0.5, momentum: 0.1, epsilon: 1e-5)
  }
}
