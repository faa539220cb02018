import GRDB

/// One number of two runs, or of a run with itself: how alike they answer, or how alike two of their layers are.
public struct PairRecord: Codable, Hashable, Sendable, FetchableRecord, PersistableRecord {
  /// The table of these rows.
  public static let databaseTableName = "pair_measurement"
  /// The stage that measured it.
  public var stageDigest: String
  /// `agreement`, `ensemble_top1` or `cka`.
  public var name: String
  /// The run that stands first in the study's order.
  public var firstRun: String
  /// The other; the same where layers of one run are compared.
  public var secondRun: String
  /// A layer of the first run; empty where none is meant.
  public var firstLayer: String
  /// A layer of the second run; empty where none is meant.
  public var secondLayer: String
  /// `train` or `test`.
  public var split: String
  /// Nil where the number does not exist; `reason` then says why. Always finite.
  public var value: Double?
  /// Why there is no value; nil where there is one.
  public var reason: String?

  enum CodingKeys: String, CodingKey {
    case name, split, value, reason
    case stageDigest = "stage_digest"
    case firstRun = "first_run"
    case secondRun = "second_run"
    case firstLayer = "first_layer"
    case secondLayer = "second_layer"
  }

  /// Makes the row of a pair. A value that is not finite is stored as missing, with a reason.
  public init(
    stageDigest: String, name: String, firstRun: String, secondRun: String, layers: (String, String) = ("", ""),
    split: String = "test", value: Double?, reason: String? = nil
  ) {
    (self.stageDigest, self.name, self.split) = (stageDigest, name, split)
    (self.firstRun, self.secondRun) = (firstRun, secondRun)
    (firstLayer, secondLayer) = layers
    let finite = value.flatMap { $0.isFinite ? $0 : nil }
    self.value = finite
    self.reason = finite != nil ? nil : reason ?? (value == nil ? "not measured" : "not a finite number")
  }
}

extension StudyStore {
  /// What finished stages measured of two runs, in the order of the runs and by layer.
  public func pairs() throws(StudyError) -> [PairRecord] {
    try read { try Self.pairs($0) }
  }

  /// The same within a transaction that is open already.
  static func pairs(_ database: Database) throws -> [PairRecord] {
    try PairRecord.fetchAll(
      database,
      sql: """
        SELECT pair_measurement.* FROM pair_measurement JOIN stage ON stage.digest = pair_measurement.stage_digest
        JOIN run AS first ON first.digest = first_run JOIN run AS second ON second.digest = second_run
        WHERE stage.active AND stage.state = 'done' AND first.active AND second.active
        ORDER BY stage.position, name, first.position, second.position, first_layer, second_layer
        """)
  }

  /// Records what a stage measured of pairs of runs; shown once the stage is done. A row told again replaces the
  /// earlier one.
  public func record(pairs: [PairRecord]) throws(StudyError) {
    try write { database in
      for pair in pairs { try pair.insert(database, onConflict: .replace) }
    }
  }

  /// The same, if the owner of the lease still has the stage.
  func record(pairs: [PairRecord], under lease: Lease) throws(StudyError) {
    try write { database in
      guard try Self.holds(lease, in: database) else { return }
      for pair in pairs { try pair.insert(database, onConflict: .replace) }
    }
  }
}
