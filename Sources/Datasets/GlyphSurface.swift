import Foundation

/// What a shape's surface shows.
enum GlyphTexture: String, CaseIterable {
  case solid, stripes, checks, spots, circles, grain

  /// Brightness in [0, 1] at (x, y), in pixels from the shape's middle, along and across where it points.
  func brightness(_ x: Double, _ y: Double, grain: GlyphGrain) -> Double {
    let wave = 2 * Double.pi / 4.6
    switch self {
    case .solid: return 1
    case .stripes: return step(sin(wave * x))
    case .checks: return step(2 * sin(wave * 0.75 * x) * sin(wave * 0.75 * y))
    case .spots: return step(cos(wave * x) + cos(wave * y) - 0.4)
    case .circles: return step(sin(wave * hypot(x, y)))
    case .grain: return grain.value(x * 0.5, y * 0.5)
    }
  }

  private func step(_ value: Double) -> Double { min(1, max(0, 0.5 + 1.5 * value)) }
}

/// What lies behind a shape.
enum GlyphBackground: String, CaseIterable {
  case plain, slope, waves, clouds, tiles, clutter

  /// The share in [0, 1] of the second background colour at (x, y), in pixels from the image's middle.
  func mixture(_ x: Double, _ y: Double, direction: (x: Double, y: Double), grain: GlyphGrain) -> Double {
    let along = x * direction.x + y * direction.y
    switch self {
    case .plain: return 0
    case .slope: return min(1, max(0, 0.5 + along / 32))
    case .waves: return 0.5 + 0.5 * sin(along * 2 * Double.pi / 9)
    case .clouds: return grain.smooth(x / 7, y / 7)
    case .tiles: return grain.value(x / 5, y / 5)
    case .clutter:
      // A disc of its own size and shade in some cells of a grid, cut at the cell's edge.
      let (cellX, cellY) = ((x / 8).rounded(.down), (y / 8).rounded(.down))
      let shade = grain.value(cellX, cellY)
      let radius = 1 + 3 * grain.value(cellX + 7, cellY + 3)
      return hypot(x - cellX * 8 - 4, y - cellY * 8 - 4) < radius ? 0.35 + 0.65 * shade : 0
    }
  }
}

/// 16x16 random numbers in [0, 1), repeated over the plane.
struct GlyphGrain {
  private let values: [Double]

  init(_ random: inout CounterGenerator) {
    var values: [Double] = []
    for _ in 0..<32 {
      let word = random.next()
      for byte in 0..<8 { values.append(Double(word >> (8 * UInt64(byte)) & 255) / 256) }
    }
    self.values = values
  }

  /// The number of the cell at (x, y).
  func value(_ x: Double, _ y: Double) -> Double {
    values[(Int(y.rounded(.down)) & 15) << 4 | Int(x.rounded(.down)) & 15]
  }

  /// The same with smooth passages between the cells.
  func smooth(_ x: Double, _ y: Double) -> Double {
    let (left, top) = (x.rounded(.down), y.rounded(.down))
    let (u, v) = (x - left, y - top)
    let (s, t) = (u * u * (3 - 2 * u), v * v * (3 - 2 * v))
    let upper = value(left, top) * (1 - s) + value(left + 1, top) * s
    let lower = value(left, top + 1) * (1 - s) + value(left + 1, top + 1) * s
    return upper * (1 - t) + lower * t
  }
}

/// A colour of red, green and blue in [0, 1].
struct GlyphColor {
  var red: Double
  var green: Double
  var blue: Double

  init(red: Double, green: Double, blue: Double) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// From hue (1 is a full turn), saturation and value.
  init(hue: Double, saturation: Double, value: Double) {
    func channel(_ n: Double) -> Double {
      let k = (n + hue * 6).truncatingRemainder(dividingBy: 6)
      return value - value * saturation * max(0, min(k, 4 - k, 1))
    }
    self.init(red: channel(5), green: channel(3), blue: channel(1))
  }

  func scaled(_ factor: Double) -> GlyphColor {
    GlyphColor(red: red * factor, green: green * factor, blue: blue * factor)
  }

  func mixed(_ share: Double, of other: GlyphColor) -> GlyphColor {
    GlyphColor(
      red: red + (other.red - red) * share, green: green + (other.green - green) * share,
      blue: blue + (other.blue - blue) * share)
  }
}
