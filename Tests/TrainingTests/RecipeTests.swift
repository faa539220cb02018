import Datasets
import Foundation
import Networks
import Objectives
import TestSupport
import Testing
import Torch

@testable import Training

/// AdamW, clipping, parts of a batch, patience, first weights and sizes of evaluation in whole runs. Serialized: threads are
/// a setting of the process.
@Suite(.serialized) struct RecipeTests {
  private func finished(_ plan: Plan, _ samples: Samples) throws -> (run: TrainingRun, folder: ScratchFolder) {
    let folder = try ScratchFolder()
    let run = TrainingRun(plan: plan, folder: folder.url)
    try run.go(samples)
    return (run, folder)
  }

  @Test func everyRecipeIsResumedToTheSameBytes() throws {
    let plan = try smallPlan {
      $0.optimizer = .adamw
      $0.learningRate = 1e-3
      $0.betas = [0.8, 0.99]
      $0.epsilon = 1e-6
      $0.clip = 0.5
      $0.accumulate = 3
      $0.patience = 3
    }
    let (whole, _folder) = try finished(plan, quadrants())
    let folder = try ScratchFolder()
    let run = TrainingRun(plan: plan, folder: folder.url)
    for stop in [1, 5, 10] { try run.go(quadrants(), stop: stop) }
    try run.go(quadrants())
    #expect(try Data(contentsOf: whole.weights) == Data(contentsOf: run.weights))
    withExtendedLifetime(_folder) {}
  }

  /// A limit that is never reached changes nothing; a small one does.
  @Test func clippingActsOnlyAboveItsLimit() throws {
    func weights(_ clip: Double?) throws -> Data {
      let (run, folder) = try finished(smallPlan { $0.clip = clip }, quadrants())
      return try withExtendedLifetime(folder) { try Data(contentsOf: run.weights).suffix(30_000) }
    }
    let free = try weights(nil)
    #expect(try weights(1e6) == free)
    #expect(try weights(0.01) != free)
  }

  /// A batch of equal halves has the statistics of its halves: in two parts, the step is the same.
  @Test func partsOfABatchAddUp() throws {
    func moved(_ parts: Int?) throws -> [String: [Double]] {
      var options = TrainingOptions()
      options.accumulate = parts
      options.ema = 0
      let model = try Model(
        NetworkSpec(name: "resnet8", width: 4), channels: 1, size: 8, classes: 3, source: .seed(1))
      let optimizer = try Optimizer(model, options: options)
      let step = try TrainingStep(model, Combination(base: Softmax()), optimizer, .f32)
      let half = try Tensor(counterNumbers(1, 4 * 64), shape: [4, 1, 8, 8]).to(.f32)
      let batch = Batch(
        images: try Tensor.concat([half, half]).channelsLast(), labels: try Tensor([0, 1, 2, 0, 0, 1, 2, 0]),
        indices: Array(0..<8), mixing: nil, partners: nil, skipped: [])
      var result = try step(batch, seed: 0, epoch: 0, rate: 0.1, step: 0)
      result = try step(batch, seed: 0, epoch: 0, rate: 0.1, step: 1)
      var values = ["loss": [result.loss, Double(result.right)]]
      for entry in model.parameters.trained { values[entry.name] = try entry.tensor.detach().doubles() }
      return values
    }
    let (whole, parts) = (try moved(nil), try moved(2))
    #expect(whole.keys == parts.keys)
    for (name, expected) in whole {
      let scale = expected.map(abs).max() ?? 0
      for (a, b) in zip(expected, parts[name] ?? []) { #expect(abs(a - b) <= 2e-5 * max(scale, 1e-3), "\(name)") }
    }
    #expect(TrainingStep.parts(of: 10, into: 3) == [0..<3, 3..<6, 6..<10])
    #expect(TrainingStep.parts(of: 5, into: 4) == [0..<2, 2..<5] && TrainingStep.parts(of: 1, into: 2) == [0..<1])
  }

  /// Without a better epoch training ends, and the weights are those of the best.
  @Test func patience() throws {
    let plan = try smallPlan {
      $0.epochs = 9
      $0.learningRate = 0  // Batch norm's statistics move, but every answer stays.
      $0.warmup = 0
      $0.ema = 0
      $0.patience = 2
    }
    let listener = Listener()
    let folder = try ScratchFolder()
    let run = TrainingRun(plan: plan, folder: folder.url)
    try run.go(quadrants(), listener)
    let accuracies = listener.epochs.compactMap(\.holdoutAccuracy)
    let best = try #require(accuracies.indices.first { accuracies[$0] == accuracies.max() }) + 1
    #expect(accuracies.count == min(best + 2, 9))
    guard accuracies.count < 9 else {
      Issue.record("the run went on to its end: \(accuracies)")
      return
    }
    #expect(listener.warnings.contains { $0.contains("no better epoch than \(best) for 2") })
    #expect(try run.logged().contains { $0["event"] as? String == "stopped_early" && $0["best_epoch"] as? Int == best })
    // The weights of the best epoch: those of a run that ends with it.
    let short = try finished(
      smallPlan {
        $0 = plan.training; $0.epochs = best; $0.patience = nil; $0.decay = .constant
      }, quadrants())
    let trained = try TrainedModel(run.folder)
    let expected = try TrainedModel(short.run.folder)
    for (a, b) in zip(trained.model.parameters.entries, expected.model.parameters.entries) {
      #expect(try a.tensor.doubles() == b.tensor.doubles(), "\(a.name)")
    }
    #expect(throws: TrainingError.self) {
      var none = plan
      none.holdout = 0
      _ = try finished(none, quadrants())
    }
  }

