import Objectives
import Training

/// The settings that a search may try, and objectives with a setting put in.
struct SearchSpace {
  /// A value for each key that is varied, as texts.
  typealias Setting = [String: String]

  /// Training options that can be varied.
  static let trainingKeys = [
    "learning_rate", "weight_decay", "momentum", "warmup", "epochs", "batch", "ema", "clip", "epsilon",
  ]

  let search: Specification.Search
  let catalog: Catalog

  init(_ search: Specification.Search, catalog: Catalog) {
    self.search = search
    self.catalog = catalog
  }

  /// Whether an objective has a key: all have the training options.
  func applies(_ key: String, to objective: Specification.Objective) -> Bool {
    Self.trainingKeys.contains(key) || ObjectiveTerms(objective.text, catalog: catalog).has(key)
  }

  /// Every setting of an objective, the last key varying fastest. Keys that it lacks are left out.
  func grid(of objective: Specification.Objective) -> [Setting] {
    var settings: [Setting] = [[:]]
    for axis in search.over where applies(axis.key, to: objective) {
      settings = settings.flatMap { setting in axis.values.map { setting.merging([axis.key: $0]) { $1 } } }
    }
    return settings
  }

  /// The settings that are tried first: all, or as many as asked for, drawn by the search's seed. The same settings are
  /// drawn for all objectives that have the same keys.
  func candidates(of objective: Specification.Objective) throws(StudyError) -> [Setting] {
    let grid = grid(of: objective)
    guard let runs = search.runs, runs < grid.count else { return grid }
    var drawn: [(rank: String, place: Int)] = []
    for (place, setting) in grid.enumerated() {
      drawn.append((try CanonicalJSON.digest(["\(search.seed)", text(setting)]), place))
    }
    return drawn.sorted { $0.rank < $1.rank }.prefix(runs).map(\.place).sorted().map { grid[$0] }
  }

  /// An objective with a setting put in, under its own label.
  func applied(
    _ setting: Setting, to objective: Specification.Objective
  ) throws(SpecificationError) -> Specification.Objective {
    var result = objective
    var options: [SpecNode.Entry] = []
    for axis in search.over {
      guard let value = setting[axis.key] else { continue }
      if Self.trainingKeys.contains(axis.key) {
        let node = SpecNode(content: .scalar(value, plain: true), place: "search")
        options.append(SpecNode.Entry(key: axis.key, place: "search", value: node))
      } else {
        var terms = ObjectiveTerms(result.text, catalog: catalog)
        if let wrong = terms.set(axis.key, to: value) { throw SpecificationError(place: "search", message: wrong) }
        result.text = terms.text
      }
    }
    let node = SpecNode(content: .mapping(options), place: "search")
    result.training = try TrainingReader.read(node, over: objective.training)
    do {
      _ = try ObjectiveSpec(parsing: result.text, classes: 10, from: catalog.objectives)
    } catch {
      throw SpecificationError(place: "search", message: "\(error)")
    }
    return result
  }

  /// `learning_rate=0.1 smoothing=0.2`, in the order of the search.
  func text(_ setting: Setting) -> String {
    search.over.compactMap { axis in setting[axis.key].map { "\(axis.key)=\($0)" } }.joined(separator: " ")
  }
}
