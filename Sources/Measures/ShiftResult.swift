/// What `Shift` measures, with the keys of the tool's JSON.
public struct ShiftResult: Encodable, Sendable {
  /// Figures that a temperature changes.
  public struct Scaled: Encodable, Hashable, Sendable {
    /// As in `CalibrationResult.Figures`.
    public var nll: Double?
    /// As there.
    public var brier, ece: Double
  }

  /// Figures of one set, or their differences to the clean set's.
  public struct Figures: Encodable, Hashable, Sendable {
    /// As in `CalibrationResult.Figures`.
    public var accuracy, brier, ece: Double
    /// As there.
    public var nll: Double?
    /// 1 - accuracy.
    public var error: Double
    /// Of outputs / temperature, where there is one.
    public var scaled: Scaled?

    init(_ raw: CalibrationResult.Figures, scaled: CalibrationResult.Figures?) {
      (accuracy, error, nll, brier, ece) = (raw.accuracy, 1 - raw.accuracy, raw.nll, raw.brier, raw.ece)
      self.scaled = scaled.map { Scaled(nll: $0.nll, brier: $0.brier, ece: $0.ece) }
    }

    /// These less those of the clean set.
    func less(_ clean: Figures) -> Figures {
      var change = self
      for path in [\Figures.accuracy, \.error, \.brier, \.ece] { change[keyPath: path] -= clean[keyPath: path] }
      func difference(_ a: Double?, _ b: Double?) -> Double? { a.flatMap { a in b.map { a - $0 } } }
      change.nll = difference(nll, clean.nll)
      if let scaled, let other = clean.scaled {
        change.scaled = Scaled(
          nll: difference(scaled.nll, other.nll), brier: scaled.brier - other.brier, ece: scaled.ece - other.ece)
      }
      return change
    }

    enum CodingKeys: String, CodingKey { case accuracy, error, nll, brier, ece, scaled }

    /// Writes nil as null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(accuracy, forKey: .accuracy)
      try container.encode(error, forKey: .error)
      try container.encode(nll, forKey: .nll)
      try container.encode(brier, forKey: .brier)
      try container.encode(ece, forKey: .ece)
      try container.encode(scaled, forKey: .scaled)
    }
  }

  /// One set.
  public struct Entry: Encodable, Sendable {
    /// What it is called.
    public let name: String
    /// The corruption and its severity; nil for the clean set and plain shifted ones.
    public let corruption: String?, severity: Int?
    /// Examples.
    public let n: Int
    /// The 95 % interval of the accuracy.
    public let interval: Accuracy.Interval
    /// Its figures.
    public let figures: Figures
    /// These less the clean set's; nil for the clean set itself.
    public internal(set) var change: Figures?

    init(
      name: String, corruption: String?, severity: Int?, n: Int, interval: Accuracy.Interval, figures: Figures
    ) {
      (self.name, self.corruption, self.severity, self.n) = (name, corruption, severity, n)
      (self.interval, self.figures) = (interval, figures)
    }

    enum CodingKeys: String, CodingKey {
      case name, corruption, severity, n, change
      case interval = "accuracy_interval"
    }

    /// Writes the figures beside the rest, and nil as null.
    public func encode(to encoder: any Encoder) throws {
      try figures.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(corruption, forKey: .corruption)
      try container.encode(severity, forKey: .severity)
      try container.encode(n, forKey: .n)
      try container.encode(interval, forKey: .interval)
      try container.encode(change, forKey: .change)
    }
  }

  /// One corruption over its severities.
  public struct Corruption: Encodable, Sendable {
    /// Its name.
    public let corruption: String
    /// The severities that there are sets of.
    public let severities: [Int]
    /// Those of them that `ce` is over; empty where nothing compares.
    public internal(set) var compared: [Int] = []
    /// The mean error over the severities.
    public let error: Double
    /// The sum of errors as a share of the reference's, and the same of errors beyond the clean ones.
    public internal(set) var ce, relativeCE: Double?
    /// Why they are nil.
    public internal(set) var reason, relativeReason: String?

    init(corruption: String, severities: [Int], error: Double) {
      (self.corruption, self.severities, self.error) = (corruption, severities, error)
    }

    mutating func explain(_ words: String) { (reason, relativeReason) = (words, words) }

    enum CodingKeys: String, CodingKey {
      case corruption, severities, compared, error, ce, reason
      case relativeCE = "relative_ce"
      case relativeReason = "relative_reason"
    }

    /// Writes nil as null; leaves out reasons that there are not.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(corruption, forKey: .corruption)
      try container.encode(severities, forKey: .severities)
      try container.encode(compared, forKey: .compared)
      try container.encode(error, forKey: .error)
      try container.encode(ce, forKey: .ce)
      try container.encode(relativeCE, forKey: .relativeCE)
      try container.encodeIfPresent(reason, forKey: .reason)
      try container.encodeIfPresent(relativeReason, forKey: .relativeReason)
    }
  }

  /// What only one side has.
  public struct Missing: Encodable, Hashable, Sendable {
    /// The side that lacks it.
    public enum Side: String, Encodable, Sendable { case sets, reference }
    /// The corruption.
    public let corruption: String
    /// The severity; nil for all of them.
    public let severity: Int?
    /// Who lacks it.
    public let from: Side

    enum CodingKeys: String, CodingKey { case corruption, severity, from }

    /// Writes nil as null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(corruption, forKey: .corruption)
      try container.encode(severity, forKey: .severity)
      try container.encode(from, forKey: .from)
    }
  }

  /// What outputs were divided by for `scaled`.
  public let temperature: Double?
  /// The reference's name.
  public let reference: String?
  /// The clean set.
  public let clean: Entry
  /// The others, in the order given.
  public internal(set) var sets: [Entry] = []
  /// Each corruption, in the order of its first set.
  public internal(set) var corruptions: [Corruption] = []
  /// What is in the sets or in the reference only.
  public internal(set) var missing: [Missing] = []
  /// The mean over corruptions of the mean error over severities, a share.
  public internal(set) var meanCorruptionError: Double?
  /// As `Shift` defines them, as shares: 1 is the reference, which papers write as 100.
  public internal(set) var mce, relativeMCE: Double?
  /// Why values are nil.
  public var reasons: [String: String] = [:]

  init(temperature: Double?, reference: String?, clean: Entry) {
    (self.temperature, self.reference, self.clean) = (temperature, reference, clean)
  }

  enum CodingKeys: String, CodingKey {
    case temperature, reference, clean, sets, corruptions, missing, mce, reasons
    case meanCorruptionError = "mean_corruption_error"
    case relativeMCE = "relative_mce"
  }

  /// Writes nil as null; leaves `reasons` out when there are none.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(temperature, forKey: .temperature)
    try container.encode(reference, forKey: .reference)
    try container.encode(clean, forKey: .clean)
    try container.encode(sets, forKey: .sets)
    try container.encode(corruptions, forKey: .corruptions)
    try container.encode(missing, forKey: .missing)
    try container.encode(meanCorruptionError, forKey: .meanCorruptionError)
    try container.encode(mce, forKey: .mce)
    try container.encode(relativeMCE, forKey: .relativeMCE)
    if !reasons.isEmpty { try container.encode(reasons, forKey: .reasons) }
  }
}
