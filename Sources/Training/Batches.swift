import Datasets
import Torch

/// Mean and deviation of each channel over the training samples, in [0, 1]; part of a run, used for every set it sees.
public struct Normalization: Codable, Hashable, Sendable {
  /// Means, one a channel.
  public var mean: [Double]
  /// Standard deviations, one a channel.
  public var deviation: [Double]

  /// Measures them over `samples`.
  public init(of samples: Samples) {
    let channels = samples.shape.channels
    let area = samples.shape.height * samples.shape.width
    var sums = [UInt64](repeating: 0, count: channels)
    var squares = [UInt64](repeating: 0, count: channels)
    samples.pixels.withUnsafeBufferPointer { pixels in
      for image in 0..<samples.count {
        for channel in 0..<channels {
          let start = (image * channels + channel) * area
          var sum: UInt64 = 0
          var square: UInt64 = 0
          for i in start..<start + area {
            let value = UInt64(pixels[i])
            sum &+= value
            square &+= value * value
          }
          sums[channel] += sum
          squares[channel] += square
        }
      }
    }
    let n = Double(max(1, samples.count * area))
    mean = sums.map { Double($0) / n / 255 }
    deviation = (0..<channels).map { channel in
      let mean = Double(sums[channel]) / n
      let variance = Double(squares[channel]) / n - mean * mean
      return max(variance.squareRoot() / 255, 1e-3)  // a constant channel must not divide by zero
    }
  }

  /// For each channel, what each of the 256 byte values becomes.
  var table: [Float] {
    (0..<mean.count).flatMap { channel in
      (0..<256).map { Float((Double($0) / 255 - mean[channel]) / deviation[channel]) }
    }
  }
}

/// Turns samples into batches of tensors: normalized, augmented, in channels-last memory.
public struct Batches: Sendable {
  let samples: Samples
  let table: [Float]
  let augment: [Augmentation]
  let seed: UInt64

  /// Batches of `samples`; `augment` and `seed` matter only to training batches.
  public init(_ samples: Samples, normalization: Normalization, augment: [Augmentation] = [], seed: UInt64 = 0) {
    self.samples = samples
    table = normalization.table
    self.augment = augment
    self.seed = seed
  }

  /// The order of all samples in an epoch: a function of seed and epoch.
  public func order(epoch: Int) -> [Int] {
    CounterGenerator.permutation(count: samples.count, seed: seed, purpose: .order, UInt64(epoch))
  }

  /// The samples `indices`: images f32 [n, c, h, w] (channels-last memory) and labels i64 [n]. With an epoch they are
  /// augmented, each image by numbers drawn for it and that epoch alone.
  public func batch(_ indices: some RandomAccessCollection<Int>, epoch: Int?) throws(TorchError) -> (
    images: Tensor, labels: Tensor
  ) {
    let shape = samples.shape
    let (channels, height, width) = (shape.channels, shape.height, shape.width)
    let flips = epoch != nil && augment.contains(.flip)
    let reach = epoch != nil && augment.contains(.shift) ? (max(height, width) + 4) / 8 : 0
    let values = [Float](unsafeUninitializedCapacity: indices.count * shape.count) { out, initialized in
      samples.pixels.withUnsafeBufferPointer { pixels in
        table.withUnsafeBufferPointer { table in
          var place = 0
          for index in indices {
            var (flip, dy, dx) = (false, 0, 0)
            if let epoch, flips || reach > 0 {
              var random = CounterGenerator(seed: seed, purpose: .augmentation, UInt64(epoch), UInt64(index))
              flip = flips && random.next() & 1 == 1
              if reach > 0 { (dy, dx) = (random.below(2 * reach + 1) - reach, random.below(2 * reach + 1) - reach) }
            }
            let image = index * shape.count
            for y in 0..<height {
              let sourceY = y + dy
              let inside = sourceY >= 0 && sourceY < height
              for x in 0..<width {
                let sourceX = (flip ? width - 1 - x : x) + dx
                let visible = inside && sourceX >= 0 && sourceX < width
                let offset = image + sourceY * width + sourceX
                for channel in 0..<channels {
                  let byte = visible ? Int(pixels[offset + channel * height * width]) : 0
                  out[place] = table[channel << 8 | byte]
                  place += 1
                }
              }
            }
          }
          initialized = place
        }
      }
    }
    let images = try Tensor(values, shape: [indices.count, height, width, channels]).permute([0, 3, 1, 2])
    let labels = try Tensor(indices.map { samples.labels[$0] })
    return (images, labels)
  }
}
