import Datasets
import Foundation
import Torch
import Training

/// Runs studies: from a specification to a store with all it measured.
///
/// ```swift
/// let document = try StudyRunner.read(file: url, overrides: ["seeds=1"], dataRoot: "data")
/// let result = try StudyRunner(document: document, directory: out).run()
/// ```
public struct StudyRunner: Sendable {
  /// What is run.
  public var document: StudyDocument
  /// Folder of the study: `study.sqlite`, `runs/`, `logs/`, `report/`.
  public var directory: URL
  /// Worker processes; by default one for each processor.
  public var workers: Int
  /// Computing threads of each worker; part of every run's identity.
  public var threads: Int
  /// Where workers train and evaluate; its kind is part of every run's identity.
  public var device: Device
  /// Where names of objectives and networks are looked up.
  public var catalog: Catalog
  /// How workers are started.
  public var program: WorkerProgram
  /// Version told in the store.
  public var programVersion: String
  /// Further facts for the report, such as versions of libraries.
  public var facts: [String: String] = [:]
  /// How many failed attempts at a stage are followed by another one, failures that would recur for certain aside.
  public var retries = 1
  /// The part of the study that is done here; all of it where nil.
  public var shard: Shard?
  /// Folders of other studies: what they have done already is taken over instead of done again.
  public var reuse: [URL] = []
  /// How data are looked at; another may be put in for tests.
  var loader: DataCatalog.Loader = { SplitFacts(of: try $0.load($1)) }

  /// What became of a call of `run`.
  public struct Result: Hashable, Sendable {
    /// Stages in all, of this shard where there is one.
    public var total: Int
    /// Stages done, earlier calls included.
    public var done: Int
    /// Stages failed.
    public var failed: Int
    /// Whether a signal stopped it; the same call goes on.
    public var wasInterrupted: Bool
    /// Stages of other shards that are not done.
    public var leftElsewhere = 0
  }

  /// A runner with one worker for each processor and one thread each.
  /// - Parameter directory: nil for `studies/out/<name>` in the working folder.
  public init(
    document: StudyDocument, directory: URL? = nil, workers: Int? = nil, threads: Int = 1, device: Device = .cpu,
    catalog: Catalog = .standard, program: WorkerProgram? = nil, programVersion: String = "development"
  ) {
    self.document = document
    self.directory =
      directory ?? URL(fileURLWithPath: "studies/out").appendingPathComponent(document.specification.name)
    self.workers = max(1, workers ?? ProcessInfo.processInfo.activeProcessorCount / max(1, threads))
    self.threads = max(1, threads)
    self.device = device
    self.catalog = catalog
    self.program = program ?? .own(threads: threads, device: device)
    self.programVersion = programVersion
  }

  /// Reads a specification.
  /// - Parameters:
  ///   - name: how messages call the file; its path by default.
  ///   - overrides: `--set` arguments, `key=value` with dotted keys.
  ///   - dataRoot: `--data-root`; nil takes `data_root` of the file, else the working folder.
  public static func read(
    file: URL, named name: String? = nil, overrides: [String] = [], dataRoot: String? = nil,
    catalog: Catalog = .standard
  ) throws(SpecificationError) -> StudyDocument {
    try SpecificationReader.read(
      file: file, named: name, overrides: overrides, dataRoot: dataRoot, catalog: catalog)
  }

  /// Loads the data and lays the study out; of a study with a search, what follows the search. Throws `SpecificationError` or `StudyError`.
  /// - Parameter withoutData: takes published counts for listed sets whose files are missing, and names them in `missing`.
  public func plan(withoutData: Bool = false) throws -> StudyPlan {
    if document.specification.search?.phase == .open { return try finalPlan(withoutData: withoutData) }
    var expansion = PlanExpansion(
      document: document, directory: directory.standardizedFileURL.path, threads: threads, device: device,
      catalog: catalog,
      data: DataCatalog(loader: loader, expects: withoutData))
    return try expansion.plan()
  }

  /// The stages of a plan that are done already, in the study's folder or one of `reuse`.
  public func alreadyDone(of plan: StudyPlan) throws(StudyError) -> Set<String> {
    var done: Set<String> = []
    for folder in [directory] + reuse {
      let file = folder.appendingPathComponent("study.sqlite")
      // The study's own folder need not be there yet; one to take over from must.
      if folder == directory, !FileManager.default.fileExists(atPath: file.path) { continue }
      let store = try StudyStore(existing: file)
      done.formUnion(try store.stages().filter { $0.state == .done }.map(\.digest))
      try store.close()
    }
    return done.intersection(plan.stages.map(\.record.digest))
  }

