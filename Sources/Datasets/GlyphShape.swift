import Foundation

/// The shapes of the built-in set: ten families of four, each by its signed distance.
enum GlyphShape {
  /// A family and its four shapes.
  struct Family: Sendable {
    var name: String
    var variants: [String]
  }

  static let families = [
    Family(name: "disc", variants: ["circle", "ellipse", "half-disc", "lens"]),
    Family(name: "ring", variants: ["thin ring", "thick ring", "broken ring", "double ring"]),
    Family(name: "polygon", variants: ["triangle", "square", "pentagon", "hexagon"]),
    Family(name: "star", variants: ["4-star", "5-star", "6-star", "8-star"]),
    Family(name: "letter", variants: ["plus", "tee", "ell", "aitch"]),
    Family(name: "moon", variants: ["crescent", "half-moon", "bitten", "wedge"]),
    Family(name: "flower", variants: ["3 petals", "4 petals", "6 petals", "8 petals"]),
    Family(name: "bars", variants: ["1 bar", "2 bars", "3 bars", "4 bars"]),
    Family(name: "dots", variants: ["2 dots", "3 dots", "4 dots", "5 dots"]),
    Family(name: "arrow", variants: ["chevron", "double chevron", "arrow", "double arrow"]),
  ]

  /// Distance of (x, y) from the edge, about negative inside, for a shape of radius 1 that points along x.
  /// Exact or within a factor of two near the edge, which is all that smoothing needs.
  static func distance(family: Int, variant: Int, x: Double, y: Double) -> Double {
    switch family {
    case 0: return disc(variant, x, y)
    case 1: return ring(variant, x, y)
    case 2: return polygon([3, 4, 5, 6][variant], radius: [1, 0.95, 0.92, 0.9][variant], x, y)
    case 3: return star([4, 5, 6, 8][variant], inner: [0.4, 0.42, 0.5, 0.58][variant], x, y)
    case 4: return letter(variant, x, y)
    case 5: return moon(variant, x, y)
    case 6:
      let petals = [3.0, 4, 6, 8][variant]
      return 0.7 * (hypot(x, y) - 0.72 - 0.26 * cos(petals * atan2(y, x)))
    case 7: return bars(variant, x, y)
    case 8:
      let p = folded([2, 3, 4, 5][variant], x, y)
      return hypot(p.x - 0.62, p.y) - [0.38, 0.36, 0.32, 0.27][variant]
    default: return arrow(variant, x, abs(y))
    }
  }

  private static func disc(_ variant: Int, _ x: Double, _ y: Double) -> Double {
    switch variant {
    case 0: return hypot(x, y) - 0.85
    case 1: return (hypot(x, y / 0.6) - 1) * 0.6
    case 2: return max(hypot(x, y) - 0.95, -x - 0.2)
    default: return max(hypot(x, y - 0.5), hypot(x, y + 0.5)) - 1.05
    }
  }

  private static func ring(_ variant: Int, _ x: Double, _ y: Double) -> Double {
    let r = hypot(x, y)
    switch variant {
    case 0: return abs(r - 0.8) - 0.11
    case 1: return abs(r - 0.68) - 0.25
    case 2: return max(abs(r - 0.75) - 0.17, -max(abs(y) - 0.38, -x))
    default: return min(abs(r - 0.87) - 0.11, abs(r - 0.4) - 0.12)
    }
  }

  /// (x, y) turned by a multiple of a full turn over `n` so that it lies next to the x axis.
  private static func folded(_ n: Int, _ x: Double, _ y: Double) -> (x: Double, y: Double) {
    let wedge = 2 * Double.pi / Double(n)
    let angle = atan2(y, x)
    let rest = angle - wedge * (angle / wedge).rounded()
    let r = hypot(x, y)
    return (r * cos(rest), r * sin(rest))
  }

  private static func polygon(_ n: Int, radius: Double, _ x: Double, _ y: Double) -> Double {
    // Turned by half a wedge, so that a corner points along x.
    let half = Double.pi / Double(n)
    let p = folded(n, x * cos(half) - y * sin(half), x * sin(half) + y * cos(half))
    return p.x - radius * cos(half)
  }

  private static func star(_ n: Int, inner: Double, _ x: Double, _ y: Double) -> Double {
    let p = folded(n, x, y)
    let half = Double.pi / Double(n)
    let edge = (x: inner * cos(half) - 1, y: inner * sin(half))
    return ((p.x - 1) * edge.y - abs(p.y) * edge.x) / hypot(edge.x, edge.y)
  }

  private static func box(
    _ x: Double, _ y: Double, _ centerX: Double, _ centerY: Double, _ width: Double, _ height: Double
  ) -> Double {
    max(abs(x - centerX) - width, abs(y - centerY) - height)
  }

  private static func letter(_ variant: Int, _ x: Double, _ y: Double) -> Double {
    switch variant {
    case 0: return min(box(x, y, 0, 0, 0.95, 0.24), box(x, y, 0, 0, 0.24, 0.95))
    case 1: return min(box(x, y, 0.65, 0, 0.22, 0.9), box(x, y, -0.1, 0, 0.8, 0.22))
    case 2: return min(box(x, y, -0.55, 0, 0.24, 0.9), box(x, y, 0.05, -0.66, 0.84, 0.24))
    default:
      return min(box(x, abs(y), 0, 0.6, 0.9, 0.22), box(x, y, 0, 0, 0.2, 0.6))
    }
  }

  private static func moon(_ variant: Int, _ x: Double, _ y: Double) -> Double {
    let disc = hypot(x, y) - 0.92
    switch variant {
    case 0: return max(disc, 0.78 - hypot(x - 0.36, y))
    case 1: return max(disc, 0.72 - hypot(x - 0.6, y))
    case 2: return max(disc, 0.42 - hypot(x - 0.8, y))
    default: return max(disc, (0.75 * x - abs(y)) * 0.8)
    }
  }

  private static func bars(_ variant: Int, _ x: Double, _ y: Double) -> Double {
    let side = abs(y)
    let middle = box(x, y, 0, 0, 0.84, 0.19)
    switch variant {
    case 0: return box(x, y, 0, 0, 0.95, 0.3)
    case 1: return box(x, side, 0, 0.48, 0.88, 0.24)
    case 2: return min(middle, box(x, side, 0, 0.62, 0.84, 0.18))
    default: return min(box(x, side, 0, 0.24, 0.84, 0.13), box(x, side, 0, 0.7, 0.84, 0.13))
    }
  }

  /// Distance from the segment from a to b.
  private static func segment(
    _ x: Double, _ y: Double, _ ax: Double, _ ay: Double, _ bx: Double, _ by: Double
  ) -> Double {
    let (dx, dy) = (bx - ax, by - ay)
    let share = min(1, max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)))
    return hypot(x - ax - share * dx, y - ay - share * dy)
  }

  private static func arrow(_ variant: Int, _ x: Double, _ y: Double) -> Double {
    switch variant {
    case 0: return segment(x, y, 0.65, 0, -0.45, 0.75) - 0.19
    case 1:
      return min(segment(x, y, 0.82, 0, 0.05, 0.7), segment(x, y, 0.08, 0, -0.7, 0.7)) - 0.14
    case 2: return min(segment(x, y, 0.82, 0, 0.15, 0.6), segment(x, y, -0.85, 0, 0.82, 0)) - 0.15
    default:
      return min(segment(abs(x), y, 0.85, 0, 0.4, 0.48), segment(abs(x), y, 0, 0, 0.85, 0)) - 0.14
    }
  }
}
