import Foundation

/// Textures of ice of our own, drawn by rule: the same bytes in every run.
///
/// A sheet is a sum of fractal noise, of crystals (needles, or trunks with side branches at 60 degrees), and of fine
/// grain, on a torus. It is then given the mean and deviation of each colour that one of the five published photographs
/// has, so that it hides about as much of an image.
struct FrostTexture {
  /// Columns and rows of a sheet.
  static let side = 512

  /// Weights of the three parts, how the noise decays, and how the crystals look.
  private var parts: (cloud: Double, crystals: Double, grain: Double)
  private var decay: Double
  private var crystals: (count: Int, length: Double, branches: Int)
  private var mean: [Double]
  private var deviation: [Double]

  /// Five sheets, in the brightness of the five photographs; drawn once.
  static let standard: [Bitmap] = [
    FrostTexture(
      parts: (1.2, 0.6, 0.5), decay: 1.4, crystals: (900, 40, 0), mean: [78, 149, 166], deviation: [27, 16.5, 15]),
    FrostTexture(
      parts: (0.8, 0.8, 0.2), decay: 1.6, crystals: (2200, 34, 0), mean: [201, 205, 214], deviation: [21, 22, 22.5]),
    FrostTexture(
      parts: (0.8, 0.8, 0.2), decay: 1.6, crystals: (1500, 44, 2), mean: [201, 205, 214], deviation: [21, 22, 22.5]),
    FrostTexture(
      parts: (0.7, 0.5, 0.6), decay: 1.4, crystals: (800, 22, 4), mean: [138, 153, 165], deviation: [28.5, 28.5, 30]),
    FrostTexture(
      parts: (1, 1, 0.2), decay: 1.6, crystals: (420, 46, 9), mean: [112, 123, 135], deviation: [44, 43, 42]),
  ].enumerated().map { $1.draw(sheet: $0) }

  private func draw(sheet: Int) -> Bitmap {
    let side = Self.side
    // Far from the numbers of images, whose first key is below 256.
    var random = CounterGenerator(seed: 0, purpose: .corruption, 1 << 32, UInt64(sheet))
    let cloud = Self.standardized(Plasma.map(side: side, decay: decay) { random.uniform() })
    var ice = [Double](repeating: 0, count: side * side)
    for _ in 0..<crystals.count { addCrystal(to: &ice, random: &random) }
    ice = Self.standardized(ice.map { $0 / (1 + $0) })
    let noise = Self.standardized(
      GaussianFilter(sigma: 0.7)(
        random.normals(side * side, deviation: 1), height: side, width: side, channels: 1))
    let (cloudWeight, iceWeight, grainWeight) = parts
    let sum = Self.standardized(
      cloud.indices.map { (place: Int) -> Double in
        let large: Double = cloudWeight * cloud[place] + iceWeight * ice[place]
        return large + grainWeight * noise[place]
      })
    var pixels: [UInt8] = []
    pixels.reserveCapacity(side * side * 3)
    for value in sum {
      for channel in 0..<3 {
        let level: Double = mean[channel] + deviation[channel] * value
        pixels.append(CorruptionLevels.byte(level: level + 0.5))
      }
    }
    return Bitmap(unchecked: pixels, width: side, height: side, channels: 3)
  }

  /// A trunk in a random direction, and branches on both sides that shorten towards its tip.
  private func addCrystal(to ice: inout [Double], random: inout CounterGenerator) {
    let side = Double(Self.side)
    let root = (x: random.uniform(0, side), y: random.uniform(0, side))
    let angle = random.uniform(0, 2 * Double.pi)
    let length = crystals.length * random.uniform(0.4, 1.6)
    let glow = random.uniform(0.3, 1)
    Self.addLine(to: &ice, x: root.x, y: root.y, angle: angle, length: length, glow: glow)
    for branch in 0..<crystals.branches {
      let share = (Double(branch) + 0.5) / Double(crystals.branches)
      let (x, y) = (root.x + cos(angle) * length * share, root.y + sin(angle) * length * share)
      for turn in [-Double.pi / 3, Double.pi / 3] {
        let reach = length * 0.5 * (1 - share) * random.uniform(0.6, 1)
        Self.addLine(to: &ice, x: x, y: y, angle: angle + turn, length: reach, glow: glow * 0.8)
      }
    }
  }

  /// A line that fades to its end, spread over the four pixels around each of its points.
  private static func addLine(
    to ice: inout [Double], x: Double, y: Double, angle: Double, length: Double, glow: Double
  ) {
    let steps = max(1, Int(length * 1.5))
    let (dx, dy) = (cos(angle) * length / Double(steps), sin(angle) * length / Double(steps))
    for step in 0..<steps {
      let (px, py) = (x + dx * Double(step), y + dy * Double(step))
      let (left, top) = (px.rounded(.down), py.rounded(.down))
      let (fx, fy) = (px - left, py - top)
      let light = glow * (1 - 0.7 * Double(step) / Double(steps))
      for (oy, wy) in [(0, 1 - fy), (1, fy)] {
        for (ox, wx) in [(0, 1 - fx), (1, fx)] {
          // The side is a power of two.
          let place = ((Int(top) + oy) & (side - 1)) * side + ((Int(left) + ox) & (side - 1))
          ice[place] += light * wx * wy
        }
      }
    }
  }

  /// Brought to mean 0 and deviation 1.
  private static func standardized(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    let scale = square > 0 ? 1 / square.squareRoot() : 0
    return values.map { ($0 - mean) * scale }
  }
}
