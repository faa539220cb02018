import Foundation
import Training

/// Another study, whose finished stages a study takes over: a stage's digest stands for everything that decides its
/// result, so that the result is the same.
///
/// Weights and features are hard links where the file system allows it (both studies replace such files, and never
/// change them), copies elsewhere. Files that are missing or damaged there are made anew.
struct StudyReuse {
  private let directory: URL
  private let there: StudyFiles
  private let here: StudyFiles
  private let catalog: Catalog
  private let store: StudyStore
  private let done: [String: StageRecord]
  private let measurements: [String: [MeasurementRecord]]
  private let epochs: [String: [EpochRecord]]
  private let details: [String: EvaluationDetail]
  private let facts: [String: String]

  /// Reads what the study in `other` has done.
  init(from other: URL, to directory: URL, catalog: Catalog) throws(StudyError) {
    self.directory = other.standardizedFileURL
    there = StudyFiles(directory: other)
    here = StudyFiles(directory: directory)
    self.catalog = catalog
    store = try StudyStore(existing: other.appendingPathComponent("study.sqlite"))
    done = Dictionary(
      try store.stages().filter { $0.state == .done }.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
    measurements = Dictionary(grouping: try store.measurements(), by: \.stageDigest)
    epochs = Dictionary(grouping: try store.epochs(), by: \.runDigest)
    details = Dictionary(
      try store.details().map { ($0.answers.stageDigest, $0) }, uniquingKeysWith: { first, _ in first })
    facts = try store.facts()
  }

  /// Takes over every pending stage that is done there.
  func hand(
    to store: StudyStore, _ owner: OwnerRecord, _ stages: [StudyPlan.Stage], progress: StudyProgress
  ) throws(StudyError) {
    let states = try store.states()
    let log = StudyLog(here.directory, owner: owner)
    var count = 0
    var lastBeat = OwnerWatch.now
    // A comparison of all runs is quickly made, and its rows are of pairs.
    for stage in stages.map(\.record) where states[stage.digest] == .pending && !stage.kind.isOfAllRuns {
      guard let record = done[stage.digest], let files = files(of: record) else { continue }
      guard let lease = try store.claim(stage: stage.digest, owner: owner) else { continue }
      do {
        for file in files { try bring(file) }
      } catch {
        try store.interrupt(lease, seconds: 0)
        throw .notWritable(path: here.directory.path, reason: error.localizedDescription)
      }
      let found = (measurements[stage.digest] ?? []).map { measurement in
        var measurement = measurement
        // The target may have another name here.
        if measurement.target == record.target { measurement.target = stage.target }
        return measurement
      }
      let epochs = stage.kind == .train ? epochs[stage.runDigest] ?? [] : []
      if try store.adopt(
        lease, as: record, measurements: found, epochs: epochs, detail: details[stage.digest])
      {
        count += 1
        log.write(.reused, stage, attempt: lease.attempt, from: directory.path)
      }
      if OwnerWatch.now - lastBeat > 1 {
        lastBeat = OwnerWatch.now
        _ = try store.beat(owner.id)
      }
    }
    try self.store.close()
    guard count > 0 else { return }
    try store.record(facts: facts.filter { $0.key.hasPrefix("network/") })
    let before = try store.facts()["reused_directory"].map { "\($0); " } ?? ""
    try store.record(facts: ["reused_directory": "\(before)\(count) stages of \(directory.path)"])
    progress.say("\(count) stages taken over from \(directory.path)")
  }

  // MARK: Files

  private struct Brought {
    var from: URL
    var to: URL
    /// Whether it may be one file in both studies.
    var isLinked: Bool
  }

  /// What a stage left there, those that later stages read last; nil when any of it is not sound.
  private func files(of stage: StageRecord) -> [Brought]? {
    let products = there.products(of: stage)
    guard products.allSatisfy({ StudyCheck.fault(of: $0, stage, catalog) == nil }) else { return nil }
    var files: [Brought] = []
    func add(_ file: URL, isLinked: Bool) {
      guard FileManager.default.fileExists(atPath: file.path) else { return }
      let path = file.path.dropFirst(there.runs.path.count + 1)
      files.append(Brought(from: file, to: here.runs.appendingPathComponent(String(path)), isLinked: isLinked))
    }
    if stage.kind == .train {
      let folder = there.folder(ofRun: stage.runDigest)
      for name in ["plan.yaml", "log.jsonl", "events"] { add(folder.appendingPathComponent(name), isLinked: false) }
    }
    add(there.result(of: stage), isLinked: false)
    for product in products { add(product, isLinked: true) }
    return files
  }

  private func bring(_ file: Brought) throws {
    let files = FileManager.default
    try files.createDirectory(at: file.to.deletingLastPathComponent(), withIntermediateDirectories: true)
    // Never half a file under its name, also when it is stopped in between.
    let partial = file.to.deletingLastPathComponent().appendingPathComponent(
      ".\(file.to.lastPathComponent).\(UUID().uuidString).partial")
    do {
      if !file.isLinked || (try? files.linkItem(at: file.from, to: partial)) == nil {
        try files.copyItem(at: file.from, to: partial)
      }
      if files.fileExists(atPath: file.to.path) { try files.removeItem(at: file.to) }
      try files.moveItem(at: partial, to: file.to)
    } catch {
      try? files.removeItem(at: partial)
      throw error
    }
  }
}
