/// Falling snow: specks of noise, enlarged and blurred along their fall, over a paler image.
enum Snow {
  /// The strengths of a severity.
  struct Strength {
    /// Mean and deviation of the noise.
    var mean: Double
    var deviation: Double
    /// How much specks are enlarged.
    var zoom: Double
    /// What stays below is no snow.
    var threshold: Double
    /// Of the blur along the fall, in pixels.
    var radius: Int
    var sigma: Double
    /// The share of the image kept against its paler self.
    var kept: Double

    init(
      _ mean: Double, _ deviation: Double, _ zoom: Double, _ threshold: Double, _ radius: Int, _ sigma: Double,
      _ kept: Double
    ) {
      self.mean = mean
      self.deviation = deviation
      self.zoom = zoom
      self.threshold = threshold
      self.radius = radius
      self.sigma = sigma
      self.kept = kept
    }
  }

  /// The snow over an image, given noise [height, width] and the direction of the fall in degrees.
  static func apply(_ image: Bitmap, _ strength: Strength, noise: [Double], angle: Double) -> Bitmap {
    let (width, height) = (image.width, image.height)
    let specks = LinearZoom.enlarged(
      noise, height: height, width: width, channels: 1, factor: strength.zoom, cropped: false)
    let bright = specks.values.map { $0 < strength.threshold ? 0 : min(max($0, 0), 1) }
    let streaks = MotionBlur(radius: strength.radius, sigma: strength.sigma, angle: angle)(
      bright, height: specks.height, width: specks.width, channels: 1)
    // The layer as bytes, cut to the image; where it is smaller there is none.
    var layer = [Double](repeating: 0, count: width * height)
    for y in 0..<min(height, specks.height) {
      for x in 0..<min(width, specks.width) {
        layer[y * width + x] = (streaks[y * specks.width + x] * 255).rounded(.toNearestOrEven) / 255
      }
    }
    let channels = image.channels
    let table = CorruptionLevels.shares.map { Float($0) }
    let (kept, paled) = (Float(strength.kept), Float(1 - strength.kept))
    var pixels = image.pixels
    for place in 0..<width * height {
      let from = place * channels
      // Twice: as it is, and turned by 180 degrees.
      let snow = layer[place]
      let turned = layer[width * height - 1 - place]
      let gray =
        channels == 1
        ? table[Int(pixels[from])]
        : 0.299 * table[Int(pixels[from])] + 0.587 * table[Int(pixels[from + 1])] + 0.114 * table[Int(pixels[from + 2])]
      let pale = gray * 1.5 + 0.5
      for channel in from..<from + channels {
        let value = table[Int(pixels[channel])]
        pixels[channel] = CorruptionLevels.byte(Double(kept * value + paled * max(value, pale)) + snow + turned)
      }
    }
    return CorruptionLevels.image(bytes: pixels, like: image)
  }
}

extension Corruption {
  /// Falling snow; the direction is uniform in -135..<-45 degrees.
  public static let snow = Corruption("snow", index: 7, group: .weather) { image, severity, table, random in
    let strength = table.pick(
      severity,
      imageNet: [
        .init(0.1, 0.3, 3, 0.5, 10, 4, 0.8), .init(0.2, 0.3, 2, 0.5, 12, 4, 0.7), .init(0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        .init(0.55, 0.3, 4.5, 0.85, 12, 8, 0.65), .init(0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
      ],
      tinyImageNet: [
        .init(0.1, 0.2, 1, 0.6, 8, 3, 0.8), .init(0.1, 0.2, 1, 0.5, 10, 4, 0.8),
        .init(0.15, 0.3, 1.75, 0.55, 10, 4, 0.7), .init(0.25, 0.3, 2.25, 0.6, 12, 6, 0.65),
        .init(0.3, 0.3, 1.25, 0.65, 14, 12, 0.6),
      ],
      cifar: [
        Snow.Strength(0.1, 0.2, 1, 0.6, 8, 3, 0.95), .init(0.1, 0.2, 1, 0.5, 10, 4, 0.9),
        .init(0.15, 0.3, 1.75, 0.55, 10, 4, 0.9), .init(0.25, 0.3, 2.25, 0.6, 12, 6, 0.85),
        .init(0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
      ])
    let noise = random.normals(image.width * image.height, mean: strength.mean, deviation: strength.deviation)
    return Snow.apply(image, strength, noise: noise, angle: random.uniform(-135, -45))
  }
}
