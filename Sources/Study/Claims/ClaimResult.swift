/// What the evidence says of a claim.
public struct ClaimResult: Codable, Hashable, Sendable {
  /// The answer.
  public enum Verdict: String, Codable, Hashable, Sendable, CaseIterable {
    /// Every interval lies wholly on the claimed side of its threshold.
    case holds
    /// Some interval lies wholly on the other side.
    case fails
    /// An interval holds its threshold, or there is too little of what was measured.
    case undecided
    /// What the claim is about was not measured.
    case notMeasured = "not measured"
  }

  /// How a value is to be written.
  public enum Unit: String, Codable, Hashable, Sendable {
    /// A difference of shares: in points, 0.01 being one.
    case points
    /// A share, in per cent.
    case percent
    /// A bare number.
    case number
  }

  /// One of the comparisons that make the claim.
  public struct Part: Codable, Hashable, Sendable {
    /// What is compared, such as the objective.
    public var name: String
    /// The statistic; nil where it is not defined.
    public var value: Double?
    /// Its interval, corrected where several comparisons make the claim; nil where there are too few units.
    public var interval: ConfidenceInterval?
    /// Seeds or objectives.
    public var n: Int
    /// How the value is written.
    public var unit: Unit
    /// Where the value must lie.
    public var bound: ClaimBound
    /// What this comparison alone says.
    public var verdict: Verdict
    /// Seeds that would settle a difference of this size from the threshold with a chance of 80 %; nil where it is
    /// settled or cannot be said.
    public var seedsNeeded: Int?

    enum CodingKeys: String, CodingKey {
      case name, value, interval, n, unit, bound, verdict
      case seedsNeeded = "seeds_needed"
    }
  }

  /// The claim's letter, or the name of a user's claim.
  public var id: String
  /// What is claimed.
  public var statement: String
  /// The answer.
  public var verdict: Verdict
  /// What was computed.
  public var statistic: String
  /// The statistic of the comparison that decides: of those with the claim's verdict the one furthest on the wrong
  /// side.
  public var value: Double?
  /// Its interval.
  public var interval: ConfidenceInterval?
  /// How many units it is over; 0 without any.
  public var n: Int
  /// What n counts: `seeds` or `objectives`.
  public var counted: String
  /// All comparisons.
  public var parts: [Part]
  /// The result in words.
  public var sentence: String
  /// What would have to be measured, or be more of.
  public var missing: [String]
  /// Seeds that would settle every open comparison at the differences found; nil where it is settled or cannot be said.
  public var seedsNeeded: Int?

  enum CodingKeys: String, CodingKey {
    case id, statement, verdict, statistic, value, interval, n, counted, parts, sentence, missing
    case seedsNeeded = "seeds_needed"
  }
}
