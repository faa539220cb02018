import Foundation

/// One image of the built-in set before it is drawn: its factors, and what varies inside them.
struct GlyphScene {
  let family: Int
  let variant: Int
  let hue: Int
  let texture: Int
  let orientation: Int
  let size: Int
  let position: Int
  let background: Int

  private let difficulty: GlyphDifficulty
  private let radius: Double
  private let middle: (x: Double, y: Double)
  private let pointing: (x: Double, y: Double)
  private let color: GlyphColor
  private let backgrounds: (GlyphColor, GlyphColor)
  private let backgroundDirection: (x: Double, y: Double)
  private let opacity: Double
  private let bar: (x: Double, y: Double, offset: Double, shade: Double)?

  /// Draws the factors first, each from its own number, then the rest.
  init(_ random: inout CounterGenerator, difficulty: GlyphDifficulty) {
    func strayed(_ random: inout CounterGenerator) -> Double { random.uniform(-0.5, 0.5) * difficulty.jitter }
    func unit(_ angle: Double) -> (x: Double, y: Double) { (cos(angle), sin(angle)) }
    family = random.below(GlyphShape.families.count)
    variant = random.below(4)
    hue = random.below(8)
    texture = random.below(GlyphTexture.allCases.count)
    orientation = random.below(6)
    size = random.below(4)
    position = random.below(9)
    background = random.below(GlyphBackground.allCases.count)
    self.difficulty = difficulty
    radius = 8.6 + 1.4 * (Double(size) + 0.5 * strayed(&random))
    middle = (
      15.5 + 2.5 * (Double(position % 3 - 1) + strayed(&random)),
      15.5 + 2.5 * (Double(position / 3 - 1) + strayed(&random))
    )
    // Rows run downwards, so a turn to the left has a falling row.
    pointing = unit(-Double.pi / 9 * (Double(orientation) - 2.5 + strayed(&random)))
    // The shape is brighter than its background in every channel, or nearly.
    color = GlyphColor(
      hue: (Double(hue) + 8 + strayed(&random)) / 8, saturation: random.uniform(0.4, 0.65),
      value: random.uniform(0.85, 1))
    func dull(_ random: inout CounterGenerator) -> GlyphColor {
      GlyphColor(hue: random.uniform(), saturation: random.uniform(0, 0.3), value: random.uniform(0.05, 0.35))
    }
    let first = dull(&random)
    backgrounds = (first, first.mixed(difficulty.clutter, of: dull(&random)))
    backgroundDirection = unit(2 * Double.pi * random.uniform())
    opacity = random.uniform() < difficulty.faint ? random.uniform(0.45, 0.7) : 1
    let isCrossed = random.uniform() < difficulty.occlusion
    let across = unit(2 * Double.pi * random.uniform())
    let offset = random.uniform(-7, 7)
    let shade = random.uniform(0.1, 0.9)
    bar = isCrossed ? (across.x, across.y, offset, shade) : nil
  }

  /// The class of this image for a factor.
  func value(of factor: GlyphFactor) -> Int {
    switch factor {
    case .coarse: return family
    case .fine: return family * 4 + variant
    case .hue: return hue
    case .texture: return texture
    case .orientation: return orientation
    case .size: return size
    case .position: return position
    case .background: return background
    }
  }

  /// Draws three planes of 32x32 bytes. `random` goes on where `init` left it.
  func draw(into planes: UnsafeMutableBufferPointer<UInt8>, _ random: inout CounterGenerator) {
    let surfaceGrain = GlyphGrain(&random)
    let backgroundGrain = GlyphGrain(&random)
    let surface = GlyphTexture.allCases[texture]
    let ground = GlyphBackground.allCases[background]
    let side = 32
    for row in 0..<side {
      for column in 0..<side {
        let (x, y) = (Double(column) - 15.5, Double(row) - 15.5)
        let share = ground.mixture(x, y, direction: backgroundDirection, grain: backgroundGrain)
        var pixel = backgrounds.0.mixed(share, of: backgrounds.1)
        let (dx, dy) = (Double(column) - middle.x, Double(row) - middle.y)
        // In the shape's own frame: along where it points, and across.
        let (along, across) = (dx * pointing.x + dy * pointing.y, dy * pointing.x - dx * pointing.y)
        let far = dx * dx + dy * dy > (radius + 2) * (radius + 2)
        let cover = far ? 0 : cover(along / radius, across / radius)
        if cover > 0 {
          let light = 0.78 + 0.22 * max(-1, min(1, along / radius))
          let brightness = surface.brightness(along, across, grain: surfaceGrain)
          pixel = pixel.mixed(
            cover * opacity, of: color.scaled(light * (1 - difficulty.relief * (1 - brightness))))
        }
        if let bar, abs(x * bar.x + y * bar.y - bar.offset) < 1.6 {
          pixel = GlyphColor(red: bar.shade, green: bar.shade, blue: bar.shade)
        }
        // Three pairs of bytes: sums of two even numbers, so noise between -1 and 1 with a peak at 0.
        let noise = random.next()
        let place = row * side + column
        planes[place] = byte(pixel.red, noise)
        planes[place + side * side] = byte(pixel.green, noise >> 16)
        planes[place + 2 * side * side] = byte(pixel.blue, noise >> 32)
      }
    }
  }

  /// How much of the pixel at (x, y), in radii, the shape covers: its edge is one pixel wide.
  private func cover(_ x: Double, _ y: Double) -> Double {
    let distance = GlyphShape.distance(family: family, variant: variant, x: x, y: y) * radius
    return min(1, max(0, 0.5 - distance))
  }

  private func byte(_ value: Double, _ noise: UInt64) -> UInt8 {
    let swing = Double(Int(noise & 255) + Int(noise >> 8 & 255) - 255) / 255
    return UInt8(min(255, max(0, (255 * (value + difficulty.noise * swing)).rounded())))
  }
}
