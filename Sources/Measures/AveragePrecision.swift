/// How well scores put the examples that have a class before those that have not.
public enum AveragePrecision {
  /// VOC2007's: the mean over recalls 0, 0.1, ..., 1 of the highest precision at that recall or beyond (Everingham and others
  /// 2010, section 4.2). Examples with equal scores come in together, so that their order does not matter.
  ///
  /// - Parameters:
  ///   - scores: higher is more likely.
  ///   - positive: whether the example has the class; nil: not known, left out.
  /// - Returns: nil where no example has it.
  public static func elevenPoint(scores: [Double], positive: [Bool?]) -> Double? {
    guard let curve = curve(scores, positive) else { return nil }
    return (0...10).reduce(0) { sum, tenth in
      // Recall is a fraction: compared without rounding.
      sum + (curve.filter { 10 * $0.found >= tenth * $0.all }.map(\.precision).max() ?? 0)
    } / 11
  }

  /// The area under the precision at each example that has the class (scikit-learn's `average_precision_score`); equal scores
  /// come in together.
  public static func area(scores: [Double], positive: [Bool?]) -> Double? {
    guard let curve = curve(scores, positive) else { return nil }
    var (sum, before) = (0.0, 0)
    for point in curve {
      sum += Double(point.found - before) * point.precision
      before = point.found
    }
    return sum / Double(curve[0].all)
  }

  private struct Point {
    var found, all: Int
    var precision: Double
  }

  /// After each distinct score, highest first.
  private static func curve(_ scores: [Double], _ positive: [Bool?]) -> [Point]? {
    let known = zip(scores, positive).compactMap { score, truth in truth.map { (score, $0) } }.sorted { $0.0 > $1.0 }
    let all = known.count { $0.1 }
    guard all > 0 else { return nil }
    var points: [Point] = []
    var found = 0
    for (place, (score, truth)) in known.enumerated() {
      found += truth ? 1 : 0
      if place + 1 == known.count || known[place + 1].0 != score {
        points.append(Point(found: found, all: all, precision: Double(found) / Double(place + 1)))
      }
    }
    return points
  }
}
