import TestSupport
import Testing
import Torch

/// Convolution with batch norm: our own kernels against LibTorch's operators in f64.
@Suite struct ConvolutionTests {
  struct Shape: CustomTestStringConvertible {
    var images = 3
    var inputs = 16
    var outputs = 16
    var height = 8
    var width = 8
    var stride = 1
    var window = 3
    var testDescription: String { "\(images)x\(inputs)x\(height)x\(width) to \(outputs), \(window)/\(stride)" }
  }

  /// One convolution with batch norm, forward and backward, and all that comes out.
  private struct Run {
    let x, kernel, output: Tensor
    let addend: Tensor?
    let state: Tensor.BatchNormState

    init(
      _ shape: Shape, _ type: ElementType, residual: Bool, relu: Bool, training: Bool, fused: Bool,
      offset: Double = 0.5, needsInput: Bool = true, roundKernel: Bool = true
    ) throws {
      let (padding, channels) = (shape.window / 2, shape.outputs)
      func side(_ n: Int) -> Int { (n + 2 * padding - shape.window) / shape.stride + 1 }
      let place = [shape.images, channels, side(shape.height), side(shape.width)]
      func images(_ stream: UInt64, _ shape: [Int], _ offset: Double = 0) throws -> Tensor {
        let values = counterNumbers(stream, shape.reduce(1, *)).map { $0 + offset }
        return try Tensor(values, shape: shape).to(.bf16).to(type).channelsLast()
      }
      func vector(_ values: [Double]) throws -> Tensor { try Tensor(values).to(type == .f64 ? .f64 : .f32) }
      x = try images(1, [shape.images, shape.inputs, shape.height, shape.width], offset).requiresGradient(needsInput)
      // Numbers of bf16, unless it matters when the kernel is rounded.
      let numbers = counterNumbers(8, channels * shape.inputs * shape.window * shape.window)
      kernel = try Tensor(numbers, shape: [channels, shape.inputs, shape.window, shape.window])
        .to(roundKernel ? .bf16 : .f32).to(type == .f64 ? .f64 : .f32).channelsLast().detach().requiresGradient()
      addend = residual ? try images(2, place).requiresGradient() : nil
      state = Tensor.BatchNormState(
        weight: try vector(counterNumbers(3, channels).map { $0 + 0.25 }).requiresGradient(),
        bias: try vector(counterNumbers(4, channels)).requiresGradient(),
        runningMean: try vector(counterNumbers(5, channels, 0.5)),
        runningVariance: try vector(counterNumbers(6, channels, 0.5).map { $0 + 1 }), momentum: 0.1, epsilon: 1e-5)
      output = try x.convolutionBatchNorm(
        kernel: kernel, stride: shape.stride, padding: (padding, padding), state, residual: addend, relu: relu,
        training: training, fused: fused)
      try (output * images(7, place)).sum().backward()
    }

    func results() throws -> [String: [Double]] {
      [
        "output": try output.detach().doubles(), "x": try x.gradient()?.doubles() ?? [],
        "kernel": try kernel.gradient()?.doubles() ?? [], "addend": try addend?.gradient()?.doubles() ?? [],
        "weight": try state.weight.gradient()?.doubles() ?? [], "bias": try state.bias.gradient()?.doubles() ?? [],
        "mean": try state.runningMean.doubles(), "variance": try state.runningVariance.doubles(),
      ]
    }
  }

  /// Even and odd sizes down to one pixel (tiles that lie half outside), some images at a time and parts of one, odd and
  /// even numbers of blocks of channels, more images than threads and fewer, windows of one pixel at strides, and what our
  /// own kernels leave to LibTorch (the last four; on most processors windows of one pixel, too).
  static let shapes: [Shape] = [
    Shape(images: 5, height: 32, width: 32), Shape(width: 16), Shape(outputs: 32, width: 14),
    Shape(inputs: 32, height: 5, width: 7), Shape(inputs: 48, outputs: 80, height: 9, width: 13),
    Shape(images: 1, inputs: 32, outputs: 48, height: 1, width: 4), Shape(images: 2, outputs: 32, height: 6, width: 33),
    Shape(images: 7, inputs: 64, outputs: 64, height: 4, width: 5), Shape(images: 2, height: 20, width: 17),
    Shape(width: 3), Shape(images: 9, inputs: 32, height: 3, width: 1), Shape(images: 2, height: 1, width: 150),
    Shape(inputs: 32, outputs: 64, height: 9, width: 11),
    Shape(images: 9, inputs: 96, outputs: 32, height: 7, width: 7),
    Shape(images: 2, inputs: 32, outputs: 32, height: 33, width: 40),
    Shape(images: 11, outputs: 48, height: 7, width: 7), Shape(images: 2, height: 96, width: 96), Shape(window: 1),
    Shape(images: 5, inputs: 48, outputs: 32, height: 7, width: 9, stride: 2, window: 1),
    Shape(images: 2, inputs: 64, outputs: 80, height: 97, width: 96, stride: 2, window: 1),
    Shape(inputs: 32, height: 8, width: 5, stride: 3, window: 1), Shape(inputs: 3), Shape(outputs: 20),
    Shape(inputs: 32, stride: 2),
    Shape(inputs: 4, outputs: 8, height: 12, width: 12, stride: 2, window: 1),
  ]

