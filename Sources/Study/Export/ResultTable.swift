/// Every measurement of single runs of a study, one a row: the tidy form of its results.
public struct ResultTable: ExportTable, Hashable {
  /// A measurement with the run that it is of.
  public struct Row: Hashable, Sendable, Codable {
    /// Digest of the run.
    public var run: String
    /// The objective as the specification names it.
    public var objective: String
    /// Name of the network.
    public var network: String
    /// The run's seed.
    public var seed: Int
    /// Kind of the stage that measured it.
    public var stage: StageKind
    /// Label of the transfer target, or corruption and severity; empty for the source.
    public var target: String
    /// `train` or `test`.
    public var split: String
    /// Name of the measure.
    public var measure: String
    /// Nil where the number does not exist; `reason` then says why.
    public var value: Double?
    /// Why there is no value; nil where there is one.
    public var reason: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case run, objective, network, seed, stage, target, split, measure, value, reason
    }

    /// Writes every key; what is missing is null.
    public func encode(to encoder: any Encoder) throws {
      var keys = encoder.container(keyedBy: CodingKeys.self)
      try keys.encode(run, forKey: .run)
      try keys.encode(objective, forKey: .objective)
      try keys.encode(network, forKey: .network)
      try keys.encode(seed, forKey: .seed)
      try keys.encode(stage, forKey: .stage)
      try keys.encode(target, forKey: .target)
      try keys.encode(split, forKey: .split)
      try keys.encode(measure, forKey: .measure)
      try keys.encode(value, forKey: .value)
      try keys.encode(reason, forKey: .reason)
    }
  }

  /// The names of the columns, in order.
  public static let columns = Row.CodingKeys.allCases.map(\.rawValue)

  /// The rows, in the order of the specification: runs, their stages, and then by name, target and split.
  public var rows: [Row]

  /// The measurements of finished stages.
  public init(_ snapshot: StudySnapshot) {
    let runs = Dictionary(snapshot.runs.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
    let stages = Dictionary(snapshot.stages.map { ($0.digest, $0.kind) }, uniquingKeysWith: { first, _ in first })
    rows = snapshot.measurements.compactMap { one in
      guard let run = runs[one.runDigest], let stage = stages[one.stageDigest] else { return nil }
      return Row(
        run: run.digest, objective: run.label, network: run.network, seed: run.seed, stage: stage, target: one.target,
        split: one.split, measure: one.name, value: one.value, reason: one.reason)
    }
  }

  /// A row's fields in the order of the columns; what is missing is empty.
  public static func fields(of row: Row) -> [String] {
    [
      row.run, row.objective, row.network, String(row.seed), row.stage.rawValue, row.target, row.split, row.measure,
      row.value.map(exact) ?? "", row.reason ?? "",
    ]
  }

  /// Digest of the run that a row is of.
  public static func runs(of row: Row) -> [String] { [row.run] }
}