  /// Every preset can be trained: known network, options in range.
  @Test(arguments: TrainingPreset.standard.map(\.name)) func presetsAreWhole(name: String) throws {
    let preset = try #require(TrainingPreset.standard.first { $0.name == name })
    #expect(TrainingPreset.standard.count { $0.name == name } == 1)
    try preset.options.validate()
    let architecture = try #require(Networks.standard.first { $0.name == preset.network.name })
    _ = try Model(
      preset.network, channels: 3, size: architecture.defaultImageSize, classes: 10, source: .shapes)
  }

  @Test func firstWeights() throws {
    let (first, folder) = try finished(smallPlan(), quadrants())
    defer { withExtendedLifetime(folder) {} }
    var plan = try smallPlan(objective: "cosine-softmax") {
      $0.learningRate = 0; $0.ema = 0
    }
    plan.initial = try InitialWeights(first.folder.path)
    let (second, place) = try finished(plan, quadrants())
    defer { withExtendedLifetime(place) {} }
    for (a, b) in zip(
      try TrainedModel(first.folder).model.parameters.entries, try TrainedModel(second.folder).model.parameters.entries)
    where a.kind != .statistic {
      #expect(try a.tensor.doubles() == b.tensor.doubles(), "\(a.name)")
    }
    // Another head: its own fresh one, said aloud.
    let model = try Model(plan.network, channels: 3, size: 8, classes: 7, source: .seed(3))
    let fresh = try model.head.weight.detach().doubles()
    let initial = try #require(plan.initial)
    #expect(try initial.load(into: model) == ["fc"])
    #expect(try model.head.weight.detach().doubles() == fresh)
    let other = try Model(NetworkSpec(name: "resnet14", width: 16), channels: 3, size: 8, classes: 4, source: .seed(3))
    #expect(throws: TrainingError.self) { _ = try initial.load(into: other) }
    // Another file under the same name is not taken.
    try Data("else".utf8).write(to: first.weights)
    #expect(throws: TrainingError.self) { _ = try initial.load(into: model) }
    #expect(throws: TrainingError.self) { try InitialWeights(first.folder.path + "/none") }
  }

