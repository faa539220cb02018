/// How a query's class follows from its nearest neighbours, and among which ways the holdout chooses.
public struct KNNOptions: Codable, Hashable, Sendable {
  /// What makes neighbours near.
  public enum Distance: String, Codable, Hashable, Sendable, CaseIterable {
    /// 1 - cos(x, y); a zero vector is at distance 1 from everything.
    case cosine
    /// |x - y|.
    case euclidean
  }

  /// What a neighbour's vote counts.
  public enum Weighting: String, Codable, Hashable, Sendable, CaseIterable {
    /// 1.
    case uniform
    /// 1 / distance; where neighbours are at distance 0, they alone vote.
    case distance
    /// e^(s / temperature), s the cosine or minus the Euclidean distance.
    case softmax
  }

  /// Numbers of neighbours to try, each at least 1 and at most the number of training examples.
  public var ks: [Int]
  /// Distances to try.
  public var distances: [Distance]
  /// Weightings to try.
  public var weightings: [Weighting]
  /// Temperatures to try with `softmax`.
  public var temperatures: [Double]
  /// Share of the training set held out to choose; 0: nothing is chosen, and each list must have one entry.
  public var holdout: Double
  /// What decides the holdout.
  public var seed: UInt64
  /// The group of each training example; a group is never divided by the holdout.
  public var groups: [Int]?
  /// Whether the test set's neighbours also answer for retrieval: then as many are searched for as the largest class has.
  public var retrieves = false

  /// The numbers of neighbours tried when none are named; those beyond the training set are left out.
  public static let standardKs = [1, 3, 5, 10, 20, 50, 100, 200]

  /// All ways by default; empty `ks` stand for `standardKs`.
  public init(
    ks: [Int] = [], distances: [Distance] = Distance.allCases, weightings: [Weighting] = Weighting.allCases,
    temperatures: [Double] = [0.07], holdout: Double = 0.2, seed: UInt64 = 0, groups: [Int]? = nil
  ) {
    self.ks = ks
    self.distances = distances
    self.weightings = weightings
    self.temperatures = temperatures
    self.holdout = holdout
    self.seed = seed
    self.groups = groups
  }

  /// Refuses lists that are empty, out of range, or, without a holdout, longer than one.
  func validate(count: Int) throws(TransferError) {
    guard holdout >= 0, holdout < 1 else {
      throw TransferError("holdout", found: "\(holdout)", expected: "a share in [0, 1)")
    }
    guard !distances.isEmpty else { throw TransferError("distance", found: "none", expected: "at least one") }
    guard !weightings.isEmpty else {
      throw TransferError("weighting", found: "none", expected: "at least one")
    }
    for k in ks where k < 1 || k > count {
      throw TransferError("k", found: "\(k)", expected: "1 to \(count), the number of examples searched")
    }
    if weightings.contains(.softmax) {
      guard !temperatures.isEmpty else {
        throw TransferError("temperature", found: "none", expected: "at least one")
      }
      for temperature in temperatures where !(temperature > 0 && temperature.isFinite) {
        throw TransferError("temperature", found: "\(temperature)", expected: "a number above 0")
      }
    }
    guard holdout == 0 else { return }
    guard ks.count == 1, distances.count == 1, weightings.count == 1,
      weightings != [.softmax] || temperatures.count == 1
    else {
      throw TransferError(
        "holdout",
        found: "0, with \(ks.count) k, \(distances.count) distances, \(weightings.count) weightings",
        expected: "exactly one k, distance and weighting where nothing is held out to choose among them")
    }
  }
}

/// What nearest neighbours found, with the keys of the tool's JSON.
public struct KNNResult: Codable, Hashable, Sendable {
  /// One way to vote and how it did on the holdout.
  public struct Entry: Codable, Hashable, Sendable {
    /// Number of neighbours.
    public var k: Int
    /// What makes them near.
    public var distance: KNNOptions.Distance
    /// What their votes count.
    public var weighting: KNNOptions.Weighting
    /// For `softmax` only.
    public var temperature: Double?
    /// Accuracy on the holdout; nil without one.
    public var holdoutAccuracy: Double?

    enum CodingKeys: String, CodingKey {
      case k, distance, weighting, temperature
      case holdoutAccuracy = "holdout_accuracy"
    }

    /// Writes nil as null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(k, forKey: .k)
      try container.encode(distance, forKey: .distance)
      try container.encode(weighting, forKey: .weighting)
      try container.encode(temperature, forKey: .temperature)
      try container.encode(holdoutAccuracy, forKey: .holdoutAccuracy)
    }
  }

  /// Training examples (holdout included), test examples, numbers in a feature vector, classes.
  public var n, queries, dimensions, classes: Int
  /// The chosen number of neighbours.
  public var k: Int
  /// The chosen distance.
  public var distance: KNNOptions.Distance
  /// The chosen weighting.
  public var weighting: KNNOptions.Weighting
  /// The chosen temperature; nil but for `softmax`.
  public var temperature: Double?
  /// Accuracy on the test set, searching training set and holdout.
  public var accuracy: Double
  /// The mean over the test set's classes of their accuracies.
  public var meanPerClassAccuracy: Double?
  /// The best accuracy on the holdout, which chose; nil when nothing was chosen.
  public var holdoutAccuracy: Double?
  /// From features in memory to this result.
  public var seconds: Double
  /// From the start of the process; the command line fills it in.
  public var totalSeconds: Double?
  /// How well the neighbours that decided answer for retrieval; nil unless asked for.
  public var retrieval: Retrieval?
  /// All ways tried.
  public var table: [Entry]

  /// Test examples as queries, training set and holdout as gallery, nearest first by the chosen distance.
  public struct Retrieval: Codable, Hashable, Sendable {
    /// Share of queries with an example of their class among the k nearest, for each k tried.
    public var recall: [Int: Double]
    /// Mean over queries of (1/R) sum over the R nearest of precision there where the class is right, R being how many examples of
    /// the query's class there are (Musgrave and others 2020).
    public var mapAtR: Double
    /// Queries whose class the gallery has; the others are left out.
    public var queries: Int

    enum CodingKeys: String, CodingKey {
      case recall, queries
      case mapAtR = "map_at_r"
    }
  }

  enum CodingKeys: String, CodingKey {
    case n, queries, dimensions, classes, k, distance, weighting, temperature, accuracy, seconds, table, retrieval
    case meanPerClassAccuracy = "mean_per_class_accuracy"
    case holdoutAccuracy = "holdout_accuracy"
    case totalSeconds = "total_seconds"
  }

  /// Writes nil as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(n, forKey: .n)
    try container.encode(queries, forKey: .queries)
    try container.encode(dimensions, forKey: .dimensions)
    try container.encode(classes, forKey: .classes)
    try container.encode(k, forKey: .k)
    try container.encode(distance, forKey: .distance)
    try container.encode(weighting, forKey: .weighting)
    try container.encode(temperature, forKey: .temperature)
    try container.encode(accuracy, forKey: .accuracy)
    try container.encode(meanPerClassAccuracy, forKey: .meanPerClassAccuracy)
    try container.encode(holdoutAccuracy, forKey: .holdoutAccuracy)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(totalSeconds, forKey: .totalSeconds)
    try container.encodeIfPresent(retrieval, forKey: .retrieval)
    try container.encode(table, forKey: .table)
  }
}
