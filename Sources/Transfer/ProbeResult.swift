/// Arithmetic of a probe in the process that tells of it: operations, a multiplication and an addition being two.
public struct ProbeWork: Codable, Hashable, Sendable {
  /// In single precision (or bf16, summed in single), and in double.
  public var single = 0.0, double = 0.0

  enum CodingKeys: String, CodingKey {
    case single = "single_flop"
    case double = "double_flop"
  }

  /// None.
  public init() {}

  /// This and another's.
  mutating func add(_ other: ProbeWork) {
    single += other.single
    double += other.double
  }
}

/// What a linear probe found, with the keys of the tool's JSON.
public struct ProbeResult: Codable, Hashable, Sendable {
  /// The fit at one lambda.
  public struct Entry: Codable, Hashable, Sendable {
    /// The penalty.
    public var lambda: Double
    /// sum_i xent_i + lambda/2 |W|^2 at the weights, in double.
    public var objective: Double
    /// Its Euclidean gradient norm over W and b.
    public var gradientNorm: Double
    /// gradient_norm^2 / (2 lambda).
    public var gapBound: Double
    /// Newton steps.
    public var iterations: Int
    /// Whether the gradient norm is at most 1e-5 of that at zero weights.
    public var converged: Bool
    /// Whether `gapBound`, which the distance to the optimum is proven to be below, is at most 1e-4 of the objective.
    public var certified: Bool
    /// Accuracy on the holdout; nil without one.
    public var holdoutAccuracy: Double?
    /// Accuracy of this fit on the test set; nil without one. Nothing is chosen by it.
    public var testAccuracy: Double?

    enum CodingKeys: String, CodingKey {
      case lambda, objective, iterations, converged, certified
      case gradientNorm = "gradient_norm"
      case gapBound = "gap_bound"
      case holdoutAccuracy = "holdout_accuracy"
      case testAccuracy = "test_accuracy"
    }

    /// Writes nil as null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(lambda, forKey: .lambda)
      try container.encode(objective, forKey: .objective)
      try container.encode(gradientNorm, forKey: .gradientNorm)
      try container.encode(gapBound, forKey: .gapBound)
      try container.encode(iterations, forKey: .iterations)
      try container.encode(converged, forKey: .converged)
      try container.encode(certified, forKey: .certified)
      try container.encode(holdoutAccuracy, forKey: .holdoutAccuracy)
      try container.encode(testAccuracy, forKey: .testAccuracy)
    }
  }

  /// Training examples (holdout included), numbers in a feature vector, classes.
  public var n, dimensions, classes: Int
  /// Examples held out.
  public var holdoutCount: Int
  /// The chosen penalty; nil when nothing was chosen.
  public var lambda: Double?
  /// Accuracy on the test set of the fit at the chosen penalty on training set and holdout together.
  public var accuracy: Double?
  /// The mean over the test set's classes of their accuracies.
  public var meanPerClassAccuracy: Double?
  /// Share of test examples whose answer is of the right superclass; nil without superclasses.
  public var superclassAccuracy: Double?
  /// Share of test examples that are right when only the subclasses of their own superclass may be answered.
  public var withinSuperclassAccuracy: Double?
  /// Each class's accuracy on the test set, in the order of the labels; nil for one without test examples.
  public var perClassAccuracy: [Double?]?
  /// The best accuracy on the holdout, or over all folds, which chose lambda; the larger lambda among equals.
  public var holdoutAccuracy: Double?
  /// Whether the chosen lambda is the first or last of several, so that a wider grid may find better; nil when none was.
  public var atEdge: Bool?
  /// Folds that lambda was chosen by; nil: a holdout.
  public var folds: Int?
  /// The gradient norm at zero weights of the path's problem.
  public var gradientNormAtZero: Double
  /// The largest of the path's gradient norms, the refit's included, over that at zero weights.
  public var largestGradientRatio: Double
  /// What it took: fits and what is worked out anew of them, not the answers on holdout and test set.
  public var work = ProbeWork()
  /// From features in memory to this result.
  public var seconds: Double
  /// From the start of the process; the command line fills it in.
  public var totalSeconds: Double?
  /// The fits, in the order of the lambdas; on the training set less the holdout.
  public var path: [Entry]
  /// The fit at the chosen lambda on training set and holdout.
  public var refit: Entry?
  /// Why figures are nil.
  public var reason: String?

  enum CodingKeys: String, CodingKey {
    case n, dimensions, classes, lambda, accuracy, work, seconds, path, refit, reason, folds
    case perClassAccuracy = "per_class_accuracy"
    case superclassAccuracy = "superclass_accuracy"
    case withinSuperclassAccuracy = "within_superclass_accuracy"
    case atEdge = "at_edge"
    case holdoutCount = "holdout_count"
    case meanPerClassAccuracy = "mean_per_class_accuracy"
    case holdoutAccuracy = "holdout_accuracy"
    case gradientNormAtZero = "gradient_norm_at_zero"
    case largestGradientRatio = "largest_gradient_ratio"
    case totalSeconds = "total_seconds"
  }

  /// Writes nil as null; leaves `reason` out when there is none.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(n, forKey: .n)
    try container.encode(dimensions, forKey: .dimensions)
    try container.encode(classes, forKey: .classes)
    try container.encode(holdoutCount, forKey: .holdoutCount)
    try container.encode(lambda, forKey: .lambda)
    try container.encode(accuracy, forKey: .accuracy)
    try container.encode(meanPerClassAccuracy, forKey: .meanPerClassAccuracy)
    try container.encode(perClassAccuracy, forKey: .perClassAccuracy)
    try container.encodeIfPresent(superclassAccuracy, forKey: .superclassAccuracy)
    try container.encodeIfPresent(withinSuperclassAccuracy, forKey: .withinSuperclassAccuracy)
    try container.encode(holdoutAccuracy, forKey: .holdoutAccuracy)
    try container.encode(atEdge, forKey: .atEdge)
    try container.encode(folds, forKey: .folds)
    try container.encode(gradientNormAtZero, forKey: .gradientNormAtZero)
    try container.encode(largestGradientRatio, forKey: .largestGradientRatio)
    try container.encode(work, forKey: .work)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(totalSeconds, forKey: .totalSeconds)
    try container.encode(path, forKey: .path)
    try container.encode(refit, forKey: .refit)
    try container.encodeIfPresent(reason, forKey: .reason)
  }
}
