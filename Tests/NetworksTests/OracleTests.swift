import Networks
import TestSupport
import Testing
import Torch

/// `Fixtures/networks.json`, made by `Fixtures/generate.py` with PyTorch in f64.
struct Golden: Decodable {
  /// Of a tensor: its shape, its norm, a weighted sum in which every entry counts, and every `step`-th entry.
  struct Summary: Decodable {
    var shape: [Int]
    var norm, projection: Double
    var step: Int
    var entries: [Double]

    /// The largest deviation of `tensor` in any of these, as a share of the norm or of the largest entry.
    func gap(_ tensor: Tensor) throws -> Double {
      guard tensor.shape == shape else { return .infinity }
      let values = try tensor.doubles()
      let weights = counterNumbers(counterStream("projection"), values.count)
      let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let sum = zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 }
      let kept = stride(from: 0, to: values.count, by: step).map { values[$0] }
      let scale = max(norm, 1e-300)
      return max(
        abs(length - norm) / scale, abs(sum - projection) / scale,
        relativeGap(kept, entries) * (entries.map(abs).max() ?? 0) / max(values.map(abs).max() ?? 0, 1e-300))
    }
  }
  struct Block: Decodable {
    var name: String
    var summary: Summary

    private enum CodingKeys: CodingKey { case name }

    init(from decoder: any Decoder) throws {
      name = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .name)
      summary = try Summary(from: decoder)
    }
  }
  struct Pass: Decodable {
    var blocks: [Block]
    var features: Summary
    var logits: [Double]
    var gradients: [String: Summary]
    var statistics: [String: Summary]
  }
  struct Case: Decodable, Sendable {
    var network: String
    var channels, width, classes: Int
    var size: [Int]
    var parameters: [String: [Int]]
    var evaluation, training: Pass
  }
  var cases: [Case]

  static func load() throws -> [Case] { try fixture(Golden.self, "networks.json").cases }
}

extension Golden.Case {
  /// Each parameter from its name alone, as the script makes it.
  func weights(_ type: ElementType) throws -> [String: Tensor] {
    try parameters.reduce(into: [:]) { result, entry in
      let (name, shape) = entry
      let scale = shape.count == 4 ? (2 / Double(shape[1] * shape[2] * shape[3])).squareRoot() * 1.5 : 1
      let values = counterNumbers(counterStream(name), shape.reduce(1, *)).map { value in
        if name.hasSuffix("running_var") { return value * 0.5 + 1 }
        if shape.count == 1 && name.hasSuffix("weight") { return value * 0.25 + 1 }
        return value * scale
      }
      result[name] = try Tensor(values, shape: shape).to(type)
    }
  }

  func images(_ type: ElementType) throws -> Tensor {
    let shape = [6, channels] + size
    return try Tensor(counterNumbers(counterStream("images"), shape.reduce(1, *), 2), shape: shape).to(type)
      .channelsLast()
  }

  func model(_ source: ParameterSource) throws -> Model {
    try Model(
      NetworkSpec(name: network, width: width), channels: channels, size: size.min() ?? 0, classes: classes,
      source: source)
  }
}

@Suite struct OracleTests {
  /// Outputs of every block, features, logits, gradients of every parameter and running statistics.
  @Test(arguments: [
    (ElementType.f64, false, 1e-9, 1e-9), (.f32, true, 1e-4, 1e-3), (.f32, false, 1e-4, 1e-3),
  ])
  func equalsPyTorch(type: ElementType, fused: Bool, forward: Double, backward: Double) throws {
    for row in try Golden.load() {
      for (mode, expected) in [
        (Mode.evaluation, row.evaluation),
        (.training(SampleRandomness(seed: 0, epoch: 0, samples: Array(0..<6))), row.training),
      ] {
        let place = "\(row.network) width \(row.width) \(mode.isTraining ? "training" : "evaluation")"
        let model = try row.model(.tensors(row.weights(type)))
        for entry in model.parameters.trained { try entry.tensor.requiresGradient() }
        var blocks: [(name: String, tensor: Tensor)] = []
        let pass = Pass(mode, precision: type, fused: fused, tap: { blocks.append(($0, $1)) })
        let features = try model.network.features(row.images(type), pass)
        let logits = try model.head(features)
        let cotangent = try Tensor(
          counterNumbers(counterStream("cotangent"), logits.count), shape: logits.shape
        ).to(type)
        try (logits * cotangent).sum().backward()

        #expect(blocks.map(\.name) == expected.blocks.map(\.name), "\(place)")
        for (block, golden) in zip(blocks, expected.blocks) {
          let gap = try golden.summary.gap(block.tensor.detach())
          #expect(gap <= forward, "\(place) \(block.name): \(gap)")
        }
        #expect(try expected.features.gap(features.detach()) <= forward, "\(place)")
        let gap = try relativeGap(logits.detach(), expected.logits)
        #expect(gap <= forward, "\(place) logits: \(gap)")
        #expect(Set(model.parameters.trained.map(\.name)) == Set(expected.gradients.keys))
        for entry in model.parameters.trained {
          let (gradient, golden) = (try entry.tensor.gradient(), expected.gradients[entry.name])
          let gap = try #require(golden).gap(#require(gradient))
          #expect(gap <= backward, "\(place) gradient of \(entry.name): \(gap)")
        }
        for entry in model.parameters.entries where entry.kind == .statistic {
          let golden = try #require(expected.statistics[entry.name])
          #expect(try golden.gap(entry.tensor) <= forward, "\(place) \(entry.name)")
        }
      }
    }
  }

  /// bf16 activations: features and gradients stay near, and come back in f32.
  @Test func halfPrecisionStaysNear() throws {
    for row in try Golden.load() where row.width % 16 == 0 {
      let model = try row.model(.tensors(row.weights(.f32)))
      for entry in model.parameters.trained { try entry.tensor.requiresGradient() }
      let mode = Mode.training(SampleRandomness(seed: 0, epoch: 0, samples: Array(0..<6)))
      let features = try model.network.features(row.images(.bf16), Pass(mode, precision: .bf16))
      #expect(features.elementType == .f32)
      let gap = try row.training.features.gap(features.detach())
      #expect(gap < 0.1, "\(row.network): \(gap)")
      try features.sum().backward()
      for entry in model.parameters.trained
      where entry.name.hasSuffix("weight") && !entry.name.hasPrefix("fc") {
        #expect(try entry.tensor.gradient()?.elementType == .f32)
      }
    }
  }
}
