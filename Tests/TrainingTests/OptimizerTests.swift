import Foundation
import Networks
import TestSupport
import Testing
import Torch

@testable import Training

@Suite struct OptimizerTests {
  private func make(ema: Double, saved: [String: Tensor]? = nil, weights: [String: Tensor]? = nil) throws
    -> Optimizer
  {
    var options = TrainingOptions()
    options.ema = ema
    options.weightDecay = 0.01
    let model = try Model(
      NetworkSpec(name: "convnet", width: 4), channels: 1, size: 8, classes: 3,
      source: weights.map { .tensors($0) } ?? .seed(1))
    return try Optimizer(model, options: options, saved: saved)
  }

  /// One step's gradients: those of a loss that has each parameter's own numbers as its slope.
  private func descend(_ optimizer: Optimizer, step: Int) throws {
    var loss = try Tensor.zeros([])
    for entry in optimizer.model.parameters.trained {
      loss = try loss + (entry.tensor * slope(entry, step)).sum()
    }
    try loss.backward()
    for entry in optimizer.model.parameters.entries where entry.kind == .statistic {
      try entry.tensor.assign(slope(entry, step))  // as batch norm moves them
    }
    try optimizer.step(rate: 0.1, step: step)
  }

  private func slope(_ entry: Parameters.Entry, _ step: Int) throws -> Tensor {
    let numbers = counterNumbers(counterStream("\(entry.name) \(step)"), entry.tensor.count)
    return try Tensor(numbers, shape: entry.tensor.shape).to(.f32)
  }

  /// Weights decay, biases and batch norm do not; everything is averaged, statistics included.
  @Test(arguments: [0, 0.5]) func stepsByDefinition(ema: Double) throws {
    let optimizer = try make(ema: ema)
    let entries = optimizer.model.parameters.entries
    var values = try entries.map { try $0.tensor.detach().doubles() }
    var velocities = values.map { $0.map { _ in 0.0 } }
    var averages = values
    for step in 0..<5 {
      try descend(optimizer, step: step)
      let keep = min(ema, Double(1 + step) / Double(10 + step))
      for (index, entry) in entries.enumerated() {
        let slope = try slope(entry, step).doubles()
        for place in slope.indices {
          if entry.kind == .statistic {
            values[index][place] = slope[place]
          } else {
            let gradient = slope[place] + (entry.kind == .weight ? 0.01 * values[index][place] : 0)
            velocities[index][place] = 0.9 * velocities[index][place] + gradient
            values[index][place] -= 0.1 * (gradient + 0.9 * velocities[index][place])
          }
          averages[index][place] += (1 - keep) * (values[index][place] - averages[index][place])
        }
      }
    }
    for (index, entry) in entries.enumerated() {
      #expect(try relativeGap(entry.tensor.detach(), values[index]) < 1e-5, "\(entry.name)")
    }
    for (index, (name, tensor)) in try optimizer.finalTensors().enumerated() {
      #expect(name == entries[index].name)
      #expect(try relativeGap(tensor, ema > 0 ? averages[index] : values[index]) < 1e-5, "\(name)")
    }
  }

  @Test(arguments: [0, 0.9]) func stateGoesOnExactly(ema: Double) throws {
    let first = try make(ema: ema)
    for step in 0..<3 { try descend(first, step: step) }
    let state = Dictionary(uniqueKeysWithValues: try first.state().map { ($0.name, try $0.tensor.clone()) })
    let second = try make(ema: ema, saved: state, weights: state)
    for step in 3..<6 {
      try descend(first, step: step)
      try descend(second, step: step)
    }
    for (a, b) in zip(try first.state(), try second.state()) {
      #expect(a.name == b.name)
      #expect(try a.tensor.bytes() == b.tensor.bytes(), "\(a.name)")
    }
  }
}

@Suite struct RunLogTests {
  @Test func linesAreJSONAndACutLineIsClosed() throws {
    let folder = try ScratchFolder()
    let url = folder.url.appendingPathComponent("log.jsonl")
    func record(_ epoch: Int, _ loss: Double) -> EpochRecord {
      EpochRecord(
        epoch: epoch, step: 4 * epoch, loss: loss, trainAccuracy: 0.5, holdoutAccuracy: nil,
        learningRate: 0.1,
        imagesPerSecond: 10)
    }
    try RunLog(url).write("epoch", record(1, 3))
    try RunLog(url).write("epoch", record(2, 2))
    let text = try String(contentsOf: url, encoding: .utf8)
    try Data((text + #"{"epoch":3,"ev"#).utf8).write(to: url)
    let log = try RunLog(url)
    try log.write("epoch", record(2, 1))
    try log.write("resumed", ["step": 8])
    #expect(try String(contentsOf: url, encoding: .utf8).hasPrefix(text + #"{"epoch":3,"ev"# + "\n{"))
    #expect(RunLog.epochs(url) == [record(1, 3), record(2, 1)])
    #expect(RunLog.epochs(folder.url.appendingPathComponent("none")).isEmpty)
    #expect(throws: TrainingError.self) { try RunLog(folder.url.appendingPathComponent("no/log.jsonl")) }
  }
}
