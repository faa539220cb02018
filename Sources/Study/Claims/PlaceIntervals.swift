/// Between which places objectives stand on each of several targets.
///
/// The place by means says nothing of chance. From comparisons with every other objective on every target, corrected
/// together by Holm's method: at best an objective stands one behind those that are surely better, at worst just ahead
/// of those that are surely worse. All these bounds hold at once with 95 % confidence (Mogstad and others 2024,
/// "Inference for ranks").
struct PlaceIntervals {
  /// Seeds of the comparison that has the fewest.
  private(set) var seeds = 0
  /// What more is needed for bounds at all.
  private(set) var missing: [String] = []
  /// By objective and target: the place by means, the best and the worst possible; 1 is the best.
  private var places: [String: [(mean: Int, best: Int, worst: Int)]] = [:]

  /// - Parameters:
  ///   - labels: the objectives that are ranked, all measured on every target.
  ///   - some: those of them whose places are wanted.
  ///   - keys: the figure of each target; higher is better.
  init(_ all: ClaimRuns, _ labels: [String], of some: [String], on keys: [ClaimEvidence.Key]) {
    var pairs: [(first: String, second: String, target: Int)] = []
    for (place, first) in some.enumerated() {
      for second in labels where second != first && !some.prefix(place).contains(second) {
        pairs += keys.indices.map { (first, second, $0) }
      }
    }
    let questions = pairs.map { pair in
      ClaimQuestion(
        name: "\(pair.first) less \(pair.second)",
        estimate: all.difference(pair.first, pair.second, keys[pair.target]), bound: .above(0))
    }
    seeds = questions.compactMap { $0.estimate?.n }.min() ?? 0
    missing = ClaimQuestion.missing(questions)
    let verdicts = zip(questions, ClaimQuestion.intervals(questions)).map { $0.bound.verdict($1) }
    for label in some {
      places[label] = keys.indices.map { target in
        let own = all.mean(label, keys[target]) ?? -.infinity
        let ahead = labels.count { (all.mean($0, keys[target]) ?? -.infinity) > own }
        var (better, worse) = (0, 0)
        for (pair, verdict) in zip(pairs, verdicts) where pair.target == target {
          let isFirst = pair.first == label
          guard isFirst || pair.second == label else { continue }
          if verdict == (isFirst ? .holds : .fails) { worse += 1 }
          if verdict == (isFirst ? .fails : .holds) { better += 1 }
        }
        return (ahead + 1, better + 1, max(better + 1, labels.count - worse))
      }
    }
  }

  /// The share of some objectives and all targets whose place satisfies a condition: by means, and between what the
  /// bounds leave possible.
  func share(_ some: [String], _ isThere: (Int) -> Bool) -> (value: Double, interval: ConfidenceInterval?)? {
    let found = some.flatMap { places[$0] ?? [] }
    guard !found.isEmpty else { return nil }
    let count = Double(found.count)
    let value = Double(found.count { isThere($0.mean) }) / count
    guard missing.isEmpty else { return (value, nil) }
    let sure = found.count { ($0.best...$0.worst).allSatisfy(isThere) }
    let possible = found.count { ($0.best...$0.worst).contains(where: isThere) }
    return (value, ConfidenceInterval(low: Double(sure) / count, high: Double(possible) / count))
  }
}
