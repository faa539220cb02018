/// A view through frosted glass: Gaussian blur, pixels displaced at random, Gaussian blur again.
///
/// The reference means to swap each pixel with a neighbour, but NumPy's views make it a copy: the pixel takes the
/// neighbour's value and the neighbour keeps its own. The published sets were made so; this does the same.
enum GlassBlur {
  /// - Parameters:
  ///   - sigma: of both blurs, in pixels.
  ///   - reach: how far a neighbour is at most, in pixels.
  ///   - rounds: how often every pixel is displaced.
  ///   - draw: an integer in -reach..<reach; asked for the column, then the row of each neighbour.
  static func apply(_ image: Bitmap, sigma: Double, reach: Int, rounds: Int, draw: () -> Int) -> Bitmap {
    let (width, height, channels) = (image.width, image.height, image.channels)
    let filter = GaussianFilter(sigma: sigma)
    let first = filter(CorruptionLevels.shares(of: image), height: height, width: width, channels: channels)
    var pixels = first.map { UInt8(min(max($0 * 255, 0), 255)) }
    pixels.withUnsafeMutableBufferPointer { pixels in
      for _ in 0..<rounds {
        for y in stride(from: height - reach, to: reach, by: -1) {
          for x in stride(from: width - reach, to: reach, by: -1) {
            let dx = draw()
            let dy = draw()
            let from = ((y + dy) * width + x + dx) * channels
            let to = (y * width + x) * channels
            for channel in 0..<channels { pixels[to + channel] = pixels[from + channel] }
          }
        }
      }
    }
    let shares = pixels.map { CorruptionLevels.shares[Int($0)] }
    return CorruptionLevels.image(filter(shares, height: height, width: width, channels: channels), like: image)
  }
}

extension Corruption {
  /// Frosted glass.
  public static let glassBlur = Corruption("glass_blur", index: 4, group: .blur) { image, severity, table, random in
    let (sigma, reach, rounds) = table.pick(
      severity, imageNet: [(0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)],
      tinyImageNet: [(0.1, 1, 1), (0.5, 1, 1), (0.6, 1, 2), (0.7, 2, 1), (0.9, 2, 2)],
      cifar: [(0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)])
    return GlassBlur.apply(image, sigma: sigma, reach: reach, rounds: rounds) { random.below(2 * reach) - reach }
  }
}
