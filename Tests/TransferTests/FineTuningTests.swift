import Datasets
import Foundation
import Networks
import Objectives
import TestSupport
import Testing
import Torch
import Training

@testable import Transfer

/// Fine-tuning of a small network that learned glyphs.
@Suite struct FineTuningTests {
  /// Images 3x8x8 of four classes: class k is bright in quadrant (k + turn) % 4, with noise.
  static func quadrants(_ count: Int, turn: Int = 0, seed: UInt64) throws -> Samples {
    var random = CounterGenerator(seed: seed, purpose: .bench)
    var pixels: [UInt8] = []
    let labels = (0..<count).map { $0 % 4 }
    for label in labels {
      for _ in 0..<3 {
        for y in 0..<8 {
          for x in 0..<8 {
            let isBright = (label + turn) % 4 == (y / 4) * 2 + x / 4
            pixels.append(UInt8((isBright ? 150 : 60) + random.uniform(-60, 60)))
          }
        }
      }
    }
    return try Samples(
      pixels: pixels, labels: labels, shape: ImageShape(channels: 3, height: 8, width: 8),
      classNames: ["a", "b", "c", "d"])
  }

  /// A folder with a trained run.
  static func source(_ folder: ScratchFolder) throws -> URL {
    var training = TrainingOptions()
    training.epochs = 4
    training.batch = 16
    training.learningRate = 0.05
    training.warmup = 1
    let plan = Plan(
      data: DataReference(dataset: "glyphs"), holdout: 0, network: NetworkSpec(name: "resnet8", width: 16),
      objective: try ObjectiveSpec([Softmax()]), training: training)
    let run = TrainingRun(plan: plan, folder: folder.url.appendingPathComponent("source"))
    _ = try run.run(all: quadrants(96, seed: 1))
    return run.folder
  }

  static func options() throws -> FineTuningOptions {
    var options = try FineTuningOptions(.small)
    options.steps = 20
    options.batch = 16
    options.learningRates = [1e-4, 0.02]
    options.decays = [0, 1e-5]
    options.augment = []
    return options
  }

  private func tune(
    _ source: URL, _ options: FineTuningOptions, _ folder: URL, workers: Int = 1, scratch: Bool = false,
    stop: @escaping @Sendable () -> Bool = { false }
  ) throws -> FineTuningResult {
    try FineTuning(source, data: DataReference(dataset: "glyphs"), options: options, folder: folder, workers: workers)
      .run(
        train: Self.quadrants(80, turn: 1, seed: 2), test: Self.quadrants(40, turn: 1, seed: 3),
        comparesScratch: scratch,
        shouldStop: stop)
  }

  private func withoutSeconds(_ result: FineTuningResult) -> FineTuningResult {
    var result = result
    result.seconds = 0
    return result
  }

  /// The grid as the options say; the best on the holdout chosen; the same whatever the workers, and after interruptions at
  /// any step.
  @Test func isTheSameWithWorkersAndAfterInterruptions() throws {
    let folder = try ScratchFolder()
    let source = try Self.source(folder)
    let options = try Self.options()
    let once = try tune(source, options, folder.url.appendingPathComponent("a"), scratch: true)
    #expect(once.main.grid.map(\.point) == options.points && once.main.grid.allSatisfy { $0.steps == 20 })
    let best = once.main.grid.compactMap(\.holdoutAccuracy).max()
    #expect(
      once.main.holdoutAccuracy == best
        && once.main.grid.first { $0.point == once.main.chosen }?.holdoutAccuracy == best)
    #expect(once.fromScratch?.start == .scratch && once.n == 80 && once.testCount == 40 && once.classes == 4)
    #expect(once.main.accuracy > 0.5, "it learns the turned quadrants")
    let beside = try tune(source, options, folder.url.appendingPathComponent("b"), workers: 3, scratch: true)
    #expect(withoutSeconds(beside) == withoutSeconds(once))

