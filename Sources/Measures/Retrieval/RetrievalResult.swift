/// What `Retrieval` measures, with the keys of the tool's JSON: "recall_at_1", ..., "map_at_r" and "knn_accuracy" at the top level.
public struct RetrievalResult: Encodable, Sendable {
  /// A mean over queries.
  public struct Entry: Hashable, Sendable {
    /// Its key.
    public let name: String
    /// The mean; nil where it is not defined.
    public let value: Double?
    /// The ends of its 95 % interval; nil with too few examples for halves.
    public let low, high: Double?
  }

  /// One class.
  public struct ClassEntry: Encodable, Sendable {
    /// Its label, and how many queries it has.
    public let label, n: Int
    /// The means over its queries, in the order of the result's; nil where they are not defined.
    public let values: [Double?]
    let names: [String]

    /// Writes the means under their names, nil as null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(label, forKey: Key("label"))
      try container.encode(n, forKey: Key("n"))
      for (name, value) in zip(names, values) { try container.encode(value, forKey: Key(name)) }
    }
  }

  /// Examples, classes, numbers in a feature vector.
  public let n, classes, dimensions: Int
  /// Examples that were queries, and how many of them are alone in their class, which recall and mAP@R leave out.
  public let queries, leftOut: Int
  /// Recall at every k, mAP@R, and the accuracy of the nearest neighbours' vote.
  public let entries: [Entry]
  /// Every class that has a query.
  public let perClass: [ClassEntry]
  /// Whether `perClass` is written.
  public var listsClasses = false
  /// Why values are nil.
  public let reasons: [String: String]

  /// The value called `name`: "recall_at_1", "map_at_r", "knn_accuracy", ...
  public subscript(name: String) -> Double? { entries.first { $0.name == name }?.value }

  init(_ plan: RetrievalPlan, _ found: Result<RetrievalTally, Retrieval.Undefined>, dimensions: Int) {
    (n, classes, self.dimensions) = (plan.count, plan.classes.count, dimensions)
    (queries, leftOut) = (plan.queries.count, plan.lone)
    var reasons: [String: String] = [:]
    var entries: [Entry] = []
    var ofClasses: [[Double?]] = []
    switch found {
    case .failure(let undefined):
      for name in plan.names {
        entries.append(Entry(name: name, value: nil, low: nil, high: nil))
        reasons[name] = undefined.reason
      }
    case .success(let tally):
      let means = RetrievalMeans(plan)
      for (measure, name) in plan.names.enumerated() {
        let value = means.mean(tally.values[measure])
        if value == nil { reasons[name] = RetrievalMeans.nothingToFind }
        let interval = value.flatMap { Self.interval(around: $0, means.halves(tally.sums[measure], measure)) }
        entries.append(Entry(name: name, value: value, low: interval?.low, high: interval?.high))
        ofClasses.append(means.classMeans(tally.values[measure]))
      }
    }
    self.entries = entries
    self.reasons = reasons
    let sizes = RetrievalMeans(plan).sizes
    perClass =
      ofClasses.isEmpty
      ? []
      : plan.classes.values.indices.filter { sizes[$0] > 0 }.map { index in
        ClassEntry(
          label: plan.classes.values[index], n: sizes[index], values: ofClasses.map { $0[index] }, names: plan.names)
      }
  }

  /// 1.96 standard deviations of the halves to either side, within 0...1; nil below two halves.
  private static func interval(around value: Double, _ halves: [Double]) -> (low: Double, high: Double)? {
    guard halves.count > 1 else { return nil }
    let mean = halves.reduce(0, +) / Double(halves.count)
    let square = halves.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(halves.count - 1)
    let reach = 1.959964 * square.squareRoot()
    return (max(value - reach, 0), min(value + reach, 1))
  }

  struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  /// Writes nil as null; leaves `reasons` out when there are none.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for (name, value) in [
      ("n", n), ("classes", classes), ("dimensions", dimensions), ("queries", queries), ("left_out", leftOut),
    ] {
      try container.encode(value, forKey: Key(name))
    }
    for entry in entries { try container.encode(entry.value, forKey: Key(entry.name)) }
    let intervals = entries.map { entry in
      (entry.name, entry.low.flatMap { low in entry.high.map { ["low": low, "high": $0] } })
    }
    try container.encode(Dictionary(uniqueKeysWithValues: intervals), forKey: Key("intervals"))
    if listsClasses { try container.encode(perClass, forKey: Key("per_class")) }
    if !reasons.isEmpty { try container.encode(reasons, forKey: Key("reasons")) }
  }
}
