import Training

/// The course of a search, as a value: from what the holdout says of candidates to those that are trained next, and in the
/// end to one setting for each objective.
///
/// Looks at nothing but accuracies on the holdout. Successive halving (Jamieson & Talwalkar 2016) from n candidates and E
/// epochs: n are trained for E/2^(r-1) epochs, where r = ceil(log2 n), the better half anew for twice as many, until two are
/// trained for all E and the better one is chosen. The warm-up shrinks with the epochs.
struct HoldoutSearch {
  /// A setting in trial for an objective.
  struct Candidate: Hashable {
    /// Place of the objective in the specification.
    var objective: Int
    var setting: SearchSpace.Setting
  }

  /// What the holdout said of a candidate.
  struct Score: Codable, Hashable {
    var objective: String
    var setting: String
    var epochs: Int
    var seeds: Int
    /// Mean over seeds; nil where the training failed for good.
    var holdoutAccuracy: Double?

    enum CodingKeys: String, CodingKey {
      case objective, setting, epochs, seeds
      case holdoutAccuracy = "holdout_accuracy"
    }
  }

  let specification: Specification
  let space: SearchSpace
  private(set) var candidates: [Candidate] = []
  /// Candidates of all rounds that are over.
  private(set) var scores: [Score] = []
  /// The chosen setting of each objective, when all is over.
  private(set) var chosen: [SearchSpace.Setting]?
  private var round = 0
  private let rounds: Int

  init(_ specification: Specification, search: Specification.Search, catalog: Catalog) throws(StudyError) {
    self.specification = specification
    space = SearchSpace(search, catalog: catalog)
    var most = 1
    for (place, objective) in specification.objectives.enumerated() {
      let settings = try space.candidates(of: objective)
      most = max(most, settings.count)
      candidates += settings.map { Candidate(objective: place, setting: $0) }
    }
    var rounds = 1
    while search.by == .halving, 1 << rounds < most { rounds += 1 }
    self.rounds = rounds
  }

  /// The specification that trains the candidates of this round, and nothing else.
  func trial() throws(SpecificationError) -> Specification {
    var trial = specification
    trial.objectives = []
    for candidate in candidates { trial.objectives.append(try objective(of: candidate)) }
    trial.seeds = space.search.seeds
    (trial.transfer, trial.measures, trial.shift) = ([], [], [])
    trial.search?.phase = .candidates
    return trial
  }

  /// The specification with the chosen settings, or with any where nothing is chosen yet: trained on all training images.
  func final() throws(SpecificationError) -> Specification {
    var final = specification
    for (place, objective) in specification.objectives.enumerated() {
      let setting = chosen?[place] ?? space.grid(of: objective)[0]
      final.objectives[place] = try space.applied(setting, to: objective)
    }
    final.source.holdout = 0
    final.search?.phase = .chosen
    return final
  }

  /// Ends a round.
  /// - Parameter accuracies: on the holdout, of each of the trial's objectives by label: one for each seed, none where
  ///   its training failed for good.
  /// - Throws: `SpecificationError` where an objective has no candidate left.
  mutating func end(_ accuracies: [String: [Double]]) throws {
    var ranked: [[(candidate: Candidate, mean: Double)]] = specification.objectives.map { _ in [] }
    for candidate in candidates {
      let objective = try objective(of: candidate)
      let found = accuracies[objective.label] ?? []
      let isWhole = found.count == space.search.seeds.count
      let mean = isWhole ? found.reduce(0, +) / Double(found.count) : nil
      scores.append(
        Score(
          objective: specification.objectives[candidate.objective].label, setting: space.text(candidate.setting),
          epochs: objective.training.epochs, seeds: found.count, holdoutAccuracy: mean))
      if let mean { ranked[candidate.objective].append((candidate, mean)) }
    }
    round += 1
    var next: [Candidate] = []
    var best: [SearchSpace.Setting] = []
    for (place, list) in ranked.enumerated() {
      // The sort keeps the order of equals: the first of the best wins.
      let order = list.enumerated().sorted { ($1.element.mean, $0.offset) < ($0.element.mean, $1.offset) }.map(
        \.element)
      guard let first = order.first else {
        throw SpecificationError(
          place: "search",
          message:
            "every candidate of '\(specification.objectives[place].label)' failed; see study status, and try lower rates"
        )
      }
      best.append(first.candidate.setting)
      next += order.prefix((order.count + 1) / 2).map(\.candidate)
    }
    if round == rounds { chosen = best } else { candidates = next }
  }

  /// A candidate as an objective of the trial.
  private func objective(of candidate: Candidate) throws(SpecificationError) -> Specification.Objective {
    let base = specification.objectives[candidate.objective]
    var objective = try space.applied(candidate.setting, to: base)
    let full = objective.training.epochs
    objective.training.epochs = max(1, full >> (rounds - 1 - min(round, rounds - 1)))
    objective.training.warmup *= Double(objective.training.epochs) / Double(full)
    objective.label = [base.label, space.text(candidate.setting)].filter { !$0.isEmpty }.joined(separator: " ")
    return objective
  }
}
