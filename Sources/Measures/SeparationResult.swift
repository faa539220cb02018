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
    /// Why a figure is nil.
    public var reason: String?

    enum CodingKeys: String, CodingKey {
      case within, total, r2, reason
      case r2Debiased = "r2_debiased"
    }

    /// Writes nil figures as null; leaves `reason` out when there is none.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(within, forKey: .within)
      try container.encode(total, forKey: .total)
      try container.encode(r2, forKey: .r2)
      try container.encode(r2Debiased, forKey: .r2Debiased)
      try container.encodeIfPresent(reason, forKey: .reason)
    }

    init(reason: String) { self.reason = reason }

    /// From the mean distance within each class, with and without self-pairs, and the mean over pairs of classes.
    /// `rounding` is the size below which `total` is noise.
    init(within: [Double], debiased: [Double], total: Double, sizes: [Int], rounding: Double) {
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
      if let single = sizes.firstIndex(of: 1) {
        let singles = sizes.count { $0 == 1 }
        reason =
          "\(singles) of \(sizes.count) classes have one example (the first is class \(single)): no pair of distinct ones"
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
