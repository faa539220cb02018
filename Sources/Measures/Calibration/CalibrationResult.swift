/// What `Calibration` measures, with the keys of the tool's JSON.
public struct CalibrationResult: Codable, Hashable, Sendable {
  /// Figures of one set of probabilities, as `Calibration` defines them. What is not defined is nil.
  public struct Figures: Codable, Hashable, Sendable {
    /// Mean of -log p(label), in nats; nil where it is infinite.
    public var nll: Double?
    /// Mean of the squared distance to the one-hot label, summed over classes: in [0, 2].
    public var brier: Double
    /// Expected calibration error of the top class, 15 equal-width bins.
    public var ece: Double
    /// The same less what noise adds; may be below 0.
    public var eceDebiased: Double
    /// The mean squared error of the same bins, debiased.
    public var squaredDebiased: Double
    /// The error with bins of equal counts.
    public var eceAdaptive: Double
    /// The mean over classes of the equal-width error of each class's probability; nil in parts of a set.
    public var eceClasswise: Double?
    /// The error without bins; nil in parts of a set.
    public var eceSmooth: Double?
    /// Area under the risk-coverage curve, and what the best order would spare of it.
    public var aurc, aurcExcess: Double
    /// Share of examples whose label is the top class.
    public var accuracy: Double

    enum CodingKeys: String, CodingKey {
      case nll, brier, ece, aurc, accuracy
      case eceDebiased = "ece_debiased"
      case squaredDebiased = "calibration_error_squared_debiased"
      case eceAdaptive = "ece_adaptive"
      case eceClasswise = "ece_classwise"
      case eceSmooth = "ece_smooth"
      case aurcExcess = "aurc_excess"
    }

    /// Writes nil as null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(nll, forKey: .nll)
      try container.encode(brier, forKey: .brier)
      try container.encode(ece, forKey: .ece)
      try container.encode(eceDebiased, forKey: .eceDebiased)
      try container.encode(squaredDebiased, forKey: .squaredDebiased)
      try container.encode(eceAdaptive, forKey: .eceAdaptive)
      try container.encode(eceClasswise, forKey: .eceClasswise)
      try container.encode(eceSmooth, forKey: .eceSmooth)
      try container.encode(aurc, forKey: .aurc)
      try container.encode(aurcExcess, forKey: .aurcExcess)
      try container.encode(accuracy, forKey: .accuracy)
    }
  }

  /// The ends of an interval.
  public struct Interval: Codable, Hashable, Sendable {
    /// The ends.
    public var low, high: Double
  }

  /// Intervals of the figures as they are, from half samples; nil where the figure is.
  public struct Intervals: Codable, Hashable, Sendable {
    /// As in `Figures`.
    public var nll, brier, ece, eceDebiased, eceAdaptive, aurc, accuracy: Interval?

    enum CodingKeys: String, CodingKey {
      case nll, brier, ece, aurc, accuracy
      case eceDebiased = "ece_debiased"
      case eceAdaptive = "ece_adaptive"
    }
  }

  /// One bar of a reliability diagram.
  public struct Bin: Codable, Hashable, Sendable {
    /// The bin's edges; it holds low <= confidence < high, the last one also 1.
    public var low, high: Double
    /// Examples in it.
    public var count: Int
    /// Their mean confidence; nil when there are none.
    public var confidence: Double?
    /// Their accuracy; nil when there are none.
    public var accuracy: Double?

    /// Writes nil as null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(low, forKey: .low)
      try container.encode(high, forKey: .high)
      try container.encode(count, forKey: .count)
      try container.encode(confidence, forKey: .confidence)
      try container.encode(accuracy, forKey: .accuracy)
    }
  }

  /// Examples and classes.
  public var n, classes: Int
  /// Figures of the outputs as they are.
  public var figures: Figures
  /// The temperature that outputs were divided by for `scaled`; nil when none was given or fitted.
  public var temperature: Double?
  /// Figures after division by the temperature.
  public var scaled: Figures?
  /// Figures after a factor and an offset for each class.
  public var vectorScaled: Figures?
  /// Intervals of `figures`, where they were asked for.
  public var intervals: Intervals?
  /// The reliability diagram of the outputs as they are.
  public var bins: [Bin]
  /// The same after division by the temperature.
  public var scaledBins: [Bin]?
  /// Why `temperature` is nil, or `vector_scaled` when it was asked for, or `nll`.
  public var reason: String?

  init(n: Int, classes: Int, figures: Figures, bins: [Bin]) {
    (self.n, self.classes, self.figures, self.bins) = (n, classes, figures, bins)
  }

  enum CodingKeys: String, CodingKey {
    case n, classes, temperature, scaled, intervals, bins, reason
    case vectorScaled = "vector_scaled"
    case scaledBins = "scaled_bins"
  }

  /// Reads the flat form that `encode` writes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    n = try container.decode(Int.self, forKey: .n)
    classes = try container.decode(Int.self, forKey: .classes)
    figures = try Figures(from: decoder)
    temperature = try container.decodeIfPresent(Double.self, forKey: .temperature)
    scaled = try container.decodeIfPresent(Figures.self, forKey: .scaled)
    vectorScaled = try container.decodeIfPresent(Figures.self, forKey: .vectorScaled)
    intervals = try container.decodeIfPresent(Intervals.self, forKey: .intervals)
    bins = try container.decode([Bin].self, forKey: .bins)
    scaledBins = try container.decodeIfPresent([Bin].self, forKey: .scaledBins)
    reason = try container.decodeIfPresent(String.self, forKey: .reason)
  }

  /// Writes the figures at the top level, nil as null; what was not asked for is left out.
  public func encode(to encoder: any Encoder) throws {
    try figures.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(n, forKey: .n)
    try container.encode(classes, forKey: .classes)
    try container.encode(temperature, forKey: .temperature)
    try container.encode(scaled, forKey: .scaled)
    try container.encodeIfPresent(vectorScaled, forKey: .vectorScaled)
    try container.encodeIfPresent(intervals, forKey: .intervals)
    try container.encode(bins, forKey: .bins)
    try container.encodeIfPresent(scaledBins, forKey: .scaledBins)
    try container.encodeIfPresent(reason, forKey: .reason)
  }
}
