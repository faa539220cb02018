import TestSupport
import Testing
import Torch

@Suite struct BatchNormTests {
  private struct Fixture: Decodable {
    struct Case: Decodable {
      var training, residual, relu: Bool
      var output, x, addend, weight, bias, mean, variance: [Double]
    }
    var shape: [Int]
    var cases: [Case]
  }

  /// One batch norm, forward and backward, and all that comes out.
  private struct Run {
    let x: Tensor
    let addend: Tensor?
    let state: Tensor.BatchNormState
    let output: Tensor

    init(
      _ shape: [Int], _ type: ElementType, residual: Bool, relu: Bool, training: Bool, fused: Bool,
      offset: Double = 0.5, spread: Double = 2
    ) throws {
      let count = shape.reduce(1, *)
      let channels = shape[1]
      func rounded(_ values: [Double]) throws -> Tensor {
        try Tensor(values, shape: shape).to(.bf16).to(type).channelsLast()
      }
      func vector(_ values: [Double]) throws -> Tensor { try Tensor(values).to(type == .f64 ? .f64 : .f32) }
      x = try rounded(counterNumbers(1, count, spread).map { $0 + offset }).requiresGradient()
      addend = residual ? try rounded(counterNumbers(2, count)).requiresGradient() : nil
      state = Tensor.BatchNormState(
        weight: try vector(counterNumbers(3, channels).map { $0 + 0.25 }).requiresGradient(),
        bias: try vector(counterNumbers(4, channels)).requiresGradient(),
        runningMean: try vector(counterNumbers(5, channels, 0.5)),
        runningVariance: try vector(counterNumbers(6, channels, 0.5).map { $0 + 1 }), momentum: 0.1,
        epsilon: 1e-5)
      output = try x.batchNorm(state, residual: addend, relu: relu, training: training, fused: fused)
      try (output * rounded(counterNumbers(7, count))).sum().backward()
    }

    /// Results by name; the large ones thinned by `step`.
    func results(step: Int = 1) throws -> [String: [Double]] {
      func thin(_ values: [Double]) -> [Double] {
        stride(from: 0, to: values.count, by: step).map { values[$0] }
      }
      return [
        "output": thin(try output.detach().doubles()), "x": thin(try x.gradient()?.doubles() ?? []),
        "addend": thin(try addend?.gradient()?.doubles() ?? []),
        "weight": try state.weight.gradient()?.doubles() ?? [],
        "bias": try state.bias.gradient()?.doubles() ?? [],
        "mean": try state.runningMean.doubles(), "variance": try state.runningVariance.doubles(),
      ]
    }
  }

