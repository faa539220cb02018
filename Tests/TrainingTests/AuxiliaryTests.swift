import Foundation
import Networks
import Objectives
import TestSupport
import Testing
import Torch

@testable import Training

/// A network whose branch stands at its first block, for images as small as these.
private struct Branched: Network {
  let trunk: Linear
  let branch: Linear
  var auxiliaryWidth: Int? { branch.classes }

  init(_ scope: Scope) throws(NetworkError) {
    func linear(_ name: String, _ input: Int, _ output: Int) throws(NetworkError) -> Linear {
      Linear(
        weight: try (scope / name).parameter(
          "weight", shape: [output, input], kind: .weight, .varianceScaling(fanIn: input)),
        bias: try (scope / name).parameter("bias", shape: [output], kind: .plain, .constant(0)))
    }
    trunk = try linear("trunk", 12, 5)
    branch = try linear("AuxLogits.conv0", 5, 3)
  }

  func features(_ images: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    try trunk(images.reshape([images.shape[0], 12]))
  }

  func allFeatures(
    _ images: Tensor, _ pass: Pass
  ) throws(TorchError) -> (features: Tensor, auxiliary: Tensor?) {
    let x = try features(images, pass)
    return (x, pass.mode.isTraining ? try branch(x) : nil)
  }

  static let list = [
    Architecture(name: "branched", summary: "", defaultWidth: 5, leastImageSize: 2, features: { _ in 5 }) {
      (scope, _, _) throws(NetworkError) in try Branched(scope)
    }
  ]
}

@Suite struct AuxiliaryTests {
  private func model() throws -> Model {
    try Model(
      NetworkSpec(name: "branched"), channels: 3, size: 2, classes: 4, source: .seed(4), networks: Branched.list)
  }

  private func batch() throws -> Batch {
    Batch(
      images: try Tensor(counterNumbers(1, 6 * 12), shape: [6, 3, 2, 2]).to(.f32),
      labels: try Tensor([0, 1, 2, 3, 1, 0]), indices: Array(0..<6), mixing: nil, partners: nil, skipped: [])
  }

  /// Mean cross-entropy by its definition.
  private func entropy(_ logits: Tensor, _ labels: [Int]) throws -> Double {
    let values = try logits.detach().doubles()
    let classes = values.count / labels.count
    return labels.enumerated().reduce(0) { sum, item in
      let row = values[item.offset * classes..<(item.offset + 1) * classes]
      return sum + log(row.reduce(0) { $0 + exp($1) }) - row[row.startIndex + item.element]
    } / Double(labels.count)
  }

  /// The loss is that of the head and 0.4 of that of the branch; the step follows the gradient of this sum.
  @Test func theBranchCountsForTwoFifths() throws {
    let batch = try batch()
    let labels = [0, 1, 2, 3, 1, 0]
    func loss(_ model: Model) throws -> Double {
      let pass = Pass(.training(SampleRandomness(seed: 0, epoch: 0, samples: batch.indices)))
      let (features, auxiliary) = try model.network.allFeatures(batch.images, pass)
      let head = try #require(model.auxiliaryHead)
      let others = try head(#require(auxiliary))
      return try entropy(model.head(features), labels) + 0.4 * entropy(others, labels)
    }
    var options = TrainingOptions()
    options.ema = 0
    options.momentum = 0
    options.weightDecay = 0
    let model = try model()
    let step = try TrainingStep(model, try Combination(base: Softmax()), try Optimizer(model, options: options), .f32)
    let before = try model.parameters.entries.map { try $0.tensor.detach().doubles() }
    let first = try loss(model)
    let rate = 0.5
    let told = try step(batch, seed: 0, epoch: 0, rate: rate, step: 0)
    #expect(abs(told.loss - first) < 1e-6)

    // Central differences of the loss by definition, one number of every tensor.
    let moved = try model.parameters.entries.map { try $0.tensor.detach().doubles() }
    for (index, entry) in model.parameters.entries.enumerated() {
      let fresh = try self.model()
      let tensor = fresh.parameters.entries[index].tensor
      func shifted(_ by: Double) throws -> Double {
        var values = before[index]
        values[0] += by
        try tensor.assign(Tensor(values, shape: tensor.shape).to(.f32))
        return try loss(fresh)
      }
      let slope = try (shifted(1e-2) - shifted(-1e-2)) / 2e-2
      let found = (before[index][0] - moved[index][0]) / rate
      #expect(abs(found - slope) <= 1e-3 * max(abs(slope), 0.05), "\(entry.name): \(found), \(slope)")
    }
  }

  /// Weights without the branch, as timm's, begin a run; the branch is drawn afresh and named.
  @Test func weightsWithoutTheBranchBeginARun() throws {
    let folder = try ScratchFolder()
    let file = folder.url.appendingPathComponent("weights.safetensors")
    let source = try model()
    let stem = source.parameters.entries.filter { !$0.name.hasPrefix("AuxLogits.") }
    func write(_ entries: [Parameters.Entry]) throws {
      try TensorFile.write(entries.map { ($0.name, try ($0.tensor.detach() + 1)) }, metadata: [:], to: file)
    }
    try write(stem)
    let other = try model()
    #expect(try InitialWeights(file.path).load(into: other) == ["AuxLogits"])
    for (one, two) in zip(source.parameters.entries, other.parameters.entries) {
      let added = one.name.hasPrefix("AuxLogits.") ? 0.0 : 1
      #expect(try relativeGap(two.tensor.detach(), one.tensor.detach() + added) == 0, "\(one.name)")
    }
    // Half a branch is no branch.
    try write(source.parameters.entries.filter { $0.name != "AuxLogits.conv0.bias" })
    let error = #expect(throws: TrainingError.self) { try InitialWeights(file.path).load(into: other) }
    #expect(error?.description.contains("AuxLogits.conv0.bias") == true)
  }
}
