import Datasets

/// Mean and deviation of each channel over the training samples, in [0, 1]; part of a run, used for every set it sees.
public struct Normalization: Codable, Hashable, Sendable {
  /// Means, one a channel.
  public var mean: [Double]
  /// Standard deviations, one a channel.
  public var deviation: [Double]

  /// Pictures that are not in memory are measured by this many of them at most, spread evenly.
  static let pictures = 4096

  /// Figures given.
  init(mean: [Double], deviation: [Double]) {
    self.mean = mean
    self.deviation = deviation
  }

  /// Measures them over `samples`; over some thousand of them where pictures are decoded when they are needed. Pictures
  /// that cannot be decoded are left out here, and dealt with when they are trained on.
  public init(of samples: Samples) throws(DatasetError) {
    var samples = samples
    if samples.encoded != nil {
      samples.onBadImage = .skip
      if samples.count > Self.pictures {
        let (count, all) = (Self.pictures, samples.count)
        samples = samples.selecting((0..<count).map { $0 * all / count })
      }
    }
    let statistics = try ImageStatistics.measure(samples).0
    mean = statistics.mean
    deviation = statistics.deviation.map { max($0, 1e-3) }  // a constant channel must not divide by zero
  }

  /// For each channel, what each of the 256 byte values becomes.
  var table: [Float] {
    (0..<mean.count).flatMap { channel in
      (0..<256).map { Float((Double($0) / 255 - mean[channel]) / deviation[channel]) }
    }
  }

  /// For each channel, the factor of a byte value.
  var scale: [Float] { deviation.map { Float(1 / (255 * $0)) } }

  /// For each channel, what is added after the factor.
  var offset: [Float] { zip(mean, deviation).map { Float(-$0 / $1) } }
}
