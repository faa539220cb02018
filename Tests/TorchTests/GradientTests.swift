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
      var rate, keep: Double
      var values, averages: [[Double]]
    }
    var shapes: [[Int]]
    var decays: [Double]
    var momentum: Double
    var steps: [Step]
  }

  /// SGD with Nesterov momentum and weight decay against `torch.optim.SGD`, and the average against its formula.
  @Test(arguments: [(ElementType.f64, 1e-14), (.f32, 1e-6)], [true, false])
  func sgdStepEqualsPyTorch(precision: (ElementType, Double), averaging: Bool) throws {
    let (type, tolerance) = precision
    let expected = try fixture(Steps.self, "sgd.json")
    var parameters: [OptimizedParameter] = []
    for (index, shape) in expected.shapes.enumerated() {
      let count = shape.reduce(1, *)
      var value = try Tensor(counterNumbers(20 + UInt64(index), count), shape: shape).to(type)
      if shape.count == 4 { value = try value.channelsLast() }
      let average = try value.clone()
      let velocity = try value.clone()
      try velocity.assign(Tensor.zeros([]))
      try value.requiresGradient()
      parameters.append(
        OptimizedParameter(
          value: value, velocity: velocity, average: averaging ? average : nil,
          weightDecay: expected.decays[index]))
    }
    for (number, step) in expected.steps.enumerated() {
      var loss = try Tensor.zeros([], type: type)
      for (index, parameter) in parameters.enumerated() {
        let shape = parameter.value.shape
        let gradient = counterNumbers(30 + 10 * UInt64(number) + UInt64(index), shape.reduce(1, *))
        loss = try loss + (parameter.value * Tensor(gradient, shape: shape).to(type)).sum()
      }
      try loss.backward()
      try sgdStep(parameters, rate: step.rate, momentum: expected.momentum, averageDecay: step.keep)
      for (index, parameter) in parameters.enumerated() {
        #expect(try parameter.value.gradient() == nil)
        #expect(try relativeGap(parameter.value.detach(), step.values[index]) <= tolerance)
        if let average = parameter.average {
          #expect(try relativeGap(average, step.averages[index]) <= tolerance)
        }
      }
    }
  }
}
