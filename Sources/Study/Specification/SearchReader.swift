/// Reads `search`.
extension SpecificationReader {
  static let searchKeys = ["over", "by", "runs", "seed", "seeds"]

  /// A search of a specification whose other parts are read: every setting is tried on every objective, so that none is
  /// refused later.
  func search(
    _ node: SpecNode?, of specification: Specification
  ) throws(SpecificationError) -> Specification.Search? {
    guard let node else { return nil }
    let fields = try SpecFields(node, of: "search", keys: Self.searchKeys)
    guard specification.source.holdout > 0 else {
      throw node.error("search: settings are chosen on the holdout; set source.holdout above 0, such as 0.1")
    }
    if let objective = specification.objectives.first(where: { $0.training.patience != nil }) {
      throw node.error(
        "search: '\(objective.label)' has patience, which needs a holdout; the chosen setting is trained on all images")
    }
    let ways = Specification.Search.Way.allCases.map(\.rawValue)
    let by = try fields["by"]?.choice("search.by", of: ways) ?? "grid"
    guard let way = Specification.Search.Way(rawValue: by) else { return nil }
    let runs = try fields["runs"]?.integer("search.runs", in: SpecBounds.searchRuns)
    if way == .grid, let runs = fields["runs"] {
      throw runs.error("search.runs: a grid is all settings; take the key out, or use by: random")
    }
    if way == .random, runs == nil { _ = try fields.required("runs", "runs: 20") }
    let search = Specification.Search(
      over: try axes(fields.required("over", "over: { learning_rate: [0.1, 0.2, 0.4] }"), way: way), by: way,
      runs: runs,
      seed: try fields["seed"]?.integer("search.seed", in: SpecBounds.seed) ?? 0,
      seeds: try seeds(fields["seeds"], "search.seeds") ?? [specification.seeds[0]])
    try check(search, of: specification, fields.required("over", ""))
    return search
  }

  private func axes(
    _ node: SpecNode, way: Specification.Search.Way
  ) throws(SpecificationError) -> [Specification.Search.Axis] {
    let parameters = Set(catalog.objectives.flatMap { $0.parameters.map(\.name) }).sorted()
    let fields = try SpecFields(node, of: "search.over", keys: SearchSpace.trainingKeys + parameters)
    guard case .mapping(let entries) = fields.node.content, !entries.isEmpty else {
      throw node.error("search.over: nothing is varied; give for example learning_rate: [0.1, 0.2, 0.4]")
    }
    var axes: [Specification.Search.Axis] = []
    var points = 1
    for entry in entries {
      if way == .halving, entry.key == "epochs" {
        throw entry.value.error("search.over.epochs: halving sets the epochs itself; take the key out")
      }
      let values = try ObjectiveReader.values(entry)
      points *= values.count
      guard points <= ObjectiveReader.mostPoints else {
        throw node.error("search.over: more than \(ObjectiveReader.mostPoints) settings; take fewer values")
      }
      axes.append(Specification.Search.Axis(key: entry.key, values: values))
    }
    return axes
  }

  private func check(
    _ search: Specification.Search, of specification: Specification, _ over: SpecNode
  ) throws(SpecificationError) {
    let space = SearchSpace(search, catalog: catalog)
    for axis in search.over where !SearchSpace.trainingKeys.contains(axis.key) {
      guard specification.objectives.contains(where: { space.applies(axis.key, to: $0) }) else {
        throw (over[axis.key] ?? over).error("search.over: no objective of the study has '\(axis.key)'")
      }
    }
    for objective in specification.objectives {
      for axis in search.over where space.applies(axis.key, to: objective) {
        for value in axis.values {
          do throws(SpecificationError) {
            _ = try space.applied([axis.key: value], to: objective)
          } catch {
            throw (over[axis.key] ?? over).error("search.over: '\(objective.label)': \(error.message)")
          }
        }
      }
      for setting in space.grid(of: objective) {
        do throws(SpecificationError) {
          _ = try space.applied(setting, to: objective)
        } catch {
          throw over.error("search.over: '\(objective.label)' with \(space.text(setting)): \(error.message)")
        }
      }
    }
  }
}
