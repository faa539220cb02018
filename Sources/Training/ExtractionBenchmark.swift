import Datasets
import Foundation
import Networks
import Torch

/// The speed of feature extraction, as `extract` does it, on resident random data.
public struct ExtractionBenchmark: Sendable {
  /// The network.
  public var network: NetworkSpec
  /// Images at a time.
  public var batch: Int
  /// Side of the images.
  public var size: Int
  /// Threads of each operation.
  public var threads: Int
  /// Batches timed, after four that are not.
  public var steps: Int

  /// Describes a measurement.
  public init(network: NetworkSpec, batch: Int, size: Int, threads: Int, steps: Int) {
    self.network = network
    self.batch = batch
    self.size = size
    self.threads = threads
    self.steps = steps
  }

  /// Runs it in f32, batch norm folded into the convolutions. Seconds of each timed batch.
  public func run(catalog: Catalog = .standard) throws(TrainingError) -> [Double] {
    for (field, value) in [("batch", batch), ("size", size), ("threads", threads), ("steps", steps)]
    where !(1...1_000_000).contains(value) {
      throw .badPlan(field: field, value: "\(value)", expected: "1 to 1000000")
    }
    guard Double(batch) * 3 * Double(size) * Double(size) <= 0x1p30 else {
      throw .badPlan(
        field: "batch and size", value: "\(batch) images of \(size)x\(size)x3", expected: "up to 2^30 numbers in all")
    }
    return try wrapping {
      try Machine.setThreads(threads)
      let model = try Model(
        network, channels: 3, size: size, classes: 10, source: .seed(0), networks: catalog.networks)
      var random = CounterGenerator(seed: 0, purpose: .bench)
      let pixels = (0..<batch * 3 * size * size).map { _ in Float(random.uniform() * 2 - 1) }
      let images = try Tensor(pixels, shape: [batch, size, size, 3]).permute([0, 3, 1, 2])
      let folding = Folding()
      var seconds: [Double] = []
      for step in 0..<steps + 4 {
        let start = DispatchTime.now().uptimeNanoseconds
        try withoutGradient { () throws(TorchError) in
          let pass = Pass(.evaluation, folding: folding)
          let features = try model.network.features(images, pass)
          _ = try model.head(model.projected(features, pass))
        }
        if step >= 4 { seconds.append(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9) }
      }
      return seconds
    }
  }

  /// Operations (a multiplication and an addition each count) that an image takes.
  public func flopsPerImage(catalog: Catalog = .standard) throws(TrainingError) -> Double {
    try StepBenchmark(network: network, batch: 1, size: size, precision: .f32, threads: threads, steps: 1)
      .flopsPerImage(catalog: catalog) / 3
  }
}
