import TestSupport
import Testing
import Torch

@testable import Networks

/// Batch norm folded into convolutions gives the network's own answers.
@Suite struct FoldingTests {
  /// Weights and statistics that are not those of a fresh network, where batch norm does next to nothing.
  private func model(_ name: String, size: Int) throws -> Model {
    let model = try Model(
      NetworkSpec(name: name, width: name.hasPrefix("resnet50") ? 16 : nil), channels: 3, size: size, classes: 5,
      source: .seed(3))
    for (index, entry) in model.parameters.entries.enumerated() where entry.tensor.shape.count == 1 {
      let middle = entry.name.hasSuffix("running_var") || entry.name.hasSuffix("weight") ? 1.0 : 0
      let values = counterNumbers(UInt64(index), entry.tensor.count, 0.5).map { $0 + middle }
      try entry.tensor.assign(Tensor(values).to(.f32))
    }
    return model
  }

  private func images(_ count: Int, _ size: Int, _ stream: UInt64) throws -> Tensor {
    try Tensor(counterNumbers(stream, count * 3 * size * size), shape: [count, 3, size, size]).to(.f32).channelsLast()
  }

  @Test(arguments: [("resnet8", 32), ("resnet20", 29), ("convnet", 28), ("resnet18", 64), ("resnet50", 96)])
  func equalsBatchNormApart(name: String, size: Int) throws {
    let model = try model(name, size: size)
    try withoutGradient { () throws(TorchError) in
      let folding = Folding()
      // A second batch of another size takes the weights laid out for the first.
      for (count, stream) in [(3, UInt64(1)), (2, 2)] {
        guard let x = try? images(count, size, stream) else { return #expect(Bool(false)) }
        var apart: [(String, [Double])] = []
        var folded: [(String, [Double])] = []
        let one = try model.network.features(
          x,
          Pass(
            .evaluation, fused: false,
            tap: { (name, tensor) throws(TorchError) in apart.append((name, try tensor.doubles())) }))
        let other = try model.network.features(
          x,
          Pass(
            .evaluation, folding: folding,
            tap: { (name, tensor) throws(TorchError) in folded.append((name, try tensor.doubles())) }))
        #expect(apart.count == folded.count && apart.count > 3)
        for (a, b) in zip(apart, folded) {
          #expect(a.0 == b.0)
          #expect(relativeGap(b.1, a.1) <= 2e-5, "\(a.0) of \(name)")
        }
        #expect(relativeGap(try other.doubles(), try one.doubles()) <= 2e-5)
      }
    }
  }

  /// In f64, where no kernel of ours applies, folding is exact to rounding.
  @Test func f64() throws {
    let kernel = try Tensor(counterNumbers(1, 20 * 3 * 9), shape: [20, 3, 3, 3]).to(.f64)
    let state = Tensor.BatchNormState(
      weight: try Tensor(counterNumbers(2, 20)).to(.f64), bias: try Tensor(counterNumbers(3, 20)).to(.f64),
      runningMean: try Tensor(counterNumbers(4, 20)).to(.f64),
      runningVariance: try Tensor(counterNumbers(5, 20).map { $0 + 1.5 }).to(.f64), momentum: 0.1, epsilon: 1e-3)
    let x = try Tensor(counterNumbers(6, 2 * 3 * 7 * 7), shape: [2, 3, 7, 7]).to(.f64)
    let folded = try FoldedConvolution(kernel: kernel, stride: 2, padding: (1, 0), state, for: x)
    let apart = try x.conv2d(weight: kernel, stride: 2, padding: (1, 0)).batchNorm(state, relu: true, training: false)
    #expect(try relativeGap(folded(x, relu: true), apart) <= 1e-13)
    let addend = try Tensor(counterNumbers(7, apart.count), shape: apart.shape).to(.f64)
    let sum = try x.conv2d(weight: kernel, stride: 2, padding: (1, 0)).batchNorm(
      state, residual: addend, relu: false, training: false)
    #expect(try relativeGap(folded(x, adding: addend, relu: false), sum) <= 1e-13)
  }

  @Test func misfitsAreRefused() throws {
    let state = Tensor.BatchNormState(
      weight: try Tensor.ones([4]), bias: try Tensor.zeros([4]), runningMean: try Tensor.zeros([4]),
      runningVariance: try Tensor.ones([4]), momentum: 0.1, epsilon: 1e-5)
    let x = try Tensor.zeros([1, 3, 8, 8])
    #expect(throws: TorchError.self) {
      try FoldedConvolution(kernel: Tensor.zeros([4, 2, 3, 3]), stride: 1, padding: (1, 1), state, for: x)
    }
    #expect(throws: TorchError.self) {
      try FoldedConvolution(kernel: Tensor.zeros([5, 3, 3, 3]), stride: 1, padding: (1, 1), state, for: x)
    }
    let folded = try FoldedConvolution(kernel: Tensor.zeros([4, 3, 3, 3]), stride: 1, padding: (1, 1), state, for: x)
    #expect(throws: TorchError.self) { try folded(Tensor.zeros([1, 4, 8, 8]), relu: true) }
  }
}