    final class Count: @unchecked Sendable {
      private let lock = NSLock()
      private var calls = 0
      func isOver(_ limit: Int) -> Bool {
        lock.withLock {
          calls += 1; return calls >= limit
        }
      }
    }
    let broken = folder.url.appendingPathComponent("c")
    var ends = 0
    for limit in [1, 5, 9, 13, 17, 21] {
      let count = Count()
      do {
        _ = try tune(source, options, broken, scratch: true) { count.isOver(limit) }
      } catch is FineTuning.Interruption {
        ends += 1
      }
    }
    #expect(ends >= 4)
    #expect(try withoutSeconds(tune(source, options, broken, scratch: true)) == withoutSeconds(once))
    // Done: nothing is trained again.
    #expect(try withoutSeconds(tune(source, options, broken, scratch: true) { true }) == withoutSeconds(once))
    let data = try JSONEncoder().encode(once)
    #expect(try JSONDecoder().decode(FineTuningResult.self, from: data) == once)
  }

  /// What the plan of a training says, by the protocol.
  @Test func followsTheProtocol() throws {
    let paper = try FineTuningOptions(.paper)
    #expect(paper.steps == 20_000 && paper.batch == 256 && paper.points.count == 56)
    #expect(paper.learningRates.first == 1e-4 && paper.learningRates.last == 0.1)
    #expect(paper.points.contains { $0.learningRate == 0.1 && abs($0.weightDecay - 1e-2) < 1e-12 })
    #expect(paper.points.count { $0.weightDecay == 0 } == 7)
    let folder = try ScratchFolder()
    let source = try Self.source(folder)
    let model = try TrainedModel(source)
    let train = try Self.quadrants(80, seed: 2)
    let tuning = FineTuning(
      source, data: DataReference(dataset: "glyphs"), options: try Self.options(), folder: folder.url)
    var initial = try InitialWeights(source.path)
    initial.hasNewHead = true
    let base = FineTuning.Base(
      about: model.description, initial: initial, train: train, test: train, kept: 64, batch: 16)
    let plan = try tuning.plan(.init(learningRate: 0.02, weightDecay: 5e-4), base, initial: initial, searching: true)
    #expect(plan.training.steps == 20 && plan.training.warmup == 0 && plan.training.decay == .cosine)
    #expect(plan.training.momentum == 0.9 && plan.training.ema == 0 && plan.training.weightDecay == 5e-4)
    // Four steps an epoch: max(1 - 10/4, 0.9).
    #expect(plan.training.normMomentum == 0.9 && plan.holdout == 0.2)
    #expect(plan.normalization == model.description.normalization && plan.objective.description == "softmax")
    var long = base
    long = FineTuning.Base(
      about: long.about, initial: initial, train: train, test: train, kept: 16 * 400, batch: 16)
    #expect(
      try tuning.plan(.init(learningRate: 0.02, weightDecay: 0), long, initial: nil, searching: true).training
        .normMomentum == 1 - 10.0 / 400)
  }

  /// Of nine settings three go on after a third of the steps; the others say when they were given up.
  @Test func halvesTheGrid() throws {
    let folder = try ScratchFolder()
    let source = try Self.source(folder)
    var options = try Self.options()
    options.steps = 24
    options.learningRates = [1e-5, 1e-3, 0.02]
    options.decays = [0, 1e-5, 1e-4]
    options.halving = true
    #expect(options.rungs == [8, 24])
    let result = try tune(source, options, folder.url.appendingPathComponent("a"), workers: 2)
    let whole = result.main.grid.filter { $0.steps == 24 }
    let given = result.main.grid.filter { $0.steps == 8 }
    #expect(whole.count == 3 && given.count == 6 && given.allSatisfy { $0.reason == "given up after 8 of 24 steps" })
    let least = given.compactMap(\.holdoutAccuracy).max() ?? 1
    #expect(whole.contains { $0.point == result.main.chosen } && least <= 1)
    // The same as three trained from the start: what is given up changes nothing for the others.
    options.halving = false
    let all = try tune(source, options, folder.url.appendingPathComponent("b"))
    for entry in whole { #expect(all.main.grid.first { $0.point == entry.point } == entry) }
    var many = try FineTuningOptions(.paper)
    many.halving = true
    #expect(many.rungs == [740, 2222, 6666, 20_000])
  }

  /// A probe's head is where fine-tuning begins: without a step of any size its accuracy is the probe's.
  @Test func beginsWithTheProbesHead() throws {
    let folder = try ScratchFolder()
    let source = try Self.source(folder)
    var options = try Self.options()
    options.start = .probe
    options.steps = 1
    options.learningRates = [1e-12]
    options.decays = [0]
    let result = try tune(source, options, folder.url.appendingPathComponent("a"))
    let model = try TrainedModel(source)
    let (train, test) = (try Self.quadrants(80, turn: 1, seed: 2), try Self.quadrants(40, turn: 1, seed: 3))
    let (x, xt) = (try model.predict(train), try model.predict(test))
    let probe = try LinearProbe.run(
      train: x.features, trainLabels: x.labels, test: xt.features, testLabels: xt.labels,
      options: ProbeOptions(accuracy: .protocolBound))
    // One step moves the running statistics a little.
    #expect(abs(result.main.accuracy - (try #require(probe.result.accuracy))) <= 0.1)
    #expect(result.main.start == .probe && result.main.atEdge.isEmpty)
  }

  /// A rate at which training diverges is a line of the grid, not the end; all of them are an error with its cure.
  @Test func divergenceIsTold() throws {
    let folder = try ScratchFolder()
    let source = try Self.source(folder)
    var options = try Self.options()
    options.learningRates = [1e-3, 1e20]
    options.decays = [0]
    let result = try tune(source, options, folder.url.appendingPathComponent("a"))
    #expect(
      result.main.grid[1].holdoutAccuracy == nil && result.main.grid[1].reason?.contains("the loss became") == true)
    #expect(result.main.chosen.learningRate == 1e-3 && result.main.atEdge == ["learning_rate"])
    options.learningRates = [1e20]
    #expect(throws: TransferError.self) { try tune(source, options, folder.url.appendingPathComponent("b")) }
    options.holdout = 0
    #expect(throws: TransferError.self) { try tune(source, options, folder.url.appendingPathComponent("c")) }
    // A folder that holds other settings is refused, not overwritten.
    var other = try Self.options()
    other.seed = 9
    _ = try tune(source, try Self.options(), folder.url.appendingPathComponent("d"))
    #expect(throws: TransferError.self) { try tune(source, other, folder.url.appendingPathComponent("d")) }
  }
}
