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

extension ClaimResult.Part {
  /// The value with its unit: `+0.42 points`; nil where it is not defined.
  public var valueText: String? { value.map { ClaimText.text($0, unit) } }
  /// The interval in the value's unit: `+0.10 to +0.74`; nil where there is none.
  public var intervalText: String? { interval.map { ClaimText.text($0, unit) } }
  /// Where the value must lie: `above 0 points`.
  public var boundText: String { ClaimText.text(bound, unit) }
}

extension ClaimResult {
  /// The comparison that decides, whose value and interval the result shows; nil without any.
  public var deciding: Part? {
    parts.first { $0.value == value && $0.interval == interval && $0.n == n && $0.verdict == verdict }
      ?? parts.first { $0.value == value && $0.interval == interval && $0.n == n }
  }

  /// The value with its unit: `+0.42 points`; nil where there is none.
  public var valueText: String? { deciding?.valueText }

  /// The interval in the value's unit: `+0.10 to +0.74`; nil where there is none.
  public var intervalText: String? { deciding?.intervalText }

  /// What the result is over: `3 seeds`; nil where there is nothing.
  public var countText: String? { n > 0 ? ClaimText.count(n, counted) : nil }
}
