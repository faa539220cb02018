import CCodecs

/// Mean and standard deviation of every channel, over all pixels, scaled to [0, 1].
///
/// Exact: the sums are of whole numbers, and the deviation is that of the whole set (divided by n).
public struct ImageStatistics: Codable, Hashable, Sendable {
  /// Mean of each channel.
  public var mean: [Double]
  /// Standard deviation of each channel.
  public var deviation: [Double]

  /// Statistics of these samples; of none at all, zeros.
  public init(_ samples: Samples) {
    let shape = samples.shape
    let plane = shape.height * shape.width
    var counts = [[UInt64]](
      repeating: [UInt64](repeating: 0, count: 256), count: shape.channels)
    samples.pixels.withUnsafeBufferPointer { pixels in
      guard let base = pixels.baseAddress else { return }
      for image in 0..<samples.count {
        for channel in 0..<shape.channels {
          cc_histogram(base + (image * shape.channels + channel) * plane, plane, &counts[channel])
        }
      }
    }
    mean = []
    deviation = []
    for channel in counts {
      var n = 0.0
      var sum = 0.0
      var squares = 0.0
      for (value, count) in channel.enumerated() {
        n += Double(count)
        sum += Double(count) * Double(value)
        squares += Double(count) * Double(value * value)
      }
      let average = n > 0 ? sum / n : 0
      let variance = n > 0 ? max(0, squares / n - average * average) : 0
      mean.append(average / 255)
      deviation.append(variance.squareRoot() / 255)
    }
  }
}
