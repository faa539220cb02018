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
    Self.trainingKeys.contains(key) || !places(of: key, in: objective).isEmpty
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
        result.text = try text(of: result, with: axis.key, value)
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

  // MARK: Parameters in texts

  private func text(
    of objective: Specification.Objective, with key: String, _ value: String
  ) throws(SpecificationError) -> String {
    func refuse(_ message: String) -> SpecificationError { SpecificationError(place: "search", message: message) }
    let places = places(of: key, in: objective)
    guard let place = places.first, places.count == 1 else {
      throw refuse("'\(key)' is a parameter of more than one part of \(objective.text)")
    }
    var terms = Self.terms(of: objective.text)
    guard !terms[place].contains("\(key)=") else {
      throw refuse("'\(key)' is set and searched; take it out of one of the two")
    }
    terms[place] += (terms[place].contains(":") ? "," : ":") + "\(key)=\(value)"
    return terms.joined(separator: "+")
  }

  /// The terms of an objective's text that have a parameter.
  private func places(of key: String, in objective: Specification.Objective) -> [Int] {
    Self.terms(of: objective.text).enumerated().filter { _, term in
      let name = term.prefix { $0 != ":" }.split(separator: "/").last.map { $0.filter { !$0.isWhitespace } } ?? ""
      return catalog.objectives.first { $0.name == name }?.parameters.contains { $0.name == key } ?? false
    }.map(\.offset)
  }

  /// A plus sign before a digit belongs to a number, as in 1e+3.
  private static func terms(of text: String) -> [String] { text.split(separator: /\+(?![0-9])/).map(String.init) }
}