  /// Does all that is not done, together with whoever else runs the same study. Blocks the calling thread, from which
  /// the workers are started.
  /// - Parameter progress: where to show how far it is.
  public func run(progress: StudyProgress = StudyProgress()) throws -> Result {
    if document.specification.search?.phase == .open { return try search(progress: progress) }
    // Wrong specifications and missing data are told before anything is written.
    let plan = try plan()
    let sources = try reusable()
    try prepare()
    let store = try StudyStore(at: directory.appendingPathComponent("study.sqlite"))
    let owner = try join(plan, store, progress)
    let end: Scheduler.End
    do {
      for source in sources { try source.hand(to: store, owner, plan.stages(of: shard), progress: progress) }
    } catch {
      try? store.leave(owner.id)
      throw error
    }
    work: do {
      let trap = SignalTrap()
      let scheduler = try Scheduler(
        plan: plan, store: store, owner: owner, options: options, progress: progress, signals: { trap.count })
      defer { try? store.leave(scheduler.owner.id) }
      let first = try scheduler.run()
      // What compares all runs belongs to no shard: who ends last does it.
      guard shard != nil, first != .interrupted, try onlyComparisonsAreLeft(plan, store) else {
        end = first
        break work
      }
      var all = options
      all.shard = nil
      let last = try Scheduler(
        plan: plan, store: store, owner: scheduler.owner, options: all, progress: progress, signals: { trap.count })
      defer { try? store.leave(last.owner.id) }
      end = try last.run()
    }
    let all = try store.stages()
    try store.close()
    let own = Set(plan.stages(of: shard).map(\.record.digest))
    let stages = all.filter { own.contains($0.digest) }
    return Result(
      total: stages.count, done: stages.count { $0.state == .done },
      failed: stages.count { $0.state == .failed },
      wasInterrupted: end == .interrupted,
      leftElsewhere: all.count { !own.contains($0.digest) && $0.state != .done })
  }

  /// Whether of everybody's stages some that compare all runs are pending, and no others.
  private func onlyComparisonsAreLeft(_ plan: StudyPlan, _ store: StudyStore) throws(StudyError) -> Bool {
    let states = try store.states()
    let left = plan.stages.filter { states[$0.record.digest] != .done && states[$0.record.digest] != .failed }
    return !left.isEmpty && left.allSatisfy(\.record.kind.isOfAllRuns)
  }

  private func reusable() throws(StudyError) -> [StudyReuse] {
    var sources: [StudyReuse] = []
    for other in reuse where other.standardizedFileURL.path != directory.standardizedFileURL.path {
      sources.append(try StudyReuse(from: other, to: directory, catalog: catalog))
    }
    return sources
  }

  private var options: Scheduler.Options {
    var options = Scheduler.Options(workers: workers, program: program, directory: directory)
    options.retries = retries
    options.shard = shard
    return options
  }

  private func prepare() throws(StudyError) {
    for folder in [
      directory, directory.appendingPathComponent("runs"), directory.appendingPathComponent("logs"),
    ] {
      do {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      } catch let error as CocoaError where error.code == .fileWriteOutOfSpace {
        throw .diskFull(path: folder.path)
      } catch {
        throw .notWritable(path: folder.path, reason: error.localizedDescription)
      }
    }
    // Versions before leases held this lock while they ran a study.
    if let holder = FileLock.holder(of: directory.appendingPathComponent("study.lock")) {
      throw .locked(directory: directory.path, holder: holder)
    }
  }

  /// Writes the plan into the store and this process among its owners.
  private func join(_ plan: StudyPlan, _ store: StudyStore, _ progress: StudyProgress) throws(StudyError) -> OwnerRecord
  {
    try store.awaitVerdicts(patience: options.patience) { progress.say($0) }
    let study = StudyRecord(
      name: document.specification.name, specYAML: document.written,
      specJSON: try CanonicalJSON.text(document.specification), createdAt: Date().iso8601,
      programVersion: programVersion)
    let owner = try store.join(
      study: study, runs: plan.runs.map(\.record), stages: plan.stages.map(\.record), owner: OwnerRecord(),
      directory: directory.path
    ) { stages in missingProducts(plan, stages) + outdatedComparisons(plan, stages) }
    do {
      try store.record(facts: plan.facts.merging(facts) { $1 }.merging(["workers": "\(workers)"]) { $1 })
    } catch {
      try? store.leave(owner.id)
      throw error
    }
    return owner
  }

  /// Comparisons of runs that were done without a run that failed and is now tried again.
  private func outdatedComparisons(_ plan: StudyPlan, _ stages: [StageRecord]) -> [String] {
    let states = Dictionary(stages.map { ($0.digest, $0.state) }, uniquingKeysWith: { first, _ in first })
    return plan.stages.filter { stage in
      stage.record.kind.isOfAllRuns && states[stage.record.digest] == .done
        && stage.needs.contains { states[$0] != .done && states[$0] != .failed }
    }.map(\.record.digest)
  }

  /// Stages that are done, whose files are gone, and that a stage still to be done needs.
  private func missingProducts(_ plan: StudyPlan, _ stages: [StageRecord]) -> [String] {
    let states = Dictionary(stages.map { ($0.digest, $0.state) }, uniquingKeysWith: { first, _ in first })
    var users: [String: [String]] = [:]
    for stage in plan.stages { for need in stage.needs { users[need, default: []].append(stage.record.digest) } }
    var missing: Set<String> = []
    // From the last to the first, so that what a forgotten stage needs is looked at too.
    for stage in plan.stages.reversed() {
      let digest = stage.record.digest
      let isWanted = (users[digest] ?? []).contains { states[$0] != .done || missing.contains($0) }
      guard isWanted, states[digest] == .done else { continue }
      if stage.products.contains(where: { !FileManager.default.fileExists(atPath: $0) }) {
        missing.insert(digest)
      }
    }
    return missing.sorted()
  }
}