  @Test(arguments: shapes, [true, false])
  func equalsLibTorch(shape: Shape, training: Bool) throws {
    for (residual, relu) in [(true, true), (true, false), (false, true), (false, false)] {
      let wide = try Run(shape, .f64, residual: residual, relu: relu, training: training, fused: false).results()
      let fused = try Run(shape, .f32, residual: residual, relu: relu, training: training, fused: true).results()
      #expect(wide["x"]?.isEmpty == false && wide["kernel"]?.isEmpty == false)
      for (name, values) in wide {
        let gap = relativeGap(fused[name] ?? [], values)
        #expect(gap <= 1e-5, "\(name) residual \(residual) relu \(relu): \(gap)")
      }
    }
  }

  /// In bf16 the activations between convolution and batch norm are rounded, on both ways; sums are wider. Winograd's kernels
  /// round the transformed kernel, too, which shifts means by that much.
  @Test(arguments: shapes)
  func bf16StaysWithinItsRounding(shape: Shape) throws {
    for fused in [true, false] {
      let wide = try Run(shape, .f64, residual: true, relu: false, training: true, fused: false).results()
      let half = try Run(shape, .bf16, residual: true, relu: false, training: true, fused: fused)
      #expect(half.output.elementType == .bf16)
      let found = try half.results()
      for (name, values) in wide {
        let gap = relativeGap(found[name] ?? [], values)
        #expect(gap <= (name == "mean" ? 0x1p-8 : 0x1p-6), "\(name), fused \(fused): \(gap)")
      }
    }
  }

