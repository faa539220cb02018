import CCodecs

/// Mean and standard deviation of every channel, over all pixels, scaled to [0, 1].
///
/// Exact: the sums are of whole numbers, and the deviation is that of the whole set (divided by n).
public struct ImageStatistics: Codable, Hashable, Sendable {
  /// Mean of each channel.
  public var mean: [Double]
  /// Standard deviation of each channel.
  public var deviation: [Double]

  /// How often each value occurs in each channel.
  private struct Counts: Sendable {
    var values: [UInt64]
    let channels: Int

    init(channels: Int) {
      self.channels = channels
      values = [UInt64](repeating: 0, count: 256 * channels)
    }

    /// Adds planes that follow each other.
    mutating func add(_ planes: UnsafePointer<UInt8>, area: Int) {
      values.withUnsafeMutableBufferPointer { counts in
        guard let base = counts.baseAddress else { return }
        for channel in 0..<channels { cc_histogram(planes + channel * area, area, base + 256 * channel) }
      }
    }

    mutating func add(_ other: [UInt32]) {
      for place in values.indices { values[place] += UInt64(other[place]) }
    }
  }

  /// Statistics of samples in memory; of none at all, zeros.
  public init(_ samples: Samples) {
    var counts = Counts(channels: samples.shape.channels)
    samples.pixels.withUnsafeBufferPointer { pixels in
      guard let base = pixels.baseAddress else { return }
      let area = samples.shape.height * samples.shape.width
      for image in 0..<samples.count { counts.add(base + image * samples.shape.count, area: area) }
    }
    self.init(counts)
  }

  private init(_ counts: Counts) {
    mean = []
    deviation = []
    for channel in 0..<counts.channels {
      var n = 0.0
      var sum = 0.0
      var squares = 0.0
      for (value, count) in counts.values[256 * channel..<256 * (channel + 1)].enumerated() {
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

  /// Statistics of any samples; pictures are decoded on all cores, with the set's transform. Bad ones by the set's policy:
  /// those left out come with their places.
  public static func measure(
    _ samples: Samples, progress: (Int) -> Void = { _ in }
  ) throws(DatasetError) -> (ImageStatistics, skipped: [(index: Int, image: BadImage)]) {
    guard let encoded = samples.encoded else { return (ImageStatistics(samples), []) }
    if encoded.policy == .list { try samples.listBad(progress: progress) }
    let shape = samples.shape
    let area = shape.height * shape.width
    var counts = Counts(channels: shape.channels)
    var skipped: [(index: Int, image: BadImage)] = []
    var stopped: BadImage?
    OrderedPool.run(count: samples.count) { reader, index -> Result<[UInt32], BadImage> in
      do throws(ImageFault) {
        let planes = try reader.planes(encoded, index, shape: shape)
        return .success(Self.histogram(planes, channels: shape.channels, area: area))
      } catch {
        return .failure(BadImage(file: encoded.name(index), reason: error.description))
      }
    } take: { index, result in
      progress(index + 1)
      switch result {
      case .success(let found): counts.add(found)
      case .failure(let bad):
        if encoded.policy == .stop {
          stopped = bad
          return false
        }
        skipped.append((index, bad))
      }
      return true
    }
    if let stopped { throw stopped.error }
    return (ImageStatistics(counts), skipped)
  }

  private static func histogram(_ planes: [UInt8], channels: Int, area: Int) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: 256 * channels)
    for channel in 0..<channels {
      for place in channel * area..<(channel + 1) * area { counts[256 * channel + Int(planes[place])] += 1 }
    }
    return counts
  }
}
