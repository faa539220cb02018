import Foundation

/// All that a study's store holds of the present specification, read in one transaction: consistent also while the
/// study runs.
public struct StudySnapshot: Hashable, Sendable {
  /// The study.
  public var study: StudyRecord
  /// Its runs, in the specification's order.
  public var runs: [RunRecord]
  /// Their stages, in the specification's order.
  public var stages: [StageRecord]
  /// What finished stages measured, in the order of stages and then by name, target and split.
  public var measurements: [MeasurementRecord]
  /// The epochs, in the order of runs and then of time.
  public var epochs: [EpochRecord]
  /// What finished stages measured of two runs, in the order of the runs and by layer.
  public var pairs: [PairRecord]
  /// What finished evaluations show beyond their figures, in the order of stages.
  public var details: [EvaluationDetail]

  /// Reads the store; nil where nothing was planned yet.
  public init?(_ store: StudyStore) throws(StudyError) {
    let rows = try store.read { database in
      (
        try StudyStore.study(database), try StudyStore.runs(database), try StudyStore.stages(database),
        try StudyStore.measurements(database), try StudyStore.epochs(database), try StudyStore.pairs(database),
        try StudyStore.details(database)
      )
    }
    guard let study = rows.0 else { return nil }
    self.study = study
    (runs, stages, measurements, epochs, pairs, details) = (rows.1, rows.2, rows.3, rows.4, rows.5, rows.6)
  }

  /// Reads the store in a study's folder; may be called while the study runs.
  public init(directory: URL) throws(StudyError) {
    let store = try StudyStore(existing: directory.appendingPathComponent("study.sqlite"))
    // Not closed in an orderly way: that would wait for a study that is writing.
    guard let read = try StudySnapshot(store) else { throw .noStudy(directory: directory.path) }
    self = read
  }
}
