/// Names beside marks, where they touch no mark and no other name.
struct Labels {
  private struct Box {
    var left, top, right, bottom: Double

    func touches(_ other: Box) -> Bool {
      left < other.right + 2 && right > other.left - 2 && top < other.bottom + 1 && bottom > other.top - 1
    }
  }

  private var area: Box
  private var taken: [Box] = []

  init(left: Double, right: Double, top: Double, bottom: Double) {
    area = Box(left: left, top: top, right: right, bottom: bottom)
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
        !taken.contains(where: box.touches)
      else { continue }
      taken.append(box)
      return (left, top + 10.5)
    }
    return nil
  }
}
