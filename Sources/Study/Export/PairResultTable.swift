/// Every measurement of two runs of a study, or of two layers of one, a row each: the tidy form of what
/// `pair_measurement` holds.
public struct PairResultTable: ExportTable, Hashable {
  /// A measurement with the two runs that it is of.
  public struct Row: Hashable, Sendable, Codable {
    /// One of the two.
    public struct Side: Hashable, Sendable {
      /// Digest of the run.
      public var run: String
      /// The objective as the specification names it.
      public var objective: String
      /// Name of the network.
      public var network: String
      /// The run's seed.
      public var seed: Int
      /// The layer that is compared; empty where the runs' answers are.
      public var layer: String
    }

    /// The run that stands first in the study's order.
    public var a: Side
    /// The other; the same run where two of its layers are compared.
    public var b: Side
    /// Kind of the stage that measured it.
    public var stage: StageKind
    /// `train` or `test`.
    public var split: String
    /// Name of the measure.
    public var measure: String
    /// Nil where the number does not exist; `reason` then says why.
    public var value: Double?
    /// Why there is no value; nil where there is one.
    public var reason: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case runA = "run_a"
      case objectiveA = "objective_a"
      case networkA = "network_a"
      case seedA = "seed_a"
      case layerA = "layer_a"
      case runB = "run_b"
      case objectiveB = "objective_b"
      case networkB = "network_b"
      case seedB = "seed_b"
      case layerB = "layer_b"
      case stage, split, measure, value, reason
    }

    /// The keys of one of the two.
    private typealias SideKeys = (
      run: CodingKeys, objective: CodingKeys, network: CodingKeys, seed: CodingKeys, layer: CodingKeys
    )
    private static let keysOfA: SideKeys = (.runA, .objectiveA, .networkA, .seedA, .layerA)
    private static let keysOfB: SideKeys = (.runB, .objectiveB, .networkB, .seedB, .layerB)

    init(_ a: Side, _ b: Side, stage: StageKind, _ record: PairRecord) {
      (self.a, self.b, self.stage) = (a, b, stage)
      (split, measure, value, reason) = (record.split, record.name, record.value, record.reason)
    }

    /// Reads a row that `encode` wrote.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      func side(_ keys: SideKeys) throws -> Side {
        Side(
          run: try values.decode(String.self, forKey: keys.run),
          objective: try values.decode(String.self, forKey: keys.objective),
          network: try values.decode(String.self, forKey: keys.network),
          seed: try values.decode(Int.self, forKey: keys.seed),
          layer: try values.decode(String.self, forKey: keys.layer))
      }
      (a, b) = (try side(Self.keysOfA), try side(Self.keysOfB))
      stage = try values.decode(StageKind.self, forKey: .stage)
      split = try values.decode(String.self, forKey: .split)
      measure = try values.decode(String.self, forKey: .measure)
      value = try values.decodeIfPresent(Double.self, forKey: .value)
      reason = try values.decodeIfPresent(String.self, forKey: .reason)
    }

    /// Writes every key; what is missing is null.
    public func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      for (side, keys) in [(a, Self.keysOfA), (b, Self.keysOfB)] {
        try values.encode(side.run, forKey: keys.run)
        try values.encode(side.objective, forKey: keys.objective)
        try values.encode(side.network, forKey: keys.network)
        try values.encode(side.seed, forKey: keys.seed)
        try values.encode(side.layer, forKey: keys.layer)
      }
      try values.encode(stage, forKey: .stage)
      try values.encode(split, forKey: .split)
      try values.encode(measure, forKey: .measure)
      try values.encode(value, forKey: .value)
      try values.encode(reason, forKey: .reason)
    }
  }

  /// The names of the columns, in order.
  public static let columns = Row.CodingKeys.allCases.map(\.rawValue)

  /// The rows: by stage and measure, then in the order of the two runs, then by layer.
  public var rows: [Row]

  /// The measurements of finished stages.
  public init(_ snapshot: StudySnapshot) {
    let runs = Dictionary(snapshot.runs.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
    let stages = Dictionary(snapshot.stages.map { ($0.digest, $0.kind) }, uniquingKeysWith: { first, _ in first })
    func side(_ digest: String, _ layer: String) -> Row.Side? {
      runs[digest].map {
        Row.Side(run: $0.digest, objective: $0.label, network: $0.network, seed: $0.seed, layer: layer)
      }
    }
    rows = snapshot.pairs.compactMap { one in
      guard let a = side(one.firstRun, one.firstLayer), let b = side(one.secondRun, one.secondLayer),
        let stage = stages[one.stageDigest]
      else { return nil }
      return Row(a, b, stage: stage, one)
    }
  }

  /// A row's fields in the order of the columns; what is missing is empty.
  public static func fields(of row: Row) -> [String] {
    [row.a, row.b].flatMap { [$0.run, $0.objective, $0.network, String($0.seed), $0.layer] }
      + [row.stage.rawValue, row.split, row.measure, row.value.map(exact) ?? "", row.reason ?? ""]
  }

  /// Digests of the two runs that a row is of; one where it compares layers of a run.
  public static func runs(of row: Row) -> [String] { row.a.run == row.b.run ? [row.a.run] : [row.a.run, row.b.run] }
}
