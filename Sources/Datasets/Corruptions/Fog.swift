/// Fog: a cloud of fractal noise added, and the whole brought back to the image's brightest value.
enum Fog {
  /// Adds `thickness` times a cloud [side, side] in 0...1 that covers the image.
  static func apply(_ image: Bitmap, thickness: Double, cloud: [Double], side: Int) -> Bitmap {
    let (width, channels) = (image.width, image.channels)
    let brightest = CorruptionLevels.shares[Int(image.pixels.max() ?? 0)]
    var pixels = image.pixels
    for y in 0..<image.height {
      for x in 0..<width {
        let fog = thickness * cloud[y * side + x]
        let from = (y * width + x) * channels
        for place in from..<from + channels {
          let share = CorruptionLevels.shares[Int(pixels[place])] + fog
          pixels[place] = CorruptionLevels.byte(share * brightest / (brightest + thickness))
        }
      }
    }
    return CorruptionLevels.image(bytes: pixels, like: image)
  }

  /// The side of the cloud for an image: the power of two that covers it.
  static func side(_ image: Bitmap) -> Int {
    var side = 2
    while side < max(image.width, image.height) { side *= 2 }
    return side
  }
}

/// Fractal noise on a torus, by the diamond-square method.
///
/// From a grid of spacing s, the middle of each square becomes the mean of its corners plus noise, then the middle of
/// each edge the mean of its four neighbours plus noise; the spacing is halved and w divided by `decay`. The noise is
/// w times a number in [-w, w), w = 100 at first (the reference multiplies twice; kept).
enum Plasma {
  /// A map [side, side], side a power of two, its values brought to 0...1. `draw` gives numbers in [0, 1): for each
  /// spacing those of the squares, of the horizontal edges, then of the vertical ones, each by rows.
  static func map(side: Int, decay: Double, draw: () -> Double) -> [Double] {
    var map = [Double](repeating: 0, count: side * side)
    var spacing = side
    var width = 100.0
    func noisy(_ sum: Double) -> Double { sum / 4 + width * (-width + 2 * width * draw()) }
    map.withUnsafeMutableBufferPointer { map in
      while spacing >= 2 {
        let (step, half, count) = (spacing, spacing / 2, side / spacing)
        /// Row and column of a grid point, wrapped.
        func corner(_ i: Int, _ j: Int) -> Double {
          map[(i == count ? 0 : i) * step * side + (j == count ? 0 : j) * step]
        }
        func middle(_ i: Int, _ j: Int) -> Double {
          map[((i < 0 ? count - 1 : i) * step + half) * side + (j < 0 ? count - 1 : j) * step + half]
        }
        for i in 0..<count {
          for j in 0..<count {
            let sum = corner(i, j) + corner(i + 1, j) + (corner(i, j + 1) + corner(i + 1, j + 1))
            map[(i * step + half) * side + j * step + half] = noisy(sum)
          }
        }
        for i in 0..<count {
          for j in 0..<count {
            let sum = middle(i, j) + middle(i - 1, j) + (corner(i, j) + corner(i, j + 1))
            map[i * step * side + j * step + half] = noisy(sum)
          }
        }
        for i in 0..<count {
          for j in 0..<count {
            let sum = middle(i, j) + middle(i, j - 1) + (corner(i, j) + corner(i + 1, j))
            map[(i * step + half) * side + j * step] = noisy(sum)
          }
        }
        spacing = half
        width /= decay
      }
    }
    let low = map.min() ?? 0
    let range = map.reduce(0) { max($0, $1 - low) }
    return map.map { range > 0 ? ($0 - low) / range : 0 }
  }
}

extension Corruption {
  /// Fog.
  public static let fog = Corruption("fog", index: 9, group: .weather) { image, severity, table, random in
    let (thickness, decay) = table.pick(
      severity, imageNet: [(1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)],
      tinyImageNet: [(0.4, 3), (0.7, 3), (1, 2.5), (1.5, 2), (2, 1.75)],
      cifar: [(0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)])
    let side = Fog.side(image)
    let cloud = Plasma.map(side: side, decay: decay) { random.uniform() }
    return Fog.apply(image, thickness: thickness, cloud: cloud, side: side)
  }
}
