import Foundation

/// How far a study is: what `study status --json` prints.
public struct StudyStatus: Codable, Hashable, Sendable {
  /// A run with the stage it is at: the one in work or failed, else the next one, else the last one done.
  public struct Run: Codable, Hashable, Sendable {
    /// Digest of the run.
    public var digest: String
    /// The objective's label.
    public var objective: String
    /// The run's seed.
    public var seed: Int
    /// Kind of the stage, and its target.
    public var stage: String
    /// State of that stage; `done` when all of the run's stages are done.
    public var state: StageState
    /// Seconds spent on the run's stages.
    public var seconds: Double
    /// Why it failed, or what ended its last attempt.
    public var error: String?
    /// The end of what its worker wrote in the last failed attempt at it; nil where there was none.
    public var log: String?

    /// Writes every key; `error` is null where there is none.
    public func encode(to encoder: any Encoder) throws {
      var keys = encoder.container(keyedBy: CodingKeys.self)
      try keys.encode(digest, forKey: .digest)
      try keys.encode(objective, forKey: .objective)
      try keys.encode(seed, forKey: .seed)
      try keys.encode(stage, forKey: .stage)
      try keys.encode(state, forKey: .state)
      try keys.encode(seconds, forKey: .seconds)
      try keys.encode(error, forKey: .error)
      try keys.encode(log, forKey: .log)
    }
  }

  /// Name of the study.
  public var name: String
  /// The runs in the order of the specification.
  public var runs: [Run]
  /// Runs all of whose stages are done.
  public var done: Int
  /// Runs with a failed stage.
  public var failed: Int
  /// Stages in all.
  public var stages: Int
  /// Stages done.
  public var stagesDone: Int
  /// Stages failed.
  public var stagesFailed: Int
  /// Stages that somebody works on now.
  public var stagesRunning: Int
  /// Seconds of work left for the study's workers, from the mean seconds of each kind of stage; nil before one of
  /// each kind that is left was done.
  public var remainingSeconds: Double?
  /// Who runs the study now; nil when nobody does.
  public var holder: String?

  enum CodingKeys: String, CodingKey {
    case name, runs, done, failed, stages, holder
    case stagesDone = "stages_done"
    case stagesFailed = "stages_failed"
    case stagesRunning = "stages_running"
    case remainingSeconds = "remaining_seconds"
  }

  /// Writes every key; what is not known is null.
  public func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(name, forKey: .name)
    try keys.encode(runs, forKey: .runs)
    try keys.encode(done, forKey: .done)
    try keys.encode(failed, forKey: .failed)
    try keys.encode(stages, forKey: .stages)
    try keys.encode(stagesDone, forKey: .stagesDone)
    try keys.encode(stagesFailed, forKey: .stagesFailed)
    try keys.encode(stagesRunning, forKey: .stagesRunning)
    try keys.encode(remainingSeconds, forKey: .remainingSeconds)
    try keys.encode(holder, forKey: .holder)
  }

  /// Whether nothing is left to do: every stage is done or failed.
  public var isFinished: Bool { stagesDone + stagesFailed == stages }

  /// One line for people.
  public var summary: String {
    "\(name): \(done) of \(runs.count) runs done, \(failed) failed; \(stagesDone) of \(stages) stages"
      + (stagesRunning > 0 ? ", \(stagesRunning) in work" : "")
  }

  /// Reads the status of the study in a folder; may be called while the study runs.
  public init(directory: URL) throws(StudyError) {
    let store = try StudyStore(existing: directory.appendingPathComponent("study.sqlite"))
    try self.init(store: store, directory: directory)
    try store.close()
  }

  init(store: StudyStore, directory: URL) throws(StudyError) {
    guard let study = try store.study() else { throw .noStudy(directory: directory.path) }
    // A killed process leaves stages behind that nobody works on.
    let owners = try store.owners().filter { $0.place.isAlive != false }
    let leased = try store.leased(by: owners.map(\.id))
    var all = try store.stages()
    for index in all.indices where all[index].state == .running && !leased.contains(all[index].digest) {
      all[index].state = .pending
    }
    let logs = Dictionary(
      try store.failures().map { ($0.stageDigest, $0.log) }, uniquingKeysWith: { _, last in last })
    let byRun = Dictionary(grouping: all, by: \.runDigest)
    name = study.name
    holder = owners.isEmpty ? nil : owners.map(\.name).joined(separator: "; ")
    runs = try store.runs().map { run in
      let stages = byRun[run.digest] ?? []
      let current =
        stages.first { $0.state == .running } ?? stages.first { $0.state == .failed }
        ?? stages.first { $0.state == .pending } ?? stages.last
      return Run(
        digest: run.digest, objective: run.label, seed: run.seed, stage: current.map(Scheduler.name) ?? "",
        state: current?.state ?? .done, seconds: stages.reduce(0) { $0 + $1.seconds }, error: current?.error,
        log: current.flatMap { $0.error == nil ? nil : logs[$0.digest] })
    }
    done = runs.count { $0.state == .done }
    failed = runs.count { $0.state == .failed }
    stages = all.count
    stagesDone = all.count { $0.state == .done }
    stagesFailed = all.count { $0.state == .failed }
    stagesRunning = all.count { $0.state == .running }
    let workers = try store.facts()["workers"].flatMap { Double($0) } ?? 1
    remainingSeconds = Self.remaining(all).map { $0 / max(1, workers) }
  }

  private static func remaining(_ stages: [StageRecord]) -> Double? {
    func key(_ stage: StageRecord) -> String { "\(stage.kind.rawValue) \(stage.target)" }
    let done = Dictionary(grouping: stages.filter { $0.state == .done }, by: key)
    var seconds = 0.0
    for stage in stages where stage.state == .pending || stage.state == .running {
      guard let like = done[key(stage)] else { return nil }
      seconds += like.reduce(0) { $0 + $1.seconds } / Double(like.count)
    }
    return seconds
  }
}

/// Studies in a folder, for `study list`.
public enum StudyList {
  /// Every folder directly below `root` that holds a study, with its status, by name.
  public static func studies(below root: URL) -> [(directory: URL, status: StudyStatus)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.sorted().compactMap { name in
      let directory = root.appendingPathComponent(name)
      guard let status = try? StudyStatus(directory: directory) else { return nil }
      return (directory, status)
    }
  }
}
