/// Names beside marks, where they touch no mark and no other name and no other mark is nearer.
struct Labels {
  private struct Box {
    var left, top, right, bottom: Double

    func touches(_ other: Box) -> Bool {
      left < other.right + 2 && right > other.left - 2 && top < other.bottom + 1 && bottom > other.top - 1
    }

    /// The square of the distance to a point.
    func distance(_ point: (x: Double, y: Double)) -> Double {
      let (dx, dy) = (max(left - point.x, point.x - right, 0), max(top - point.y, point.y - bottom, 0))
      return dx * dx + dy * dy
    }
  }

  private var area: Box
  private var taken: [Box] = []
  private var marks: [(x: Double, y: Double)] = []

  init(left: Double, right: Double, top: Double, bottom: Double) {
    area = Box(left: left, top: top, right: right, bottom: bottom)
  }

  /// A mark about which nothing is written.
  mutating func mark(_ point: (Double, Double)) {
    marks.append((point.0, point.1))
    block(point, 8, 8)
  }

  /// Keeps what is about a point free, so far to each side.
  mutating func block(_ point: (Double, Double), _ across: Double, _ along: Double) {
    taken.append(
      Box(left: point.0 - across, top: point.1 - along, right: point.0 + across, bottom: point.1 + along))
  }

  /// Where a name beside a point begins, its base line; nil where there is no room.
  mutating func place(_ name: String, beside point: (Double, Double), isBold: Bool) -> (Double, Double)? {
    // Of a sans-serif of 12 pixels; wide enough for most.
    let (width, height) = (Double(name.count) * (isBold ? 7.2 : 6.7), 13.0)
    let (x, y) = point
    let corners = [
      (x + 11, y - 6.5), (x - 11 - width, y - 6.5), (x - width / 2, y - 23), (x - width / 2, y + 11), (x + 8, y - 20),
      (x + 8, y + 8), (x - 8 - width, y - 20), (x - 8 - width, y + 8), (x + 14, y - 32), (x + 14, y + 19),
      (x - 14 - width, y - 32), (x - 14 - width, y + 19),
    ]
    for (left, top) in corners {
      let box = Box(left: left, top: top, right: left + width, bottom: top + height)
      guard left >= area.left, box.right <= area.right, top >= area.top, box.bottom <= area.bottom,
        !taken.contains(where: box.touches),
        !marks.contains(where: { $0 != point && box.distance($0) <= box.distance((x, y)) })
      else { continue }
      taken.append(box)
      return (left, top + 10.5)
    }
    return nil
  }
}
