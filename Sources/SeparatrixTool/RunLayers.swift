import ArgumentParser
import Datasets
import Foundation
import Measures
import Torch
import Training

/// The blocks of trained networks on the same samples, some at a time, so that nothing is kept.
struct RunLayers {
  /// Names of each run's blocks in network order, then the pooled features.
  let names: [[String]]
  /// Samples in all, and at a time.
  let count, batch: Int
  private let trained: [TrainedModel]
  private let samples: [Samples]

  /// What is kept of one pass: numbers of all blocks of all runs.
  private static let room = 1 << 28

  /// Opens runs (folders or weights files). Images are brought to each network's input. `wanted`: only these blocks; `batch`: samples at a
  /// time, by default what fits, 256 at most.
  init(
    _ paths: [String], data: String, split: String?, wanted: [String]?, batch: Int?, device: Device,
    pictures: PictureOptions
  ) throws {
    trained = try paths.map {
      try pictures.applied(to: TrainedModel(URL(typed: $0), catalog: Tool.catalog, device: device))
    }
    samples = try zip(paths, trained).map { path, model in
      let plan = try? TrainingRun.plan(in: URL(typed: path))
      let samples = try SampleChoice(data: data, split: split, plan: plan, pictures: pictures).load()
      return samples.shape == model.description.shape ? samples : samples.converted(to: model.description.shape)
    }
    count = samples.first?.count ?? 0
    for (path, other) in zip(paths, samples) where other.count != count || count == 0 {
      throw Outcome.badInput(
        "\(path): found \(other.count) samples; expected \(count == 0 ? "at least one" : "\(count), as \(paths[0]) has"): the same for every run"
      )
    }
    var numbers = 0
    names = try zip(trained, samples).map { model, samples in
      let known = try model.predict(samples.selecting([0])).layerNames + [Self.pooled]
      if let odd = wanted?.first(where: { !known.contains($0) }) {
        throw Outcome.usage("--layers '\(odd)': expected some of \(known.joined(separator: ", "))")
      }
      let chosen = known.filter { wanted?.contains($0) ?? true }
      let one = try model.predict(samples.selecting([0]), layers: chosen.filter { $0 != Self.pooled })
      numbers += one.layers.reduce(0) { $0 + $1.tensor.count } + one.features.count
      return chosen
    }
    self.batch = min(batch ?? max(16, min(256, Self.room / max(numbers, 1))), count)
  }

  private static let pooled = "features"

  /// Calls `body` with every run's blocks of the next samples, until there are fewer than `least` of them.
  func forEachBatch(least: Int, _ body: ([[CKA.Layer]], Int) throws -> Void) throws {
    var start = 0
    while count - start >= max(least, 1) {
      let end = min(start + batch, count)
      let layers = try zip(trained, zip(samples, names)).map { model, what in
        let (samples, names) = what
        let blocks = names.filter { $0 != Self.pooled }
        let found = try model.predict(samples.selecting(Array(start..<end)), layers: blocks, batch: end - start)
        return try names.map { name in
          let tensor = found.layers.first { $0.name == name }?.tensor ?? found.features
          return try CKA.Layer(name: name, tensor)
        }
      }
      try body(layers, end)
      start = end
    }
  }
}

/// Options of commands that take runs and a data set in place of feature files.
struct RunInput: ParsableArguments {
  @Option(help: "The arguments are runs; their blocks are measured on this data: \(DataReference.grammar).") var data:
    String?
  @Option(help: "Of the data: train, test or holdout. Default: test, or all of a set without one.") var split: String?
  @OptionGroup var place: DeviceOptions
  @OptionGroup var pictures: PictureOptions
}
