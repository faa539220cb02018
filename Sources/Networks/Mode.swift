import Torch

/// Whether a network is being trained or evaluated. Training carries its randomness as a value.
public enum Mode {
  case evaluation
  case training(SampleRandomness)

  /// Whether batch statistics are used and gradients wanted.
  public var isTraining: Bool {
    if case .training = self { true } else { false }
  }
}

/// Random numbers that belong to samples, not to places in a batch: what is drawn for sample i in epoch e does not
/// depend on batch size, order, workers or resumption.
public struct SampleRandomness {
  /// The run's seed.
  public let seed: UInt64
  /// The epoch, from 0.
  public let epoch: Int
  /// The index in the training set of each row of the batch.
  public let samples: [Int]
  /// Epoch and samples once more as tensors on the device where the numbers are to be drawn; nil for the processor.
  public let remote: RemoteSamples?

  /// Collects them.
  public init(seed: UInt64, epoch: Int, samples: [Int], remote: RemoteSamples? = nil) {
    self.seed = seed
    self.epoch = epoch
    self.samples = samples
    self.remote = remote
  }

  /// Uniform numbers in [0, 1), `width` for each row: f32 [samples.count, width]. `stream` separates uses. The same numbers
  /// wherever they are drawn.
  public func uniform(width: Int, stream: UInt64) throws(TorchError) -> Tensor {
    if let remote { return try remote.uniform(width: width, stream: stream, seed: seed) }
    var values = [Float]()
    values.reserveCapacity(samples.count * width)
    for sample in samples {
      let key = mix(mix(mix(seed &+ stream &* 0x9E37_79B9_7F4A_7C15) ^ UInt64(epoch)) ^ UInt64(sample))
      for column in 0..<width {
        let bits = mix(key &+ UInt64(column) &* 0x9E37_79B9_7F4A_7C15)
        values.append(Float(bits >> 40) * 0x1p-24)
      }
    }
    return try Tensor(values, shape: [samples.count, width])
  }
}

/// The finalizer of SplitMix64 (Steele et al. 2014): a bijection whose output bits all depend on all input bits.
@inline(__always)
func mix(_ value: UInt64) -> UInt64 {
  var z = value &+ 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
