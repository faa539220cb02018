import Foundation
import Networks
import Testing
import Torch

@testable import Objectives

/// SplitMix64's output function of a counter, 24 bits in [0, 1): exact in f32, and equal to `uniform` in
/// `Fixtures/generate.py`, so that inputs need not be stored.
func uniform(_ stream: UInt64, _ index: Int) -> Double {
  var z = ((stream << 32) &+ UInt64(index) &+ 1) &* 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return Double((z ^ (z >> 31)) >> 40) / 16_777_216
}

/// `count` draws of a stream in [-scale, scale).
func signed(_ stream: UInt64, _ count: Int, _ scale: Double) -> [Double] {
  (0..<count).map { (2 * uniform(stream, $0) - 1) * scale }
}

/// Features, head and labels of one evaluation of an objective, and what comes out of it.
struct Problem {
  var features: [[Double]]
  var weight: [[Double]]
  var bias: [Double]
  var labels: [Int]
  /// Uniform draws for dropout's mask, or nil to leave it out.
  var draws: [[Double]]?

  /// The inputs of the fixtures.
  init(classes: Int, examples: Int = 6, features width: Int = 5, scale: Double = 1) {
    features = rows(signed(1, examples * width, 2), width)
    weight = rows(signed(2, classes * width, 0.5 * scale), width)
    bias = signed(3, classes, 0.25)
    labels = (0..<examples).map { (5 * $0 + 2) % classes }
    draws = nil
  }

  /// The same with only some of the examples, in the given order.
  func examples(_ indices: [Int]) -> Problem {
    var part = self
    part.features = indices.map { features[$0] }
    part.labels = indices.map { labels[$0] }
    part.draws = draws.map { draws in indices.map { draws[$0] } }
    return part
  }

  /// What an objective makes of it, by the names that the fixtures use.
  struct Result {
    var loss: Double
    /// The part of the loss that comes from the outputs: without the features' own.
    var outputLoss: Double
    var outputs: [Double]
    var x: [Double]
    var weight: [Double]
    var bias: [Double]

    var isFinite: Bool { ([loss] + outputs + x + weight + bias).allSatisfy(\.isFinite) }
    var named: [(String, [Double])] {
      [("loss", [loss]), ("outputs", outputs), ("x", x), ("weight", weight), ("bias", bias)]
    }
  }

  /// Loss, outputs and gradients, computed in `type`.
  func evaluate(_ objective: Combination, type: ElementType = .f64) throws -> Result {
    let x = try tensor(features, type).requiresGradient()
    let head = Linear(
      weight: try tensor(weight, type).requiresGradient(),
      bias: try Tensor(bias).to(type).requiresGradient())
    var inputs = try objective.transform(x, mode: .evaluation)
    if let draws {
      for case let dropout as Dropout in objective.regularizers {
        inputs = try dropout.masked(inputs, draws: tensor(draws, type))
      }
    }
    let outputs = try objective.outputs(of: inputs, head: head)
    let loss = try objective.loss(of: outputs, features: inputs, labels: Tensor(labels), head: head)
    let outputLoss = try objective.loss(of: outputs, labels: Tensor(labels), head: head).item()
    try loss.backward()
    return Result(
      loss: try loss.item(), outputLoss: outputLoss, outputs: try outputs.doubles(), x: try gradient(of: x),
      weight: try gradient(of: head.weight), bias: try gradient(of: head.bias))
  }

  private func tensor(_ rows: [[Double]], _ type: ElementType) throws -> Tensor {
    try Tensor(rows.flatMap { $0 }, shape: [rows.count, rows.first?.count ?? 0]).to(type)
  }

  private func gradient(of leaf: Tensor) throws -> [Double] {
    let gradient = try leaf.gradient()
    return try #require(gradient).doubles()
  }
}

/// Cuts a list into rows.
func rows(_ values: [Double], _ width: Int) -> [[Double]] {
  stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
}

/// The largest |a - b| as a share of the largest |b|.
func relativeGap(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  let gap = zip(a, b).map { abs($0 - $1) }.max() ?? 0
  let size = b.map(abs).max() ?? 0
  return gap == 0 ? 0 : gap / size
}

/// Every objective of the list at its plain, published and scaled settings, the released forms, and combinations.
let battery =
  Objectives.standard.flatMap { ["plain/\($0.name)", "paper/\($0.name)", "\($0.name)"] } + [
    "cosine-softmax:normalizesFeatures=false", "squared-error:sumsClasses=true",
    "sigmoid+logit-penalty:strength=0.1", "cosine-softmax+final-layer-l2+dropout",
    "label-smoothing+logit-penalty",
    "squared-error+logit-penalty+final-layer-l2", "logit-normalization+dropout",
    "focal:focus=0.5", "poly-1:first=-1", "arcface:easyMargin=true", "arcface:margin=1.5", "cosface+dropout",
    "label-smoothing+maxsup+confidence-penalty", "supervised-contrastive+logit-penalty",
  ]

/// The objective of a text for ten classes.
func combination(_ text: String, classes: Int = 10) throws -> Combination {
  try ObjectiveSpec(parsing: text, classes: classes).objective()
}
