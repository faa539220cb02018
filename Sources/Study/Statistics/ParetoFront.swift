/// Which settings are not beaten in two respects at once, such as source accuracy and mean transfer; higher is better
/// in both.
public struct ParetoFront: Codable, Hashable, Sendable {
  /// One setting.
  public struct Point: Codable, Hashable, Sendable {
    /// Its name, such as an objective with its strength.
    public var name: String
    /// The first respect, such as source accuracy.
    public var x: Double
    /// The second, such as mean transfer.
    public var y: Double
    /// Standard errors over seeds; nil for one seed.
    public var xError, yError: Double?
    /// Seeds.
    public var n: Int

    enum CodingKeys: String, CodingKey {
      case name, x, y, n
      case xError = "x_error"
      case yError = "y_error"
    }

    /// A setting by its values.
    public init(name: String, x: Double, y: Double, xError: Double? = nil, yError: Double? = nil, n: Int = 1) {
      (self.name, self.x, self.y, self.xError, self.yError, self.n) = (name, x, y, xError, yError, n)
    }
  }

  /// Settings that no other beats: at least as high in both respects and higher in one. By rising x.
  public private(set) var front: [Point] = []
  /// The others, in the order given. Means decide; errors do not enter.
  public private(set) var dominated: [Point] = []

  /// Of any settings. Equal ones do not beat each other; those with values that are not finite are left out. Cost n log
  /// n.
  public init(_ points: [Point]) {
    let known = points.filter { $0.x.isFinite && $0.y.isFinite }
    // From the highest x down, a point is on the front if its y passes all of higher x.
    let order = known.indices.sorted {
      (known[$1].x, known[$1].y, $0) < (known[$0].x, known[$0].y, $1)
    }
    var highest: (x: Double, y: Double)?
    var members = Set<Int>()
    for place in order {
      let point = known[place]
      guard let top = highest else {
        (highest, _) = ((point.x, point.y), members.insert(place))
        continue
      }
      if point.y > top.y || (point.y == top.y && point.x == top.x) {
        members.insert(place)
        highest = (point.x, point.y)
      }
    }
    front = order.reversed().filter(members.contains).map { known[$0] }
    dominated = known.indices.filter { !members.contains($0) }.map { known[$0] }
  }
}
