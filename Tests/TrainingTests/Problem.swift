import Datasets
import Foundation
import Networks
import Objectives
import Testing

@testable import Training

/// Images 3x8x8 of four classes: class k is bright in quadrant k, with noise.
func quadrants(_ count: Int = 96, noise: Double = 60, seed: UInt64 = 1) throws -> Samples {
  var random = CounterGenerator(seed: seed, purpose: .bench)
  var pixels: [UInt8] = []
  let labels = (0..<count).map { $0 % 4 }
  for label in labels {
    for _ in 0..<3 {
      for y in 0..<8 {
        for x in 0..<8 {
          let isBright = label == (y / 4) * 2 + x / 4
          pixels.append(UInt8((isBright ? 150 : 60) + random.uniform(-noise, noise)))
        }
      }
    }
  }
  return try Samples(
    pixels: pixels, labels: labels, shape: ImageShape(channels: 3, height: 8, width: 8),
    classNames: ["a", "b", "c", "d"])
}

/// 72 samples to train on, 24 held out; 4 steps an epoch, 3 epochs.
func smallPlan(objective: String = "softmax", _ change: (inout TrainingOptions) -> Void = { _ in }) throws
  -> Plan
{
  var options = TrainingOptions()
  options.epochs = 3
  options.batch = 16
  options.learningRate = 0.05
  options.warmup = 1
  options.ema = 0.99
  options.augment = [.flip, .shift]
  change(&options)
  return Plan(
    data: DataReference(dataset: "glyphs"), holdout: 0.25, network: NetworkSpec(name: "resnet8", width: 16),
    objective: try ObjectiveSpec(parsing: objective, classes: 4), training: options, seed: 5)
}

/// What a run told, in one place.
final class Listener {
  var events: [TrainingEvent] = []

  var warnings: [String] { events.compactMap { if case .warning(let text) = $0 { text } else { nil } } }
  var resumed: [Int] { events.compactMap { if case .resumed(let step) = $0 { step } else { nil } } }
  var checkpoints: [Int] { events.compactMap { if case .checkpoint(let step) = $0 { step } else { nil } } }
  var epochs: [EpochRecord] { events.compactMap { if case .epoch(let record) = $0 { record } else { nil } } }
}

extension TrainingRun {
  /// Runs, stopping after `stop` steps in all if given.
  @discardableResult
  func go(
    _ samples: Samples, stop: Int? = nil, every interval: CheckpointInterval = .steps(1000),
    _ listener: Listener = Listener()
  ) throws -> TrainingOutcome {
    var done = 0
    return try run(all: samples, checkpointEvery: interval) { event in
      listener.events.append(event)
      if case .step(let step, _, _, _, _) = event { done = step }
    } shouldStop: {
      stop.map { done >= $0 } ?? false
    }
  }

  var weights: URL { folder.appendingPathComponent("weights.safetensors") }
  var log: URL { folder.appendingPathComponent("log.jsonl") }
  func checkpoint(_ step: Int) -> URL {
    folder.appendingPathComponent("checkpoints/step-\(step).safetensors")
  }

  /// The lines of log.jsonl that are JSON.
  func logged() throws -> [[String: Any]] {
    try String(contentsOf: log, encoding: .utf8).split(separator: "\n").compactMap {
      try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
  }
}
