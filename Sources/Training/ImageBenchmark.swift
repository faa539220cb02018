import Datasets
import Foundation

/// How fast pictures become batches on this machine: the loader that training uses, nothing else running.
public struct ImageBenchmark: Sendable {
  /// What was measured; images a second.
  public struct Result: Codable, Sendable {
    /// Random resized crop, flip, normalization, f32 batches.
    public var pipeline: Double
    /// Decoding whole pictures and nothing more.
    public var decode: Double
    /// The pipeline from a pack of the same pictures.
    public var pack: Double
    /// Threads.
    public var threads: Int
    /// Pictures there were.
    public var pictures: Int
    /// Images of each measurement.
    public var images: Int
    /// Bytes of the pack.
    public var packBytes: Int
    /// Most memory the process had held before, and after, the second half of the pipeline's run, in bytes.
    public var memory: [Int]

    enum CodingKeys: String, CodingKey {
      case pipeline = "pipeline_images_per_second"
      case decode = "decode_images_per_second"
      case pack = "pack_images_per_second"
      case threads, pictures, images, memory
      case packBytes = "pack_bytes"
    }
  }

  /// The pictures.
  public var data: DataReference
  /// Images a batch.
  public var batch: Int
  /// Images of each measurement; the set is repeated.
  public var images: Int
  /// Threads.
  public var threads: Int
  /// How the pack is made.
  public var options: PackOptions

  /// A measurement of a set's train split.
  public init(
    data: DataReference, batch: Int = 64, images: Int = 4000,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount, options: PackOptions = PackOptions()
  ) {
    self.data = data
    self.batch = batch
    self.images = images
    self.threads = threads
    self.options = options
  }

  /// Measures; `progress` hears what is being done.
  public func run(progress: (String) -> Void = { _ in }) throws(TrainingError) -> Result {
    let samples = try wrapping { try data.loadStored(data.splits.first ?? .train) }
    guard samples.encoded != nil, samples.count > 0 else {
      throw .badPlan(field: "data", value: "\(data)", expected: "JPEG or PNG pictures, as folder:DIR")
    }
    progress("decoding")
    let decode = try decodeRate(samples)
    progress("the training pipeline")
    let (pipeline, memory) = try pipelineRate(samples)
    progress("packing")
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("separatrix-\(UUID().uuidString).pack")
    defer { try? FileManager.default.removeItem(at: file) }
    let summary = try wrapping { try PackWriter(data, options: options, to: file).write() }
    progress("the training pipeline from the pack")
    var packed = data
    packed.dataset = "pack"
    packed.directory = file.path
    let (pack, _) = try pipelineRate(try wrapping { try packed.loadStored(packed.splits.first ?? .train) })
    return Result(
      pipeline: pipeline, decode: decode, pack: pack, threads: threads, pictures: samples.count, images: images,
      packBytes: summary?.bytes ?? 0, memory: memory)
  }

  /// Batches as `train` has them. The first batch starts the threads and is not timed.
  private func pipelineRate(_ samples: Samples) throws(TrainingError) -> (Double, [Int]) {
    let count = max(images / batch, 2)
    let repeated = samples.selecting((0..<(count + 1) * batch).map { $0 % samples.count })
    let normalization = try wrapping { try Normalization(of: samples.selecting(Array(0..<min(samples.count, 64)))) }
    let batches = try wrapping {
      try Batches(repeated, normalization: normalization, augment: [.crop, .flip], seed: 0)
    }
    let order = batches.order(epoch: 0)
    let size = batch
    let loader = BatchLoader(batches, threads: threads) { number in
      number <= count ? BatchRequest(indices: Array(order[number * size..<(number + 1) * size]), epoch: 0) : nil
    }
    _ = try loader.next()
    let start = DispatchTime.now().uptimeNanoseconds
    var done = 0
    var memory: [Int] = []
    for number in 0..<count {
      guard let batch = try loader.next() else { break }
      done += batch.indices.count
      if number == count / 2 || number == count - 1 { memory.append(currentPeakMemory()) }
    }
    return (Double(done) / (Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9), memory)
  }

  /// Whole pictures, decoded and dropped.
  private func decodeRate(_ samples: Samples) throws(TrainingError) -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    let done = try wrapping { try samples.decodeAll(images: images, threads: threads) }
    return Double(done) / (Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
  }
}
