/// What `ClassSeparation` measures, with the keys of the tool's JSON.
public struct SeparationResult: Codable, Hashable, Sendable {
  /// One distance's figures. What is undefined is nil, and `reason` says why.
  public struct Entry: Codable, Hashable, Sendable {
    /// Mean distance within classes, self-pairs included.
    public var within: Double?
    /// Mean distance over all pairs of classes.
    public var total: Double?
    /// 1 - within / total.
    public var r2: Double?
    /// The same without self-pairs.
    public var r2Debiased: Double?
    /// The ends of an interval of both, where one was asked for.
    public var r2Interval, r2DebiasedInterval: Interval?
    /// Each class by itself, where that was asked for.
    public var perClass: [ClassEntry]?
    /// Why a figure is nil.
    public var reason: String?

    /// The ends of an interval.
    public struct Interval: Codable, Hashable, Sendable {
      /// The ends.
      public var low, high: Double
    }

    /// One class.
    public struct ClassEntry: Codable, Hashable, Sendable {
      /// Its label, and how many examples it has.
      public var label, n: Int
      /// The mean distance between its examples, with self-pairs.
      public var within: Double
      /// 1 - within / total: how much nearer its examples are to each other than classes are in the mean.
      public var r2: Double
    }

    enum CodingKeys: String, CodingKey {
      case within, total, r2, reason
      case r2Debiased = "r2_debiased"
      case r2Interval = "r2_interval"
      case r2DebiasedInterval = "r2_debiased_interval"
      case perClass = "per_class"
    }

    /// Writes nil figures as null; leaves `reason` out when there is none.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(within, forKey: .within)
      try container.encode(total, forKey: .total)
      try container.encode(r2, forKey: .r2)
      try container.encode(r2Debiased, forKey: .r2Debiased)
      try container.encodeIfPresent(r2Interval, forKey: .r2Interval)
      try container.encodeIfPresent(r2DebiasedInterval, forKey: .r2DebiasedInterval)
      try container.encodeIfPresent(perClass, forKey: .perClass)
      try container.encodeIfPresent(reason, forKey: .reason)
    }

    init(reason: String) { self.reason = reason }

    /// From the mean distance within each class, with and without self-pairs, and the mean over pairs of classes.
    /// `rounding` is the size below which `total` is noise.
    init(within: [Double], debiased: [Double], total: Double, classes: Classes, rounding: Double) {
      let sizes = classes.sizes
      let count = Double(within.count)
      let mean = within.reduce(0, +) / count
      guard mean.isFinite, total.isFinite else {
        reason = "distances beyond what a double holds"
        return
      }
      (self.within, self.total) = (mean, total)
      guard total > rounding else {
        reason = "all feature vectors coincide: the total distance is 0"
        return
      }
      r2 = 1 - mean / total
      perClass = within.indices.map {
        ClassEntry(label: classes.values[$0], n: sizes[$0], within: within[$0], r2: 1 - within[$0] / total)
      }
      if let single = sizes.firstIndex(of: 1) {
        let singles = sizes.count { $0 == 1 }
        reason =
          "\(singles) of \(sizes.count) classes have one example (the first is class \(classes.values[single])): no pair of distinct ones"
        return
      }
      let meanDebiased = debiased.reduce(0, +) / count
      let totalDebiased = total + zip(debiased, within).reduce(0) { $0 + ($1.0 - $1.1) } / (count * count)
      r2Debiased = 1 - meanDebiased / totalDebiased
    }
  }

  /// Examples.
  public var n: Int
  /// Distinct labels.
  public var classes: Int
  /// Numbers in a feature vector.
  public var dimensions: Int
  /// By 1 - cos.
  public var cosine: Entry?
  /// By 1 - cos after centring.
  public var centeredCosine: Entry?
  /// By |x - y|^2.
  public var squaredEuclidean: Entry?
  /// By arccos.
  public var angle: Entry?

  enum CodingKeys: String, CodingKey {
    case n, classes, dimensions, cosine, angle
    case centeredCosine = "centered_cosine"
    case squaredEuclidean = "squared_euclidean"
  }

  init(n: Int, classes: Int, dimensions: Int) {
    self.n = n
    self.classes = classes
    self.dimensions = dimensions
  }

  /// Changes every distance's figures.
  mutating func update(_ change: (inout Entry) -> Void) {
    for path in [\SeparationResult.cosine, \.centeredCosine, \.squaredEuclidean, \.angle] {
      guard var entry = self[keyPath: path] else { continue }
      change(&entry)
      self[keyPath: path] = entry
    }
  }

  /// Writes distances that were not measured as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(n, forKey: .n)
    try container.encode(classes, forKey: .classes)
    try container.encode(dimensions, forKey: .dimensions)
    try container.encode(cosine, forKey: .cosine)
    try container.encode(centeredCosine, forKey: .centeredCosine)
    try container.encode(squaredEuclidean, forKey: .squaredEuclidean)
    try container.encode(angle, forKey: .angle)
  }
}