  /// Winograd's kernels round what they transform, where LibTorch rounds the kernel and the gradient: seen over all numbers, the
  /// results lie less than twice as far from f64's.
  @Test(arguments: shapes)
  func bf16StraysAsLibTorchDoes(shape: Shape) throws {
    func run(_ type: ElementType, fused: Bool) throws -> [String: [Double]] {
      try Run(shape, type, residual: true, relu: false, training: true, fused: fused, roundKernel: false).results()
    }
    let (wide, fused, unfused) = (
      try run(.f64, fused: false), try run(.bf16, fused: true), try run(.bf16, fused: false)
    )
    for (name, values) in wide {
      func gap(_ found: [Double]?) -> Double {
        zip(found ?? [], values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
          / values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
      #expect(gap(fused[name]) <= 2 * gap(unfused[name]), "\(name)")
    }
  }

  /// Without a graph the output is finished as it is stored: the same numbers.
  @Test(arguments: shapes)
  func withoutAGraph(shape: Shape) throws {
    for training in [true, false] {
      let run = try Run(shape, .f32, residual: true, relu: true, training: training, fused: true)
      let again = try Run(shape, .f32, residual: true, relu: true, training: training, fused: true)
      let alone = try withoutGradient { () throws(TorchError) in
        try again.x.convolutionBatchNorm(
          kernel: again.kernel, stride: shape.stride, padding: (shape.window / 2, shape.window / 2), again.state,
          residual: again.addend, relu: true, training: false)
      }
      let graph = try run.x.convolutionBatchNorm(
        kernel: run.kernel, stride: shape.stride, padding: (shape.window / 2, shape.window / 2), run.state,
        residual: run.addend, relu: true, training: false)
      #expect(try relativeGap(alone, graph.detach()) <= 1e-6)
    }
  }

  @Test func imagesNeedNoGradient() throws {
    let shape = Shape(inputs: 32)
    let with = try Run(shape, .f32, residual: false, relu: true, training: true, fused: true).results()
    let without = try Run(shape, .f32, residual: false, relu: true, training: true, fused: true, needsInput: false)
      .results()
    #expect(without["x"]?.isEmpty == true)
    #expect(with["kernel"] == without["kernel"] && with["output"] == without["output"])
  }

  @Test func sameInputSameBytes() throws {
    func run() throws -> [String: [Double]] {
      try Run(
        Shape(images: 6, inputs: 32, outputs: 48, height: 11, width: 12), .f32, residual: true, relu: true,
        training: true, fused: true
      ).results()
    }
    #expect(try run() == run())
  }

  /// A mean far above the deviation, while the running mean knows nothing of it.
  @Test func aLargeMeanDoesNotCancel() throws {
    let shape = Shape(images: 4, height: 16, width: 16)
    let wide = try Run(shape, .f64, residual: false, relu: false, training: true, fused: false, offset: 500)
    let fused = try Run(shape, .f32, residual: false, relu: false, training: true, fused: true, offset: 500)
    #expect(try relativeGap(fused.state.runningVariance, wide.state.runningVariance) <= 1e-4)
    #expect(try relativeGap(fused.output.detach(), wide.output.detach()) <= 1e-3)
  }

  @Test func notANumberSpreads() throws {
    var values = counterNumbers(1, 2 * 16 * 6 * 6)
    values[0] = .nan  // first image, first channel, upper left
    let x = try Tensor(values, shape: [2, 16, 6, 6]).to(.f32).channelsLast()
    let kernel = try Tensor(counterNumbers(2, 16 * 16 * 9), shape: [16, 16, 3, 3]).to(.f32).channelsLast()
    let state = Tensor.BatchNormState(
      weight: try Tensor.ones([16]), bias: try Tensor.zeros([16]), runningMean: try Tensor.zeros([16]),
      runningVariance: try Tensor.ones([16]), momentum: 0.1, epsilon: 1e-5)
    let evaluated = try x.convolutionBatchNorm(
      kernel: kernel, padding: (1, 1), state, relu: true, training: false)
    #expect(try evaluated.doubles().count(where: \.isNaN) == 4 * 16)  // the four windows that hold it
    let trained = try x.convolutionBatchNorm(kernel: kernel, padding: (1, 1), state, relu: true, training: true)
    #expect(try trained.doubles().allSatisfy(\.isNaN))
  }

  /// A kernel that is 1 in the middle of its own channel hands the images on: exactly, for numbers of few digits.
  @Test func closedForm() throws {
    let values = counterNumbers(3, 2 * 32 * 5 * 9).map { ($0 * 64).rounded() / 64 }
    let x = try Tensor(values, shape: [2, 32, 5, 9]).to(.f32).channelsLast()
    var weights = [Double](repeating: 0, count: 32 * 32 * 9)
    for channel in 0..<32 { weights[(channel * 32 + channel) * 9 + 4] = 1 }
    let kernel = try Tensor(weights, shape: [32, 32, 3, 3]).to(.f32).channelsLast()
    let state = Tensor.BatchNormState(
      weight: try Tensor.ones([32]), bias: try Tensor.zeros([32]), runningMean: try Tensor.zeros([32]),
      runningVariance: try Tensor.ones([32]), momentum: 0.1, epsilon: 0)
    let y = try x.convolutionBatchNorm(kernel: kernel, padding: (1, 1), state, relu: false, training: false)
    #expect(try y.doubles() == x.doubles())
  }

  @Test func misfitsAreRefused() throws {
    let x = try Tensor.zeros([1, 16, 8, 8]).channelsLast()
    func state(_ channels: Int) throws -> Tensor.BatchNormState {
      Tensor.BatchNormState(
        weight: try Tensor.ones([channels]), bias: try Tensor.zeros([channels]),
        runningMean: try Tensor.zeros([channels]), runningVariance: try Tensor.ones([channels]), momentum: 0.1,
        epsilon: 1e-5)
    }
    let kernel = try Tensor.zeros([16, 16, 3, 3]).channelsLast()
    for (kernel, channels, residual) in [
      (kernel, 32, nil), (kernel, 16, try Tensor.zeros([1, 16, 8, 7]).channelsLast()),
      (try Tensor.zeros([16, 32, 3, 3]).channelsLast(), 16, nil), (try Tensor.zeros([16]), 16, nil),
    ] as [(Tensor, Int, Tensor?)] {
      for x in [x, try x.to(.bf16)] {
        #expect(throws: TorchError.self) {
          try x.convolutionBatchNorm(
            kernel: kernel, padding: (1, 1), state(channels), residual: residual, relu: true, training: true)
        }
      }
    }
  }
}
