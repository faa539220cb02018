/// What fine-tuning found, with the keys of the tool's JSON.
public struct FineTuningResult: Codable, Hashable, Sendable {
  /// A setting of the grid and how it did.
  public struct Entry: Codable, Hashable, Sendable {
    /// The setting.
    public var point: FineTuningOptions.Point
    /// Accuracy on the holdout after `steps`; nil where training diverged.
    public var holdoutAccuracy: Double?
    /// Steps trained: all, or fewer where it was given up.
    public var steps: Int
    /// Why `holdoutAccuracy` is nil, or why there were fewer steps.
    public var reason: String?

    enum CodingKeys: String, CodingKey {
      case steps, reason
      case holdoutAccuracy = "holdout_accuracy"
    }

    /// A setting and how it did.
    public init(point: FineTuningOptions.Point, holdoutAccuracy: Double?, steps: Int, reason: String? = nil) {
      (self.point, self.holdoutAccuracy, self.steps, self.reason) = (point, holdoutAccuracy, steps, reason)
    }

    /// Reads what `encode` writes.
    public init(from decoder: any Decoder) throws {
      let keys = try decoder.container(keyedBy: CodingKeys.self)
      self.init(
        point: try FineTuningOptions.Point(from: decoder),
        holdoutAccuracy: try keys.decodeIfPresent(Double.self, forKey: .holdoutAccuracy),
        steps: try keys.decode(Int.self, forKey: .steps), reason: try keys.decodeIfPresent(String.self, forKey: .reason)
      )
    }

    /// Writes nil as null.
    public func encode(to encoder: any Encoder) throws {
      try point.encode(to: encoder)
      var keys = encoder.container(keyedBy: CodingKeys.self)
      try keys.encode(holdoutAccuracy, forKey: .holdoutAccuracy)
      try keys.encode(steps, forKey: .steps)
      try keys.encodeIfPresent(reason, forKey: .reason)
    }
  }

  /// A search over the grid, and the training with the setting that it chose.
  public struct Branch: Codable, Hashable, Sendable {
    /// Where weights came from.
    public var start: FineTuningOptions.Start
    /// The chosen setting.
    public var chosen: FineTuningOptions.Point
    /// Its accuracy on the holdout.
    public var holdoutAccuracy: Double
    /// Test accuracy after training on the whole training split with it.
    public var accuracy: Double
    /// The mean over the test set's classes of their accuracies.
    public var meanPerClassAccuracy: Double?
    /// Each class's accuracy; nil for one without test images.
    public var perClassAccuracy: [Double?]
    /// Rates or decays among which the chosen one is the first or last, so that a wider grid may find better.
    public var atEdge: [String]
    /// The settings tried.
    public var grid: [Entry]

    enum CodingKeys: String, CodingKey {
      case start, accuracy, grid
      case learningRate = "learning_rate"
      case weightDecay = "weight_decay"
      case holdoutAccuracy = "holdout_accuracy"
      case meanPerClassAccuracy = "mean_per_class_accuracy"
      case perClassAccuracy = "per_class_accuracy"
      case atEdge = "at_edge"
    }

    init(
      start: FineTuningOptions.Start, chosen: Entry, holdoutAccuracy: Double, accuracy: Double,
      meanPerClassAccuracy: Double?, perClassAccuracy: [Double?], atEdge: [String], grid: [Entry]
    ) {
      self.start = start
      self.chosen = chosen.point
      self.holdoutAccuracy = holdoutAccuracy
      self.accuracy = accuracy
      self.meanPerClassAccuracy = meanPerClassAccuracy
      self.perClassAccuracy = perClassAccuracy
      self.atEdge = atEdge
      self.grid = grid
    }

    /// Reads what `encode` writes.
    public init(from decoder: any Decoder) throws {
      let keys = try decoder.container(keyedBy: CodingKeys.self)
      start = try keys.decode(FineTuningOptions.Start.self, forKey: .start)
      chosen = try FineTuningOptions.Point(from: decoder)
      holdoutAccuracy = try keys.decode(Double.self, forKey: .holdoutAccuracy)
      accuracy = try keys.decode(Double.self, forKey: .accuracy)
      meanPerClassAccuracy = try keys.decodeIfPresent(Double.self, forKey: .meanPerClassAccuracy)
      perClassAccuracy = try keys.decode([Double?].self, forKey: .perClassAccuracy)
      atEdge = try keys.decode([String].self, forKey: .atEdge)
      grid = try keys.decode([Entry].self, forKey: .grid)
    }

    /// Writes nil as null.
    public func encode(to encoder: any Encoder) throws {
      try chosen.encode(to: encoder)
      var keys = encoder.container(keyedBy: CodingKeys.self)
      try keys.encode(start, forKey: .start)
      try keys.encode(holdoutAccuracy, forKey: .holdoutAccuracy)
      try keys.encode(accuracy, forKey: .accuracy)
      try keys.encode(meanPerClassAccuracy, forKey: .meanPerClassAccuracy)
      try keys.encode(perClassAccuracy, forKey: .perClassAccuracy)
      try keys.encode(atEdge, forKey: .atEdge)
      try keys.encode(grid, forKey: .grid)
    }
  }

  /// The network, and the data set that it was trained on before.
  public var network, trainedOn: String
  /// Training images of the target (holdout included), test images, classes.
  public var n, testCount, classes: Int
  /// Steps of a training, and samples in each.
  public var steps, batch: Int
  /// The network fine-tuned.
  public var main: Branch
  /// The same network from random weights, where that was asked for.
  public var fromScratch: Branch?
  /// From start to end, without what earlier starts had done.
  public var seconds: Double

  enum CodingKeys: String, CodingKey {
    case network, n, classes, steps, batch, seconds
    case trainedOn = "trained_on"
    case testCount = "test_n"
    case fromScratch = "from_scratch"
  }

  init(
    network: String, trainedOn: String, n: Int, testCount: Int, classes: Int, steps: Int, batch: Int, main: Branch,
    fromScratch: Branch?, seconds: Double
  ) {
    (self.network, self.trainedOn) = (network, trainedOn)
    (self.n, self.testCount, self.classes) = (n, testCount, classes)
    (self.steps, self.batch) = (steps, batch)
    (self.main, self.fromScratch, self.seconds) = (main, fromScratch, seconds)
  }

  /// Reads what `encode` writes.
  public init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      network: try keys.decode(String.self, forKey: .network),
      trainedOn: try keys.decode(String.self, forKey: .trainedOn),
      n: try keys.decode(Int.self, forKey: .n), testCount: try keys.decode(Int.self, forKey: .testCount),
      classes: try keys.decode(Int.self, forKey: .classes), steps: try keys.decode(Int.self, forKey: .steps),
      batch: try keys.decode(Int.self, forKey: .batch), main: try Branch(from: decoder),
      fromScratch: try keys.decodeIfPresent(Branch.self, forKey: .fromScratch),
      seconds: try keys.decode(Double.self, forKey: .seconds))
  }

  /// Writes the main branch's keys beside its own; nil as null.
  public func encode(to encoder: any Encoder) throws {
    try main.encode(to: encoder)
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(network, forKey: .network)
    try keys.encode(trainedOn, forKey: .trainedOn)
    try keys.encode(n, forKey: .n)
    try keys.encode(testCount, forKey: .testCount)
    try keys.encode(classes, forKey: .classes)
    try keys.encode(steps, forKey: .steps)
    try keys.encode(batch, forKey: .batch)
    try keys.encode(fromScratch, forKey: .fromScratch)
    try keys.encode(seconds, forKey: .seconds)
  }
}