  @Test func evaluationAtAnotherSize() throws {
    let samples = try quadrants()
    let side = samples.shape.height
    let (run, folder) = try finished(smallPlan { $0.testSize = side + 8 }, samples)
    defer { withExtendedLifetime(folder) {} }
    let trained = try TrainedModel(run.folder)
    #expect(trained.description.shape.height == side + 8 && trained.description.trainingShape == samples.shape)
    let large = samples.converted(to: trained.description.shape)
    #expect(try trained.predict(samples).outputs.doubles() == trained.predict(large).outputs.doubles())
    let small = try trained.taking(height: side, width: side)
    #expect(try small.predict(samples).outputs.doubles() != trained.predict(samples).outputs.doubles())
    #expect(throws: TrainingError.self) { try trained.taking(height: 2, width: 2) }
    #expect(throws: TrainingError.self) { try small.predict(large) }
  }

  /// A mixed target is the mixture of losses only where the loss is linear in it; parts of a batch are its mean only where
  /// examples do not meet.
  @Test func whatHasNoMeaningIsRefused() throws {
    func error(_ objective: String, _ change: (inout TrainingOptions) -> Void) throws -> String? {
      let folder = try ScratchFolder()
      let run = TrainingRun(plan: try smallPlan(objective: objective, change), folder: folder.url)
      do {
        try run.go(quadrants(), stop: 1)
        return nil
      } catch { return "\(error)" }
    }
    let mixup = try AugmentationSpec.list(parsing: "mixup")
    for objective in ["focal", "arcface", "cosface", "supervised-contrastive"] {
      #expect(try error(objective) { $0.augment = mixup }?.contains(objective) == true)
      #expect(try error(objective) { $0.augment = mixup }?.contains("mixup") == true)
      #expect(try error(objective) { $0.augment = [.flip] } == nil)
    }
    for objective in ["softmax", "poly-1", "squentropy+maxsup", "logitnorm", "label-smoothing+confidence-penalty"] {
      #expect(try error(objective) { $0.augment = mixup } == nil)
    }
    #expect(try error("supervised-contrastive") { $0.accumulate = 2 }?.contains("accumulate") == true)
    #expect(try error("focal") { $0.accumulate = 2 } == nil)
  }

  /// The contrastive loss reaches the network, not its head alone.
  @Test func lossesOfFeaturesTrainTheNetwork() throws {
    func firstLayer(_ objective: String) throws -> [Double] {
      let plan = try smallPlan(objective: objective) {
        $0.ema = 0; $0.weightDecay = 0; $0.epochs = 1; $0.warmup = 0
      }
      let (run, folder) = try finished(plan, quadrants())
      return try withExtendedLifetime(folder) {
        try TrainedModel(run.folder).model.parameters.entries.first { $0.name == "conv1.weight" }?.tensor.doubles()
          ?? []
      }
    }
    let fresh = try Model(NetworkSpec(name: "resnet8", width: 16), channels: 3, size: 8, classes: 4, source: .seed(5))
    let start = try fresh.parameters.entries.first { $0.name == "conv1.weight" }?.tensor.doubles()
    #expect(try firstLayer("supervised-contrastive") != start)
  }

  @Test func whatIsNotAskedForIsNotInThePlan() throws {
    let text = String(decoding: try smallPlan().canonicalJSON(), as: UTF8.self)
    for key in ["optimizer", "betas", "epsilon", "clip", "accumulate", "patience", "test_size", "init"] {
      #expect(!text.contains("\"\(key)\""))
    }
    for change: (inout TrainingOptions) -> Void in [
      { $0.betas = [0.9, 0.9] },
      {
        $0.optimizer = .adamw; $0.betas = [1, 0.9]
      },
      {
        $0.optimizer = .adamw; $0.epsilon = 0
      },
      { $0.clip = 0 }, { $0.accumulate = 9 }, { $0.accumulate = 0 }, { $0.patience = 0 }, { $0.testSize = 0 },
    ] {
      let options = try smallPlan(change).training
      #expect(throws: TrainingError.self) { try options.validate() }
    }
  }
}
