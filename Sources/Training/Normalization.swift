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
  public init(mean: [Double], deviation: [Double]) {
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

  /// The same as factors and offsets; nil unless there are three channels.
  var pixels: PixelNormalization? {
    guard mean.count == 3, deviation.count == 3 else { return nil }
    func each(_ value: (Int) -> Double) -> SIMD3<Float> {
      SIMD3(Float(value(0)), Float(value(1)), Float(value(2)))
    }
    return PixelNormalization(
      scale: each { 1 / (255 * deviation[$0]) }, offset: each { -mean[$0] / deviation[$0] })
  }
}
