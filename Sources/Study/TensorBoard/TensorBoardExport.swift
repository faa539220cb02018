import Foundation

/// A study as a log directory of TensorBoard: one folder a run, and the experiment's hyperparameters beside them.
///
/// ```
/// events.out.tfevents.1767225600.separatrix        what is varied and compared
/// separatrix-export.json                           the files that this export owns
/// softmax-resnet8-seed0/
///   events.out.tfevents.1767225600.separatrix      scalars and hyperparameters
///   features.tsv, labels.tsv, projector_config.pbtxt
/// ```
///
/// Training's numbers stand under `train/` and `holdout/` by epoch; each measurement under `STAGE/MEASURE/TARGET/SPLIT`
/// at the last epoch. Times are those of the store, and the same store gives the same bytes. The projector gets
/// the features of the source's test images, where the run kept them.
public struct TensorBoardExport: Sendable {
  /// Examples of each run whose features go to the projector, unless another number is asked for.
  public static let standardExamples = 1000

  private let snapshot: StudySnapshot
  private let directory: URL
  private let examples: Int

  /// An export of what a store holds.
  /// - Parameters:
  ///   - directory: folder of the study, in which the features lie.
  ///   - examples: most examples of a run that go to the projector, evenly spaced; 0 for none.
  public init(snapshot: StudySnapshot, directory: URL, examples: Int = standardExamples) {
    self.snapshot = snapshot
    self.directory = directory
    self.examples = max(0, examples)
  }

  /// Writes the log directory. An earlier export of the same study is replaced, its files that are no longer wanted are
  /// removed, all others stay.
  ///
  /// - Throws: `ExportError` for what cannot be written, read or replaced, `StudyError` for a damaged store.
  @discardableResult
  public func write(to folder: URL) throws -> StudyExport.Summary {
    let runs = try begunRuns()
    let names = Self.folderNames(runs.map(\.record))
    var out = try ExportFolder(folder, format: .tensorboard, study: snapshot.study.name)
    for (run, name) in zip(runs, names) {
      // The event file last: what it tells of is there then.
      var files = try embedding(of: run).map { $0.files.map { ("\(name)/\($0.name)", Array($0.text.utf8)) } } ?? []
      files.append(("\(name)/\(eventFile)", TensorBoardEvent.file(run.events, wallTime: studyTime)))
      try out.claim(files.map(\.0), run: (run.record.digest, name))
      for (path, bytes) in files { try out.put(bytes, at: path) }
    }
    let experiment = HyperparameterSummary.Experiment(
      name: snapshot.study.name, created: studyTime,
      hyperparameters: PlanHyperparameters.summary(runs.map(\.hyperparameters)), metrics: metrics(of: runs))
    let event = TensorBoardEvent(wallTime: studyTime, content: .hyperparameters(.experiment(experiment)))
    try out.claim([eventFile])
    try out.put(TensorBoardEvent.file([event], wallTime: studyTime), at: eventFile)
    try out.finish(runs: Dictionary(zip(runs.map(\.record.digest), names), uniquingKeysWith: { first, _ in first }))
    return StudyExport.Summary(
      runs: runs.count, measurements: runs.reduce(0) { $0 + $1.measurements.count }, files: out.written.count)
  }

  private var studyTime: Double { TensorBoardRun.seconds(snapshot.study.createdAt) ?? 0 }

  /// In the form that TensorBoard's own have, with the study's time.
  private var eventFile: String {
    let digits = String(Int(max(0, studyTime)))
    return "events.out.tfevents.\(String(repeating: "0", count: max(0, 10 - digits.count)))\(digits).separatrix"
  }

  /// The runs of which anything was begun.
  private func begunRuns() throws(StudyError) -> [TensorBoardRun] {
    let stages = Dictionary(grouping: snapshot.stages, by: \.runDigest)
    let measurements = Dictionary(grouping: snapshot.measurements, by: \.runDigest)
    let epochs = Dictionary(grouping: snapshot.epochs, by: \.runDigest)
    let store = directory.appendingPathComponent("study.sqlite").path
    var runs: [TensorBoardRun] = []
    for record in snapshot.runs {
      let found = measurements[record.digest] ?? []
      let run = TensorBoardRun(
        record: record, stages: stages[record.digest] ?? [], measurements: found, epochs: epochs[record.digest] ?? [],
        hyperparameters: try PlanHyperparameters.values(of: record, store: store), studyTime: studyTime,
        meanTransfer: meanTransfer(found))
      if run.hasBegun { runs.append(run) }
    }
    return runs
  }

  /// Mean accuracy over all targets with the linear probe, else with nearest neighbours; nil where one is missing.
  private func meanTransfer(_ measurements: [MeasurementRecord]) -> Double? {
    for (kind, name) in [(StageKind.probe, "probe_accuracy"), (.knn, "knn_accuracy")] {
      let targets = Set(snapshot.stages.filter { $0.kind == kind }.map(\.target))
      guard !targets.isEmpty else { continue }
      let values = measurements.filter { $0.name == name && $0.split == "test" && targets.contains($0.target) }
        .compactMap(\.value)
      return values.count == targets.count ? values.reduce(0, +) / Double(values.count) : nil
    }
    return nil
  }

  /// Those that some run has.
  private func metrics(of runs: [TensorBoardRun]) -> [HyperparameterSummary.Metric] {
    let tags = Set(
      runs.flatMap(\.events).compactMap { event in
        if case .scalar(let tag, _) = event.content { tag } else { nil }
      })
    return TensorBoardRun.metrics.filter { tags.contains($0.tag) }
  }

  /// Features of the source's test images; nil where the run has none.
  private func embedding(of run: TensorBoardRun) throws(ExportError) -> ProjectorEmbedding? {
    guard examples > 0,
      let stage = run.stages.first(where: { $0.kind == .extract && $0.state == .done && $0.target.isEmpty })
    else { return nil }
    let file = directory.appendingPathComponent(
      "runs/\(run.record.digest)/features/\(stage.digest.prefix(16))-test.safetensors")
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    return try ProjectorEmbedding(file: file, name: "features", limit: examples)
  }

  /// A folder's name for each run: objective, network and seed, and the digest's beginning where these do not tell runs
  /// apart.
  static func folderNames(_ runs: [RunRecord]) -> [String] {
    func plain(_ text: String) -> String {
      let allowed = { (scalar: Unicode.Scalar) in
        scalar.isASCII
          && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            || "-_.=+,".unicodeScalars.contains(scalar))
      }
      return String(String.UnicodeScalarView(text.unicodeScalars.map { allowed($0) ? $0 : "_" }))
    }
    let names = runs.map { run in
      let name = "\(plain(run.label).prefix(150))-\(plain(run.network).prefix(40))-seed\(run.seed)"
      return name.hasPrefix(".") ? "_" + name : name
    }
    // Some file systems do not tell capitals from small letters.
    let counts = Dictionary(names.map { ($0.lowercased(), 1) }, uniquingKeysWith: +)
    return zip(runs, names).map { run, name in
      counts[name.lowercased(), default: 1] > 1 ? "\(name)-\(run.digest.prefix(8))" : name
    }
  }
}
