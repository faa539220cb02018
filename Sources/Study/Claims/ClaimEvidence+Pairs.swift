extension ClaimRuns {
  /// A pair of runs with different seeds. Runs with one seed share first weights and the order of samples, which would
  /// make objectives look alike.
  struct Couple {
    var first, second: ClaimEvidence.Run
    var pair: ClaimEvidence.Pair
    var isSameObjective: Bool { first.label == second.label }
  }

  /// The pairs of runs of some objectives.
  func couples(_ labels: [String]) -> [Couple] {
    let byID = Dictionary(runs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    return pairs.compactMap { pair in
      guard let first = byID[pair.first], let second = byID[pair.second], first.seed != second.seed,
        labels.contains(first.label), labels.contains(second.label)
      else { return nil }
      return Couple(first: first, second: second, pair: pair)
    }
  }

  /// The mean of a figure over pairs of the same objective less that over pairs of different ones, with the jackknife's
  /// error over seeds: each seed is left out with every pair it has a part in. Nil where either kind of pair is
  /// missing.
  static func excess(_ couples: [Couple], _ figure: (Couple) -> Double?) -> StudentEstimate? {
    let known = couples.compactMap { couple in
      figure(couple).flatMap { $0.isFinite ? (couple, $0) : nil }
    }
    let seeds = Set(known.flatMap { [$0.0.first.seed, $0.0.second.seed] }).sorted()
    return Jackknife.estimate(count: seeds.count) { leftOut in
      let seed = leftOut.map { seeds[$0] }
      let kept = known.filter { $0.0.first.seed != seed && $0.0.second.seed != seed }
      guard let same = SeedMean(kept.filter(\.0.isSameObjective).map(\.1)),
        let different = SeedMean(kept.filter { !$0.0.isSameObjective }.map(\.1))
      else { return nil }
      return same.mean - different.mean
    }
  }

  /// Layers as the claims call them: the last quarter, at least one, are late.
  static func parts(of layers: [String]) -> (early: [String], late: [String])? {
    guard layers.count > 3 else { return nil }
    let late = max(1, Int((Double(layers.count) / 4).rounded()))
    return (Array(layers.dropLast(late)), Array(layers.suffix(late)))
  }
}
