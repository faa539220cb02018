import Foundation
import GRDB

/// What an evaluation of a run shows beyond its figures, on the source's test images: which of them were right, and how
/// confidence and accuracy go together.
public struct EvaluationDetail: Codable, Hashable, Sendable {
  /// Which test images were right.
  public var answers: AnswerRecord
  /// The bins of the reliability diagrams that hold images; empty where calibration was not measured.
  public var reliability: [ReliabilityRecord]

  /// Makes the detail of one evaluation.
  public init(answers: AnswerRecord, reliability: [ReliabilityRecord]) {
    (self.answers, self.reliability) = (answers, reliability)
  }
}

/// Which test images a run put in the right class, a bit an image.
public struct AnswerRecord: Codable, Hashable, Sendable, FetchableRecord, PersistableRecord {
  /// The table of these rows.
  public static let databaseTableName = "answers"
  /// The stage that asked.
  public var stageDigest: String
  /// The run that answered.
  public var runDigest: String
  /// SHA-256 (hex) of the test images' classes in order: runs with the same were asked the same.
  public var labels: String
  /// Test images.
  public var count: Int
  /// A bit an image, 1 where it is right; the first image in the lowest bit of the first byte.
  public var bits: Data

  enum CodingKeys: String, CodingKey {
    case labels, count, bits
    case stageDigest = "stage_digest"
    case runDigest = "run_digest"
  }

  /// Makes the row of an evaluation.
  public init(stageDigest: String, runDigest: String, labels: String, right: [Bool]) {
    (self.stageDigest, self.runDigest, self.labels) = (stageDigest, runDigest, labels)
    count = right.count
    var bytes = [UInt8](repeating: 0, count: (right.count + 7) / 8)
    for (place, isRight) in right.enumerated() where isRight {
      let bit: UInt8 = 1 << UInt8(place % 8)
      bytes[place / 8] |= bit
    }
    bits = Data(bytes)
  }

  /// Whether each image is right; nil where there are too few bits.
  public var right: [Bool]? {
    guard count >= 0, bits.count == count / 8 + (count % 8 == 0 ? 0 : 1) else { return nil }
    let bytes = [UInt8](bits)
    return (0..<count).map { place in
      let bit: UInt8 = 1 << UInt8(place % 8)
      return bytes[place / 8] & bit != 0
    }
  }
}

/// One bar of a run's reliability diagram: the test images whose confidence falls in one of the bins.
public struct ReliabilityRecord: Codable, Hashable, Sendable, FetchableRecord, PersistableRecord {
  /// The table of these rows.
  public static let databaseTableName = "reliability"
  /// The stage that measured it.
  public var stageDigest: String
  /// The run it belongs to.
  public var runDigest: String
  /// Whether outputs were divided by the fitted temperature.
  public var isScaled: Bool
  /// Place among the bins of equal width, from 0.
  public var bin: Int
  /// Images in it, 1 at least.
  public var count: Int
  /// Their mean confidence, 0 to 1.
  public var confidence: Double
  /// The share of them that are right.
  public var accuracy: Double

  enum CodingKeys: String, CodingKey {
    case bin, count, confidence, accuracy
    case stageDigest = "stage_digest"
    case runDigest = "run_digest"
    case isScaled = "scaled"
  }

  /// Makes the row of a bin.
  public init(
    stageDigest: String, runDigest: String, isScaled: Bool, bin: Int, count: Int, confidence: Double, accuracy: Double
  ) {
    (self.stageDigest, self.runDigest, self.isScaled) = (stageDigest, runDigest, isScaled)
    (self.bin, self.count) = (bin, count)
    // Probabilities add up to 1 but for rounding.
    self.confidence = min(max(confidence, 0), 1)
    self.accuracy = accuracy
  }
}

extension StudyStore {
  /// Records the detail of an evaluation; shown once the stage is done. What the stage told before is replaced.
  public func record(detail: EvaluationDetail) throws(StudyError) {
    try write { try Self.record(detail, in: $0) }
  }

  /// The same, if the owner of the lease still has the stage.
  func record(detail: EvaluationDetail, under lease: Lease) throws(StudyError) {
    try write { database in
      if try Self.holds(lease, in: database) { try Self.record(detail, in: database) }
    }
  }

  /// The same within a transaction that is open already.
  static func record(_ detail: EvaluationDetail, in database: Database) throws {
    let stage = detail.answers.stageDigest
    try database.execute(sql: "DELETE FROM reliability WHERE stage_digest = ?", arguments: [stage])
    try detail.answers.insert(database, onConflict: .replace)
    for bin in detail.reliability { try bin.insert(database) }
  }

  /// The details of finished evaluations, in the specification's order. Those of an earlier version have none.
  public func details() throws(StudyError) -> [EvaluationDetail] {
    try read { try Self.details($0) }
  }

  /// The same within a transaction that is open already.
  static func details(_ database: Database) throws -> [EvaluationDetail] {
    let done = "JOIN stage ON stage.digest = stage_digest WHERE stage.active AND stage.state = 'done'"
    let bins = Dictionary(
      grouping: try ReliabilityRecord.fetchAll(
        database, sql: "SELECT reliability.* FROM reliability \(done) ORDER BY stage.position, scaled, bin"),
      by: \.stageDigest)
    return try AnswerRecord.fetchAll(
      database, sql: "SELECT answers.* FROM answers \(done) ORDER BY stage.position"
    ).map { EvaluationDetail(answers: $0, reliability: bins[$0.stageDigest] ?? []) }
  }
}
