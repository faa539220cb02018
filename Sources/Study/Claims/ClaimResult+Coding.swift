/// A bound is written as in a specification, `{"above": 0.01}`.
extension ClaimBound {
  enum CodingKeys: String, CodingKey, CaseIterable { case above, below, within }

  /// Reads the one bound that is there.
  public init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    guard let key = keys.allKeys.first, keys.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "expected one of above, below and within"))
    }
    self.init(key, try keys.decode(Double.self, forKey: key))
  }

  init(_ key: CodingKeys, _ limit: Double) {
    switch key {
    case .above: self = .above(limit)
    case .below: self = .below(limit)
    case .within: self = .within(limit)
    }
  }

  /// Writes the bound under its name.
  public func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .above(let limit): try keys.encode(limit, forKey: .above)
    case .below(let limit): try keys.encode(limit, forKey: .below)
    case .within(let limit): try keys.encode(limit, forKey: .within)
    }
  }
}

extension ClaimResult {
  /// Writes every key; what there is not is null.
  public func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(id, forKey: .id)
    try keys.encode(statement, forKey: .statement)
    try keys.encode(verdict, forKey: .verdict)
    try keys.encode(statistic, forKey: .statistic)
    try keys.encode(value, forKey: .value)
    try keys.encode(interval, forKey: .interval)
    try keys.encode(n, forKey: .n)
    try keys.encode(counted, forKey: .counted)
    try keys.encode(parts, forKey: .parts)
    try keys.encode(sentence, forKey: .sentence)
    try keys.encode(missing, forKey: .missing)
    try keys.encode(seedsNeeded, forKey: .seedsNeeded)
  }
}

extension ClaimResult.Part {
  /// Writes every key; what there is not is null.
  public func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(name, forKey: .name)
    try keys.encode(value, forKey: .value)
    try keys.encode(interval, forKey: .interval)
    try keys.encode(n, forKey: .n)
    try keys.encode(unit, forKey: .unit)
    try keys.encode(bound, forKey: .bound)
    try keys.encode(verdict, forKey: .verdict)
    try keys.encode(seedsNeeded, forKey: .seedsNeeded)
  }
}