  @Test(arguments: [
    (ElementType.f64, false, 1e-12), (.f32, false, 1e-5), (.f32, true, 1e-5), (.bf16, true, 0x1p-8),
  ])
  func equalsPyTorch(type: ElementType, fused: Bool, tolerance: Double) throws {
    let expected = try fixture(Fixture.self, "batch_norm.json")
    #expect(expected.cases.count == 8)
    for row in expected.cases {
      let run = try Run(
        expected.shape, type, residual: row.residual, relu: row.relu, training: row.training, fused: fused)
      let found = try run.results(step: 7)
      #expect(run.output.elementType == type)
      for (name, values) in [
        ("output", row.output), ("x", row.x), ("addend", row.addend), ("weight", row.weight),
        ("bias", row.bias),
        ("mean", row.mean), ("variance", row.variance),
      ] {
        let gap = relativeGap(found[name] ?? [], values)
        // Only activations and their gradients are rounded to bf16; the others are sums in f32 or wider.
        let allowed = type == .bf16 && ["mean", "variance"].contains(name) ? 1e-5 : tolerance
        #expect(
          gap <= allowed,
          "\(name), training \(row.training) residual \(row.residual) relu \(row.relu): \(gap)")
      }
    }
  }

  /// Enough rows for several threads and several partial sums; widths with and without fused kernels.
  @Test(arguments: [[5, 16, 21, 17], [3, 48, 20, 24], [2, 20, 9, 9]], [true, false])
  func fusedEqualsUnfused(shape: [Int], training: Bool) throws {
    for (residual, relu) in [(true, true), (true, false), (false, true), (false, false)] {
      let wide = try Run(shape, .f64, residual: residual, relu: relu, training: training, fused: false)
        .results()
      let fused = try Run(shape, .f32, residual: residual, relu: relu, training: training, fused: true)
        .results()
      for (name, values) in wide {
        let gap = relativeGap(fused[name] ?? [], values)
        #expect(gap <= 1e-5, "\(name) residual \(residual) relu \(relu): \(gap)")
      }
    }
  }

  @Test func sameInputSameBytes() throws {
    func run() throws -> [String: [Double]] {
      try Run([4, 32, 20, 20], .f32, residual: true, relu: true, training: true, fused: true).results()
    }
    #expect(try run() == run())
  }

  /// A mean far above the deviation, while the running mean still knows nothing of it.
  @Test func aLargeMeanDoesNotCancel() throws {
    let shape = [4, 16, 16, 16]
    let wide = try Run(
      shape, .f64, residual: false, relu: false, training: true, fused: false, offset: 1000, spread: 30)
    let fused = try Run(
      shape, .f32, residual: false, relu: false, training: true, fused: true, offset: 1000, spread: 30)
    #expect(try relativeGap(fused.output.detach(), wide.output.detach()) <= 1e-4)
    #expect(try relativeGap(fused.state.runningVariance, wide.state.runningVariance) <= 1e-5)
  }

  @Test(arguments: [ElementType.f32, .bf16], [true, false])
  func notANumberSpreads(type: ElementType, fused: Bool) throws {
    let shape = [2, 16, 4, 4]
    var values = counterNumbers(1, 512)
    values[5] = .nan  // channel 0 of the first image
    let x = try Tensor(values, shape: shape).to(type).channelsLast()
    let state = Tensor.BatchNormState(
      weight: try Tensor.ones([16]), bias: try Tensor.zeros([16]), runningMean: try Tensor.zeros([16]),
      runningVariance: try Tensor.ones([16]), momentum: 0.1, epsilon: 1e-5)
    let evaluated = try x.batchNorm(state, relu: true, training: false, fused: fused)
    #expect(try evaluated.doubles().count(where: \.isNaN) == 1)
    let trained = try x.batchNorm(state, relu: true, training: true, fused: fused)
    #expect(try trained.doubles().count(where: \.isNaN) == 32)
    #expect(try state.runningMean.doubles().count(where: \.isNaN) == 1)
    #expect(try state.runningVariance.doubles().count(where: \.isNaN) == 1)
  }

  /// In training: each channel has mean beta and variance gamma^2, whatever came in.
  @Test func closedForm() throws {
    let count = 6 * 16 * 8 * 8
    let x = try Tensor(counterNumbers(3, count, 5).map { $0 - 7 }, shape: [6, 16, 8, 8]).to(.f32)
      .channelsLast()
    let state = Tensor.BatchNormState(
      weight: try Tensor.full([16], 3), bias: try Tensor.full([16], -2), runningMean: try Tensor.zeros([16]),
      runningVariance: try Tensor.ones([16]), momentum: 1, epsilon: 0)
    let y = try x.batchNorm(state, relu: false, training: true).to(.f64)
    let mean = try y.mean([0, 2, 3], keep: true)
    #expect(try relativeGap(mean.doubles(), Array(repeating: -2, count: 16)) < 1e-6)
    #expect(
      try relativeGap((y - mean).square().mean([0, 2, 3]).doubles(), Array(repeating: 9, count: 16)) < 1e-5)
    // Momentum 1: the running statistics are the batch's, the variance unbiased.
    let wide = try x.to(.f64)
    let center = try wide.mean([0, 2, 3], keep: true)
    #expect(try relativeGap(state.runningMean.doubles(), center.doubles()) < 1e-6)
    let sum = try (wide - center).square().sum([0, 2, 3])
    #expect(try relativeGap(state.runningVariance, sum / Double(6 * 8 * 8 - 1)) < 1e-5)
  }
}
