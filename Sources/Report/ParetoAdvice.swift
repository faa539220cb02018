import Study

/// Which objective to pretrain with, by how much transfer is worth: of the settings on the front, each that is the best
/// for some rate of exchange, with the rates.
///
/// With a rate r, the top-1 on the source that one would give for a unit of log-odds of transfer, the best setting has
/// the highest x + r y. These are the corners of the front's convex hull; settings between two corners are the best for
/// no rate.
struct ParetoAdvice: Sendable {
  /// A setting on the front, from the best transfer to the best accuracy.
  struct Choice: Sendable {
    var point: ParetoFront.Point
    /// It is the best where the rate is above `low` and below `high`; nil where there is no such bound. Rates are
    /// shares of top-1 for one unit of log-odds.
    var low, high: Double?
    /// Whether there is a rate for which it is the best.
    var isCorner: Bool
  }

  var choices: [Choice]

  init(_ front: ParetoFront) {
    let points = front.front
    var corners: [Int] = []
    for place in points.indices {
      // Equal settings share their place.
      if let last = corners.last, points[last].x == points[place].x { continue }
      while corners.count > 1 {
        let (a, b) = (points[corners[corners.count - 2]], points[corners[corners.count - 1]])
        // b is the best between the rates at which it is worth as much as the next and as the one before.
        guard Self.rate(a, b) <= Self.rate(b, points[place]) else { break }
        corners.removeLast()
      }
      corners.append(place)
    }
    choices = points.indices.map { place in
      let corner = corners.firstIndex { points[$0].x == points[place].x && points[$0].y == points[place].y }
      guard let corner else { return Choice(point: points[place], low: nil, high: nil, isCorner: false) }
      let own = points[corners[corner]]
      return Choice(
        point: points[place], low: corner + 1 < corners.count ? Self.rate(own, points[corners[corner + 1]]) : nil,
        high: corner > 0 ? Self.rate(points[corners[corner - 1]], own) : nil, isCorner: true)
    }
  }

  /// The rate at which two settings are worth the same; the second has the higher x.
  private static func rate(_ a: ParetoFront.Point, _ b: ParetoFront.Point) -> Double { (b.x - a.x) / (a.y - b.y) }

  /// A rate in points of top-1 for 0.1 of log-odds.
  static func text(_ rate: Double) -> String { Format.short(10 * rate) }
}

extension ParetoAdvice.Choice {
  /// When it is the one to take.
  var text: String {
    guard isCorner else { return "never the best: two others straddle it" }
    switch (low, high) {
    case (nil, nil): return "always"
    case (let low?, nil): return "above \(ParetoAdvice.text(low))"
    case (nil, let high?): return "up to \(ParetoAdvice.text(high))"
    case (let low?, let high?): return "\(ParetoAdvice.text(low)) to \(ParetoAdvice.text(high))"
    }
  }
}
