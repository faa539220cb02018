import Networks
import TestSupport
import Testing
import Torch

/// One at a time: the largest networks take gigabytes in f64.
@Suite(.serialized) struct OracleTests {
  /// Outputs of every block, features, logits, gradients of every parameter and running statistics.
  @Test(arguments: try Golden.load(), [(ElementType.f64, false), (.f32, true)])
  func equalsPyTorch(row: Golden.Case, way: (type: ElementType, fused: Bool)) throws {
    try compare(row, way.type, fused: way.fused)
  }

  /// LibTorch's own operators in f32, where the fused kernels do not apply.
  @Test(arguments: try Golden.load().prefix(4)) func equalsPyTorchUnfused(row: Golden.Case) throws {
    try compare(row, .f32, fused: false)
  }

  private func compare(_ row: Golden.Case, _ type: ElementType, fused: Bool) throws {
    let (forward, backward) = type == .f64 ? (1e-9, 1e-9) : (1e-4, 1e-3)
    let training = Mode.training(SampleRandomness(seed: 0, epoch: 0, samples: Array(0..<row.batch)))
    for (mode, pass) in [(Mode.evaluation, row.evaluation), (training, row.training)] {
      guard let expected = pass else { continue }
      let place = "\(row.network) width \(row.width) \(type) \(mode.isTraining ? "training" : "evaluation")"
      let weights = try row.weights(type, apart: row.deep && !mode.isTraining)
      let model = try row.model(.tensors(weights))
      for entry in model.parameters.trained { try entry.tensor.requiresGradient() }
      var blocks: [(name: String, tensor: Tensor)] = []
      let pass = Pass(mode, precision: type, fused: fused, tap: { blocks.append(($0, $1)) })
      let (features, auxiliary) = try model.network.allFeatures(row.images(type), pass)
      let logits = try model.head(model.projected(features, pass))
      var loss = try (logits * numbers("cotangent", like: logits)).sum()
      #expect((auxiliary != nil) == (expected.auxiliary != nil), "\(place)")
      if let auxiliary, let golden = expected.auxiliary {
        let head = try #require(model.auxiliaryHead)
        let others = try head(auxiliary)
        loss = try loss + (others * numbers("auxiliary", like: others)).sum() * 0.4
        let gap = try relativeGap(others.detach(), golden)
        #expect(gap <= forward, "\(place) auxiliary logits: \(gap)")
      }
      try loss.backward()

      #expect(blocks.map(\.name) == expected.blocks.map(\.name), "\(place)")
      for (block, golden) in zip(blocks, expected.blocks) {
        let gap = try golden.values.gap(block.tensor.detach(), shape: golden.shape)
        #expect(gap <= forward, "\(place) \(block.name): \(gap)")
      }
      let width = features.shape[1]
      #expect(try expected.features.gap(features.detach(), shape: [row.batch, width]) <= forward, "\(place)")
      let gap = try relativeGap(logits.detach(), expected.logits)
      #expect(gap <= forward, "\(place) logits: \(gap)")

      let entries = Dictionary(uniqueKeysWithValues: model.parameters.entries.map { ($0.name, $0) })
      let trained = row.parameters.filter { !$0.isStatistic }
      #expect(Set(model.parameters.trained.map(\.name)) == Set(trained.map(\.name)))
      try #require(trained.count == expected.gradients.count)
      // Activations that f32 puts on the other side of 0 move single gradients of deep networks, not their length.
      let wholeOnly = type != .f64 && row.deep && mode.isTraining
      var (found, wanted) = (0.0, 0.0)
      for (parameter, golden) in zip(trained, expected.gradients) {
        let gradient = try #require(entries[parameter.name]).tensor.gradient()
        guard let golden else {
          #expect(gradient == nil, "\(place) gradient of \(parameter.name)")
          continue
        }
        if wholeOnly {
          found += try #require(gradient).square().sum().item()
          wanted += golden.norm * golden.norm
          continue
        }
        let gap = try golden.gap(#require(gradient), shape: parameter.shape)
        #expect(gap <= backward, "\(place) gradient of \(parameter.name): \(gap)")
      }
      if wholeOnly {
        let gap = abs((found / wanted).squareRoot() - 1)
        #expect(gap <= backward, "\(place) length of the whole gradient: \(gap)")
      }
      let statistics = row.parameters.filter(\.isStatistic)
      for (index, parameter) in statistics.enumerated() {
        let found = try #require(entries[parameter.name])
        #expect(found.kind == .statistic)
        if let golden = expected.statistics?[index] {
          #expect(try golden.gap(found.tensor, shape: parameter.shape) <= forward, "\(place) \(found.name)")
        } else {
          #expect(try relativeGap(found.tensor, #require(weights[parameter.name])) == 0, "\(place) \(found.name)")
        }
      }
    }
  }

  private func numbers(_ name: String, like tensor: Tensor) throws -> Tensor {
    try Tensor(counterNumbers(counterStream(name), tensor.count), shape: tensor.shape).to(tensor.elementType)
  }

  /// bf16 activations: features and gradients stay near, and come back in f32.
  @Test func halfPrecisionStaysNear() throws {
    for row in try Golden.load().prefix(4) where row.width % 16 == 0 {
      let model = try row.model(.tensors(row.weights(.f32)))
      for entry in model.parameters.trained { try entry.tensor.requiresGradient() }
      let mode = Mode.training(SampleRandomness(seed: 0, epoch: 0, samples: Array(0..<row.batch)))
      let features = try model.network.features(row.images(.bf16), Pass(mode, precision: .bf16))
      #expect(features.elementType == .f32)
      let gap = try #require(row.training).features.gap(features.detach(), shape: features.shape)
      #expect(gap < 0.1, "\(row.network): \(gap)")
      try features.sum().backward()
      for entry in model.parameters.trained
      where entry.name.hasSuffix("weight") && !entry.name.hasPrefix("fc") {
        #expect(try entry.tensor.gradient()?.elementType == .f32)
      }
    }
  }
}
