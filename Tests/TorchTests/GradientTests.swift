import TestSupport
import Testing
import Torch

@Suite struct GradientTests {
  @Test func gradientsAreExactAndAddUp() throws {
    let x = try Tensor([1.0, -2, 3]).requiresGradient()
    #expect(try x.gradient() == nil)
    try x.square().sum().backward()
    #expect(try x.gradient()?.doubles() == [2, -4, 6])
    try x.sum().backward()
    #expect(try x.gradient()?.doubles() == [3, -3, 7])
    try x.clearGradient()
    #expect(try x.gradient() == nil)
  }

  @Test func detachedValuesTakeNoPart() throws {
    let x = try Tensor([2.0]).requiresGradient()
    try (x * x.detach()).sum().backward()
    #expect(try x.gradient()?.doubles() == [2])
  }

  @Test func withoutGradientRecordsNothingAndEndsWithAnError() throws {
    let x = try Tensor([2.0]).requiresGradient()
    let y = try withoutGradient { () throws(TorchError) in try x.square().sum() }
    #expect(throws: TorchError.self) { try y.backward() }
    #expect(throws: TorchError.self) {
      try withoutGradient { () throws(TorchError) in _ = try x.reshape([7]) }
    }
    try x.square().sum().backward()  // recording is on again
    #expect(try x.gradient()?.doubles() == [4])
  }
}

extension GradientTests {
  private struct Steps: Decodable {
    struct Step: Decodable {
      var rate, keep, norm: Double
      var values, averages: [[Double]]
    }
    struct Run: Decodable {
      /// The gradients' common norm is at most this; 0: any.
      var limit: Double
      var steps: [Step]
    }
    var shapes: [[Int]]
    var decays: [Double]
    var momentum: Double
    var sgd, adamw: [Run]
  }

  /// SGD with Nesterov momentum and AdamW against `torch.optim`, clipping against `clip_grad_norm_`, and the average
  /// against its formula.
  @Test(arguments: [(ElementType.f64, 1e-14), (.f32, 1e-6)], [true, false])
  func stepsEqualPyTorch(precision: (ElementType, Double), averaging: Bool) throws {
    let (type, tolerance) = precision
    let expected = try fixture(Steps.self, "optimizers.json")
    for (runs, isAdam) in [(expected.sgd, false), (expected.adamw, true)] {
      for run in runs {
        var parameters: [OptimizedParameter] = []
        for (index, shape) in expected.shapes.enumerated() {
          let count = shape.reduce(1, *)
          var value = try Tensor(counterNumbers(20 + UInt64(index), count), shape: shape).to(type)
          if shape.count == 4 { value = try value.channelsLast() }
          let average = try value.clone()
          let (first, second) = (try value.clone(), try value.clone())
          try first.assign(Tensor.zeros([]))
          try second.assign(Tensor.zeros([]))
          try value.requiresGradient()
          parameters.append(
            OptimizedParameter(
              value: value, first: first, second: isAdam ? second : nil, average: averaging ? average : nil,
              weightDecay: expected.decays[index]))
        }
        for (number, step) in run.steps.enumerated() {
          var loss = try Tensor.zeros([], type: type)
          for (index, parameter) in parameters.enumerated() {
            let shape = parameter.value.shape
            let gradient = counterNumbers(30 + 10 * UInt64(number) + UInt64(index), shape.reduce(1, *))
            loss = try loss + (parameter.value * Tensor(gradient, shape: shape).to(type)).sum()
          }
          try loss.backward()
          let norm = try gradientNorm(parameters)
          #expect(abs(norm - step.norm) <= tolerance * step.norm)
          let scale = run.limit == 0 ? 1 : min(1, run.limit / (norm + 1e-6))
          if isAdam {
            try adamWStep(
              parameters, rate: step.rate, betas: (0.85, 0.97), epsilon: 1e-6, step: number + 1,
              averageDecay: step.keep, scale: scale)
          } else {
            try sgdStep(
              parameters, rate: step.rate, momentum: expected.momentum, averageDecay: step.keep, scale: scale)
          }
          for (index, parameter) in parameters.enumerated() {
            #expect(try parameter.value.gradient() == nil)
            #expect(try relativeGap(parameter.value.detach(), step.values[index]) <= (isAdam ? 3 : 1) * tolerance)
            if let average = parameter.average {
              #expect(try relativeGap(average, step.averages[index]) <= (isAdam ? 3 : 1) * tolerance)
            }
          }
        }
      }
    }
  }

  /// Large parameters are shared among threads; the numbers do not tell.
  @Test func sharesDoNotShow() throws {
    func step(_ threads: Int) throws -> [Double] {
      try Machine.setThreads(threads)
      let value = try Tensor(counterNumbers(1, 200_001), shape: [200_001]).to(.f32)
      let zeros = { try Tensor.zeros([200_001]) }
      try value.requiresGradient()
      let parameter = OptimizedParameter(
        value: value, first: try zeros(), second: try zeros(), average: nil, weightDecay: 0.1)
      for number in 1...3 {
        try (value * value).sum().backward()
        try adamWStep(
          [parameter], rate: 0.01, betas: (0.9, 0.999), epsilon: 1e-8, step: number, averageDecay: 0)
        try (value * value).sum().backward()
        try sgdStep([parameter], rate: 0.01, momentum: 0.9, averageDecay: 0)
      }
      return try value.detach().doubles()
    }
    let before = Machine.threads
    defer { try? Machine.setThreads(before) }
    #expect(try step(1) == step(2))
  }
}
