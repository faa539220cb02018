/// What `Calibration` measures, with the keys of the tool's JSON.
public struct CalibrationResult: Codable, Hashable, Sendable {
  /// Figures of one set of probabilities.
  public struct Figures: Codable, Hashable, Sendable {
    /// Mean of -log p(label), in nats.
    public var nll: Double
    /// Mean of the squared distance to the one-hot label, summed over classes: in [0, 2].
    public var brier: Double
    /// Expected calibration error of the top class, 15 equal-width bins.
    public var ece: Double
    /// The same with bins of equal counts.
    public var eceAdaptive: Double
    /// The mean over classes of the equal-width error of each class's probability.
    public var eceClasswise: Double
    /// Share of examples whose label is the top class.
    public var accuracy: Double

    enum CodingKeys: String, CodingKey {
      case nll, brier, ece, accuracy
      case eceAdaptive = "ece_adaptive"
      case eceClasswise = "ece_classwise"
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
  /// The reliability diagram of the outputs as they are.
  public var bins: [Bin]
  /// Why `temperature` is nil, when one was asked for.
  public var reason: String?

  init(
    n: Int, classes: Int, figures: Figures, temperature: Double?, scaled: Figures?, bins: [Bin]
  ) {
    self.n = n
    self.classes = classes
    self.figures = figures
    self.temperature = temperature
    self.scaled = scaled
    self.bins = bins
  }

  enum CodingKeys: String, CodingKey {
    case n, classes, temperature, scaled, bins, reason
  }

  /// Reads the flat form that `encode` writes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    n = try container.decode(Int.self, forKey: .n)
    classes = try container.decode(Int.self, forKey: .classes)
    figures = try Figures(from: decoder)
    temperature = try container.decodeIfPresent(Double.self, forKey: .temperature)
    scaled = try container.decodeIfPresent(Figures.self, forKey: .scaled)
    bins = try container.decode([Bin].self, forKey: .bins)
    reason = try container.decodeIfPresent(String.self, forKey: .reason)
  }

  /// Writes the figures at the top level, nil as null, `reason` only when there is one.
  public func encode(to encoder: any Encoder) throws {
    try figures.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(n, forKey: .n)
    try container.encode(classes, forKey: .classes)
    try container.encode(temperature, forKey: .temperature)
    try container.encode(scaled, forKey: .scaled)
    try container.encode(bins, forKey: .bins)
    try container.encodeIfPresent(reason, forKey: .reason)
  }
}
