import Foundation
import TestSupport
import Testing
import Torch

@testable import Networks

/// `Fixtures/networks.json`, made by `Fixtures/generate.py` with PyTorch in f64.
struct Golden: Decodable {
  /// Of a tensor: its norm, a weighted sum in which every entry counts, and some entries at even distances.
  struct Summary: Decodable {
    var norm, projection: Double
    var probes: [Double]

    init(from decoder: any Decoder) throws {
      let values = try decoder.singleValueContainer().decode([Double].self)
      (norm, projection, probes) = (values[0], values[1], Array(values[2...]))
    }

    /// The largest deviation of `tensor` in any of these, as a share of the norm or of the largest entry.
    func gap(_ tensor: Tensor, shape: [Int]) throws -> Double {
      guard tensor.shape == shape else { return .infinity }
      let values = try tensor.doubles()
      var (square, sum, largest) = (0.0, 0.0, 1e-300)
      for (index, value) in values.enumerated() {
        square += value * value
        sum += value * (2 * counterUniform(Self.stream, index) - 1)
        largest = max(largest, abs(value))
        guard value.isFinite else { return .infinity }
      }
      let scale = max(norm, 1e-300)
      let entries = probes.enumerated().map { abs(values[$0 * values.count / probes.count] - $1) / largest }
      return max(abs(square.squareRoot() - norm) / scale, abs(sum - projection) / scale, entries.max() ?? 0)
    }

    private static let stream = counterStream("projection")
  }
  struct Named: Decodable {
    var name: String
    var shape: [Int]
    var isStatistic: Bool { name.contains("running_") }
  }
  struct Block: Decodable {
    var name: String
    var shape: [Int]
    var values: Summary
  }
  struct Pass: Decodable {
    var blocks: [Block]
    var features: Summary
    var logits: [Double]
    var auxiliary: [Double]?
    /// In the order of the parameters, and nil for those without.
    var gradients: [Summary?]
    /// After the pass, in their order; in training only.
    var statistics: [Summary]?
  }
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    var network: String
    var channels, width, classes, batch: Int
    var size: [Int]
    var projector: [Int]?
    /// Whether f32 puts some activations on the other side of 0. Then evaluation keeps them apart; see the script.
    var deep: Bool
    var parameters: [Named]
    var evaluation, training: Pass?
    var testDescription: String { "\(network) width \(width) \(size)" }
  }
  var cases: [Case]

  static func load() throws -> [Case] { try fixture(Golden.self, "networks.json").cases }
}

extension Golden.Case {
  /// Each parameter from its name alone, as the script makes it.
  func weights(_ type: ElementType, apart: Bool = false) throws -> [String: Tensor] {
    try parameters.reduce(into: [:]) { result, entry in
      let shape = entry.shape
      let (scale, offset, alternates) = distribution(entry.name, shape, apart)
      let stream = counterStream(entry.name)
      let values = (0..<shape.reduce(1, *)).map { index in
        let value = (2 * counterUniform(stream, index) - 1) * scale + offset
        return alternates && index % 2 == 1 ? -value : value
      }
      result[entry.name] = try Tensor(values, shape: shape).to(type)
    }
  }

  private func distribution(_ name: String, _ shape: [Int], _ apart: Bool) -> (
    scale: Double, offset: Double, alternates: Bool
  ) {
    let block = name.hasPrefix("layer")
    let apart = apart && block
    let fanIn = Double(shape.dropFirst().reduce(1, *))
    if name.hasSuffix("running_var") { return (0.5, 1, false) }
    if shape.count == 1 && name.hasSuffix("weight") {
      let size = apart ? 0.1 : block ? 0.5 : 1
      return (0.25 * size, size, false)
    }
    if shape.count == 1 && name.hasSuffix("bias") && apart { return (0.125, 0.5, true) }
    if shape.count == 4 { return ((apart ? 0.4 : 1.5) * (2 / fanIn).squareRoot(), 0, false) }
    return (shape.count == 2 ? (3 / fanIn).squareRoot() : 1, 0, false)
  }

  func images(_ type: ElementType) throws -> Tensor {
    let shape = [batch, channels] + size
    return try Tensor(counterNumbers(counterStream("images"), shape.reduce(1, *), 2), shape: shape).to(type)
      .channelsLast()
  }

  /// Numbers in all parameters.
  var count: Int { parameters.reduce(0) { $0 + $1.shape.reduce(1, *) } }

  var spec: NetworkSpec { NetworkSpec(name: network, width: width, projector: projector) }

  func model(_ source: ParameterSource) throws -> Model {
    try Model(
      spec, channels: channels, size: size.min() ?? 0, classes: classes, source: source, networks: Self.networks)
  }

  static let networks = Networks.standard + short

  /// torchvision's bottlenecks without depth, where gradients in f32 can be held to those in f64 one by one.
  private static let short = [1, 2].map { widening in
    let layout = ResNet.Layout(blocks: [1, 1, 1, 1], widening: widening)
    return Architecture(
      name: "bottlenecks-\(widening)", summary: "", defaultWidth: 64, features: layout.features
    ) { (scope, channels, width) throws(NetworkError) in
      try ResNet(scope, channels: channels, width: width, layout: layout)
    }
  }
}
