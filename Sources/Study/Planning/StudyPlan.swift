import Datasets
import Foundation
import Training

/// What a study will do: runs, and the stages of each with what they wait for.
public struct StudyPlan: Sendable {
  /// A run with its plan.
  public struct Run: Sendable {
    /// The row of the store.
    public var record: RunRecord
    /// The run's plan, its files named by absolute paths.
    public var plan: Plan
  }

  /// A stage with what it waits for.
  public struct Stage: Sendable {
    /// The row of the store, as for a stage that has not begun.
    public var record: StageRecord
    /// What the worker is told.
    public var job: StageJob
    /// Digests of the stages that must be done before.
    public var needs: [String]
    /// Order of work, lowest first: seeds before objectives, so that a study stopped early compares all objectives.
    public var priority: Int
    /// Files that the stage leaves for later ones.
    public var products: [String]
  }

  /// The specification it was made from.
  public var document: StudyDocument
  /// The runs in the order of the specification.
  public var runs: [Run]
  /// Their stages, by run.
  public var stages: [Stage]
  /// The source's training and test split.
  public var source: (train: SplitFacts, test: SplitFacts)
  /// Training and test split of each target, in the order of the specification.
  public var targets: [(train: SplitFacts, test: SplitFacts)]
  /// Threads of each worker.
  public var threads: Int
  /// Pictures that cannot be decoded and are left out, by the label of their set.
  public var skipped: [String: [BadImage]] = [:]
  /// Listed sets whose files are not there, where the plan may do without; such a plan is for looking at only.
  public var missing: [MissingData] = []

  /// The stages of a part of the study, or of all of it.
  public func stages(of shard: Shard?) -> [Stage] {
    guard let shard else { return stages }
    let own = Set(runs.enumerated().filter { shard.contains($0.offset) }.map(\.element.record.digest))
    // Comparisons need the runs of all parts.
    return stages.filter { own.contains($0.record.runDigest) && !$0.record.kind.isOfAllRuns }
  }

  /// How the data of the study are known in the report: digests and counts.
  public var facts: [String: String] {
    var facts: [String: String] = ["threads": "\(threads)"]
    func add(_ name: String, _ splits: (train: SplitFacts, test: SplitFacts)) {
      for (split, fact) in [("train", splits.train), ("test", splits.test)] {
        facts["data/\(name)/\(split)/sha256"] = fact.digest
        facts["data/\(name)/\(split)/images"] = "\(fact.count)"
        facts["data/\(name)/\(split)/classes"] = "\(fact.classes)"
        facts["data/\(name)/\(split)/shape"] =
          "\(fact.shape.channels)x\(fact.shape.height)x\(fact.shape.width)"
      }
    }
    add(document.specification.source.label, source)
    for (target, splits) in zip(document.specification.transfer, targets) { add(target.label, splits) }
    for (name, bad) in skipped {
      facts["data/\(name)/skipped"] = "\(bad.count) left out: " + bad.map(\.description).joined(separator: "; ")
    }
    return facts
  }
}
