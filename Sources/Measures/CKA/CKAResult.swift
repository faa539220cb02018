/// What `CKA` measures, with the keys of the tool's JSON: for two sets (or one with itself) at the top level, for more under
/// `pairs`.
public struct CKAResult: Encodable, Sendable {
  /// Why a value is missing.
  struct Undefined: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  /// All layers of two sets.
  public struct Pair: Encodable, Sendable {
    /// Places of the two sets.
    public let a, b: Int
    /// [layers of a][layers of b]; nil where it is not defined.
    public internal(set) var cka: [[Double?]] = []
    /// The interval's ends, where one was asked for.
    public internal(set) var low, high: [[Double?]]?
    /// [layers of a][layers of b]: the share of permutations of b's examples whose HSIC is at least that of the examples as they are,
    /// these counted once; nil where CKA is. Nil as a whole where no test was asked for.
    public internal(set) var p: [[Double?]]?
    /// Why values are nil.
    public internal(set) var reasons: [String] = []

    enum CodingKeys: String, CodingKey { case a, b, cka, low, high, p, reasons }

    /// Writes nil as null; leaves out what was not asked for.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(a, forKey: .a)
      try container.encode(b, forKey: .b)
      try encodeValues(to: &container)
    }

    fileprivate func encodeValues(to container: inout KeyedEncodingContainer<CodingKeys>) throws {
      try container.encode(cka, forKey: .cka)
      try container.encodeIfPresent(low, forKey: .low)
      try container.encodeIfPresent(high, forKey: .high)
      try container.encodeIfPresent(p, forKey: .p)
      if !reasons.isEmpty { try container.encode(reasons, forKey: .reasons) }
    }
  }

  /// How HSIC was estimated.
  public let estimator: CKA.Estimator
  /// The kernel.
  public let kernel: CKA.Kernel
  /// Examples.
  public let n: Int
  /// Examples of a batch, of the minibatch estimator.
  public let batch: Int?
  /// The names of each set's layers.
  public let sets: [[String]]
  /// Permutations of the test, where one was asked for.
  public let permutations: Int?
  /// Every pair of sets.
  public internal(set) var pairs: [Pair] = []

  enum CodingKeys: String, CodingKey {
    case estimator, kernel, bandwidth, n, batch, sets, pairs, permutations
    case layersA = "layers_a"
    case layersB = "layers_b"
  }

  /// Writes the only pair's values at the top level.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(estimator, forKey: .estimator)
    switch kernel {
    case .linear: try container.encode("linear", forKey: .kernel)
    case .rbf(let bandwidth):
      try container.encode("rbf", forKey: .kernel)
      try container.encode(bandwidth, forKey: .bandwidth)
    }
    try container.encode(n, forKey: .n)
    try container.encodeIfPresent(batch, forKey: .batch)
    try container.encodeIfPresent(permutations, forKey: .permutations)
    if pairs.count == 1 {
      try container.encode(sets[pairs[0].a], forKey: .layersA)
      try container.encode(sets[pairs[0].b], forKey: .layersB)
      var values = encoder.container(keyedBy: Pair.CodingKeys.self)
      try pairs[0].encodeValues(to: &values)
    } else {
      try container.encode(sets, forKey: .sets)
      try container.encode(pairs, forKey: .pairs)
    }
  }
}
