import Foundation

extension StudyRunner {
  /// The rounds of a search, each a study of its own whose runs are only trained, and then the study with the chosen
  /// settings. Called again it goes through the same rounds, in which nothing is left to do, to the same choice.
  ///
  /// That no test image decides is so by construction: candidates have no other stage than their training, which knows no
  /// test images, and the final runs, trained without a holdout, are other runs than any candidate.
  func search(progress: StudyProgress) throws -> Result {
    guard let search = document.specification.search else { return try run(progress: progress) }
    var course = try HoldoutSearch(document.specification, search: search, catalog: catalog)
    while course.chosen == nil {
      progress.say("search: \(course.candidates.count) candidates, judged on the holdout")
      let result = try part(course.trial()).run(progress: progress)
      guard !result.wasInterrupted else { return result }
      let store = try StudyStore(existing: directory.appendingPathComponent("study.sqlite"))
      let stages = try store.stages()
      // What may still be done, here or by others, must be done before anything is chosen.
      guard stages.allSatisfy({ $0.state == .done || ($0.state == .failed && $0.lasting) }) else { return result }
      try course.end(Self.accuracies(store))
      try store.close()
    }
    try keep(course)
    var last = try part(course.final())
    for (objective, setting) in zip(document.specification.objectives, course.chosen ?? []) {
      let text = course.space.text(setting)
      last.facts["search/\(objective.label)"] = text.isEmpty ? "nothing to choose" : text
      progress.say("search: \(objective.label): \(text)")
    }
    return try last.run(progress: progress)
  }

  /// The plan of what follows a search, with any of its settings: as many runs and stages as there will be.
  func finalPlan(withoutData: Bool) throws -> StudyPlan {
    guard let search = document.specification.search else { return try plan(withoutData: withoutData) }
    let course = try HoldoutSearch(document.specification, search: search, catalog: catalog)
    return try part(course.final()).plan(withoutData: withoutData)
  }

  /// The plan of a search's first round; nil where there is no search.
  public func searchPlan(withoutData: Bool = false) throws -> StudyPlan? {
    guard let search = document.specification.search, search.phase == .open else { return nil }
    let course = try HoldoutSearch(document.specification, search: search, catalog: catalog)
    return try part(course.trial()).plan(withoutData: withoutData)
  }

  private func part(_ specification: Specification) -> StudyRunner {
    var part = self
    part.document.specification = specification
    // The objectives of a trial stand nowhere in the file.
    part.document.places = part.document.places.filter { !$0.key.hasPrefix("objectives.") }
    return part
  }

  /// Accuracies on the holdout after the last epoch, by the labels of the runs that were trained.
  private static func accuracies(_ store: StudyStore) throws -> [String: [Double]] {
    let trained = Set(try store.stages().filter { $0.state == .done }.map(\.runDigest))
    var last: [String: Double] = [:]
    for epoch in try store.epochs() { last[epoch.runDigest] = epoch.holdoutAccuracy }
    var found: [String: [Double]] = [:]
    for run in try store.runs() where trained.contains(run.digest) {
      if let accuracy = last[run.digest] { found[run.label, default: []].append(accuracy) }
    }
    return found
  }

  /// Writes `search.json`: what the holdout said of every candidate, and what was chosen.
  private func keep(_ course: HoldoutSearch) throws {
    struct Outcome: Encodable {
      let candidates: [HoldoutSearch.Score]
      let chosen: [String: SearchSpace.Setting]
    }
    let labels = document.specification.objectives.map(\.label)
    let chosen = Dictionary(zip(labels, course.chosen ?? [])) { first, _ in first }
    let data = try CanonicalJSON.data(Outcome(candidates: course.scores, chosen: chosen))
    try data.write(to: directory.appendingPathComponent("search.json"), options: .atomic)
  }
}
