import Foundation
import Study

extension StudyCommand.Run {
  /// Shows the plan and does nothing. Listed sets whose files are missing are planned by their published counts.
  func show(_ runner: StudyRunner) throws {
    let plan = try runner.plan(withoutData: true)
    let done = try runner.alreadyDone(of: plan)
    let estimate = Estimate(plan: plan)
    func seconds(_ stages: [StudyPlan.Stage]) -> Double {
      stages.reduce(0) { $0 + estimate.seconds(of: $1.record.digest) } / Double(runner.workers)
    }
    let all = seconds(plan.stages)
    let left = seconds(plan.stages.filter { !done.contains($0.record.digest) })
    if output.json {
      return try Console.printJSON(
        DryRun(
          name: runner.document.specification.name, directory: runner.directory.path,
          runs: plan.runs.map(\.record.label),
          stages: plan.stages.count, done: done.count, workers: runner.workers, estimatedSeconds: all,
          remainingSeconds: left, estimatedBytes: Estimate.bytes(of: plan),
          searchTrainings: try runner.searchPlan(withoutData: true)?.runs.count, missing: plan.missing))
    }
    var counts: [(String, Int)] = []
    for stage in plan.stages {
      let name = stage.record.kind.rawValue
      if let index = counts.firstIndex(where: { $0.0 == name }) {
        counts[index].1 += 1
      } else {
        counts.append((name, 1))
      }
    }
    print("\(runner.document.specification.name): \(plan.runs.count) runs, \(plan.stages.count) stages")
    if let search = try runner.searchPlan(withoutData: true) {
      let estimate = Estimate(plan: search)
      let seconds = search.stages.reduce(0) { $0 + estimate.seconds(of: $1.record.digest) } / Double(runner.workers)
      let round = runner.document.specification.search?.by == .halving ? " in the first round" : ""
      print("search: first \(search.runs.count) trainings, judged on the holdout, \(Console.duration(seconds))\(round)")
    }
    Console.printTable(
      ["objective", "runs"],
      Dictionary(grouping: plan.runs, by: \.record.label).map { [$0.key, String($0.value.count)] }.sorted {
        $0[0] < $1[0]
      })
    print("")
    Console.printTable(["stage", "count"], counts.map { [$0.0, String($0.1)] })
    print("")
    Console.printFields([
      ("folder", runner.directory.path), ("workers", "\(runner.workers), \(runner.threads) thread(s) each"),
      ("done already", "\(done.count) of \(plan.stages.count) stages"),
      ("estimated time", Console.duration(all) + (done.isEmpty ? "" : ", \(Console.duration(left)) of it left")),
      ("estimated disk", Console.size(Estimate.bytes(of: plan))),
    ])
    tell(plan.missing)
  }

  /// A line for each set that is not there.
  private func tell(_ missing: [MissingData]) {
    guard !missing.isEmpty else { return }
    print("\nmissing data, planned by published counts; without them the study does not start:")
    for set in missing {
      print(
        "\(set.dataset) (\(set.train) + \(set.test) images, \(set.classes) classes): \(set.reason); how to get it: "
          + "separatrix data list \(set.dataset)")
    }
  }

  private struct DryRun: Encodable {
    let name, directory: String
    let runs: [String]
    let stages, done, workers: Int
    let estimatedSeconds, remainingSeconds: Double
    let estimatedBytes: Int
    /// Of the first round; left out where nothing is searched.
    let searchTrainings: Int?
    let missing: [MissingData]
    enum CodingKeys: String, CodingKey {
      case name, directory, runs, stages, done, workers, missing
      case estimatedSeconds = "estimated_seconds"
      case remainingSeconds = "remaining_seconds"
      case estimatedBytes = "estimated_bytes"
      case searchTrainings = "search_trainings"
    }
  }
}
