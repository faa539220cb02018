import TestSupport
import Testing

@testable import Torch

/// The steps on lists, which other devices take, against the processor's own kernels.
@Suite struct ListStepTests {
  /// Parameters of several shapes, layouts and decays, with gradients for a step.
  private func parameters(_ type: ElementType) throws -> [OptimizedParameter] {
    try [([8, 3, 3, 3], 0.01), ([5], 0), ([4, 7], 0.01), ([], 0.2)].enumerated().map { place, item in
      let (shape, decay) = item
      func numbers(_ stream: UInt64) throws -> Tensor {
        let values = counterNumbers(stream &+ UInt64(10 * place), shape.reduce(1, *))
        let tensor = try Tensor(values, shape: shape).to(type)
        return shape.count == 4 ? try tensor.channelsLast() : tensor
      }
      return OptimizedParameter(
        value: try numbers(1).requiresGradient(), first: try numbers(2) * 0, second: try numbers(3) * 0,
        average: try numbers(1), weightDecay: decay)
    }
  }

  private func slope(_ parameters: [OptimizedParameter], _ step: Int) throws {
    for (place, parameter) in parameters.enumerated() {
      let shape = parameter.value.shape
      let slope = try Tensor(counterNumbers(UInt64(1000 * step + place), shape.reduce(1, *)), shape: shape)
      try (parameter.value * slope.to(parameter.value.elementType)).sum().backward()
    }
  }

  private func scalar(_ value: Double) throws -> Tensor { try Tensor.full([], value) }

  private func compare(_ a: [OptimizedParameter], _ b: [OptimizedParameter], _ tolerance: Double) throws {
    for (x, y) in zip(a, b) {
      #expect(try relativeGap(x.value.detach(), y.value.detach()) < tolerance)
      #expect(try relativeGap(x.first, y.first) < tolerance)
      if let s = x.second, let t = y.second { #expect(try relativeGap(s, t) < tolerance) }
      if let s = x.average, let t = y.average { #expect(try relativeGap(s, t) < tolerance) }
      #expect(try x.value.gradient() == nil)
    }
  }

  @Test(arguments: [(ElementType.f32, 2e-6), (.f64, 1e-7)]) func sgdIsTheKernels(
    type: ElementType, tolerance: Double
  ) throws {
    let (ours, kernels) = (try parameters(type), try parameters(type))
    for step in 1...4 {
      try slope(ours, step)
      try slope(kernels, step)
      let scale = min(1, 0.7 / (try gradientNorm(kernels) + 1e-6))
      #expect(scale < 1)
      try ListStep.clip(ours, to: 0.7)
      try ListStep.sgd(ours, rate: scalar(0.125), momentum: 0.9)
      try ListStep.blend(ours.compactMap(\.average), towards: ours.map(\.value), share: scalar(0.25))
      try sgdStep(kernels, rate: 0.125, momentum: 0.9, averageDecay: 0.75, scale: scale)
    }
    try compare(ours, kernels, tolerance)
  }

  @Test(arguments: [(ElementType.f32, 1e-5), (.f64, 1e-6)]) func adamWIsTheKernels(
    type: ElementType, tolerance: Double
  ) throws {
    let (ours, kernels) = (try parameters(type), try parameters(type))
    for step in 1...4 {
      try slope(ours, step)
      try slope(kernels, step)
      try ListStep.adamW(
        ours, rate: scalar(0.0625), betas: (0.9, 0.99), epsilon: 1e-8, step: scalar(Double(step)))
      try ListStep.blend(ours.compactMap(\.average), towards: ours.map(\.value), share: scalar(0.25))
      try adamWStep(
        kernels, rate: 0.0625, betas: (0.9, 0.99), epsilon: 1e-8, step: step, averageDecay: 0.75)
    }
    try compare(ours, kernels, tolerance)
  }

  /// Gradients shorter than the limit are left as they are.
  @Test func shortGradientsAreNotClipped() throws {
    let some = try parameters(.f32)
    try slope(some, 1)
    let before = try some.map { try $0.value.gradient()?.doubles() }
    try ListStep.clip(some, to: 1000)
    #expect(try some.map { try $0.value.gradient()?.doubles() } == before)
  }

  @Test func whatIsMissingIsRefused() throws {
    let some = try parameters(.f32)
    #expect(throws: TorchError.self) { try ListStep.sgd(some, rate: scalar(0.1), momentum: 0.9) }
    #expect(throws: TorchError.self) { try ListStep.clip(some, to: 1) }
    #expect(throws: TorchError.self) { try ListStep.blend([scalar(1)], towards: [], share: scalar(1)) }
  }
}
