import Datasets
import Foundation
import Networks
import Objectives
import Torch

/// The speed of `train`'s own step on resident random data.
public struct StepBenchmark: Sendable {
  /// The network.
  public var network: NetworkSpec
  /// Samples a step.
  public var batch: Int
  /// Side of the images.
  public var size: Int
  /// Channels of the images.
  public var channels: Int
  /// Classes.
  public var classes: Int
  /// Type of the activations.
  public var precision: Precision
  /// Threads of each operation.
  public var threads: Int
  /// Steps timed, after four that are not.
  public var steps: Int
  /// Where steps are taken.
  public var device: Device
  /// Whether steps on CUDA are recorded and launched as a whole.
  public var captures: Bool
  /// Whether CUDA is to give the same bits each time.
  public var deterministic: Bool

  /// Describes a measurement.
  public init(
    network: NetworkSpec, batch: Int, size: Int, channels: Int = 3, classes: Int = 10, precision: Precision,
    threads: Int, steps: Int, device: Device = .cpu, captures: Bool = true, deterministic: Bool = false
  ) {
    self.network = network
    self.batch = batch
    self.size = size
    self.channels = channels
    self.classes = classes
    self.precision = precision
    self.threads = threads
    self.steps = steps
    self.device = device
    self.captures = captures
    self.deterministic = deterministic
  }

  /// What was measured.
  public struct Result: Sendable {
    /// Seconds of each timed step, from its start until the device has done it.
    public var seconds: [Double] = []
    /// The process's peak memory in bytes before the first timed step and after the last.
    public var peakMemory: [Int] = []
  }

  /// Runs it: softmax objective, Nesterov momentum, weight decay, moving average. `tell` hears why steps are not recorded.
  public func run(
    catalog: Catalog = .standard, tell: @escaping (String) -> Void = { _ in }
  ) throws(TrainingError) -> Result {
    for (field, value) in [
      ("batch", batch), ("size", size), ("threads", threads), ("steps", steps), ("classes", classes),
      ("channels", channels),
    ]
    where !(1...1_000_000).contains(value) {
      throw .badPlan(field: field, value: "\(value)", expected: "1 to 1000000")
    }
    guard Double(batch) * Double(channels) * Double(size) * Double(size) <= 0x1p30 else {
      throw .badPlan(
        field: "batch and size", value: "\(batch) images of \(size)x\(size)x\(channels)",
        expected: "up to 2^30 numbers in all")
    }
    return try wrapping {
      try Machine.setThreads(threads)
      if device.kind == "cuda" { try Machine.setNumerics(deterministic: deterministic) }
      try device.use()
      let model = try Model(
        network, channels: channels, size: size, classes: classes, source: .seed(0), networks: catalog.networks,
        device: device)
      var options = TrainingOptions()
      options.weightDecay = 5e-4
      let optimizer = try Optimizer(model, options: options)
      let objective = try Combination(base: Softmax())
      var random = CounterGenerator(seed: 0, purpose: .bench)
      let pixels = (0..<batch * channels * size * size).map { _ in Float(random.uniform() * 2 - 1) }
      let images = try Tensor(pixels, shape: [batch, size, size, channels]).permute([0, 3, 1, 2]).to(device)
      let labels = try Tensor((0..<batch).map { _ in random.below(classes) }).to(device)
      var whole = Batch(
        images: images, labels: labels, indices: Array(0..<batch), mixing: nil, partners: nil, skipped: [])
      if device != .cpu {
        let (epoch, samples) = (try Tensor([0], shape: []).to(device), try Tensor(whole.indices).to(device))
        whole.remote = Batch.Remote(samples: RemoteSamples(epoch: epoch, samples: samples), weight: nil)
      }
      let train = try StepRunner(
        TrainingStep(model, objective, optimizer, precision), on: device, seed: 0, batch: batch, captures: captures,
        tell: tell)
      var result = Result()
      for step in 0..<steps + 4 {
        if step == 4 { result.peakMemory.append(currentPeakMemory()) }
        let start = DispatchTime.now().uptimeNanoseconds
        _ = try train(whole, epoch: 0, rate: 1e-3, step: step)
        try device.synchronize()
        if step >= 4 { result.seconds.append(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9) }
      }
      result.peakMemory.append(currentPeakMemory())
      return result
    }
  }

  /// Operations (a multiplication and an addition each count) that training takes for an image: three times those of
  /// the convolutions and the head forward.
  public func flopsPerImage(catalog: Catalog = .standard) throws(TrainingError) -> Double {
    try wrapping {
      let model = try Model(
        network, channels: channels, size: size, classes: classes, source: .seed(0), networks: catalog.networks)
      var multiplications = model.head.weight.count
      try withoutGradient { () throws(TorchError) in
        let pass = Pass(.evaluation, counting: { multiplications += $0 })
        _ = try model.projected(
          model.network.features(Tensor.zeros([1, channels, size, size]).channelsLast(), pass), pass)
      }
      return 6 * Double(multiplications)
    }
  }
}
