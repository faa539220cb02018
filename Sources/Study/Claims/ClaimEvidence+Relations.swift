extension ClaimRuns {
  /// Objectives below which relations and spreads say little.
  static let enoughObjectives = 5

  /// What more is needed where there are fewer objectives.
  static func more(_ count: Int, than least: Int = enoughObjectives, _ what: String = "objectives") -> [String] {
    count < least ? ["at least \(least) \(what) (\(count) there)"] : []
  }

  /// Spearman's rho of two figures over the means of objectives, with its bootstrap interval.
  ///
  /// Where the bound is 0 it must also pass the test of no relation at 5 % (exact up to nine objectives): with few
  /// pairs the bootstrap alone is too sure.
  /// - Parameters:
  ///   - labels: the objectives.
  ///   - level: of the interval.
  func correlation(
    _ name: String, _ labels: [String], _ x: (ClaimEvidence.Run) -> Double?, _ y: (ClaimEvidence.Run) -> Double?,
    _ bound: ClaimBound, level: Double = 0.95
  ) -> (part: ClaimResult.Part, missing: [String]) {
    let pairs = labels.compactMap { label -> (Double, Double)? in
      // Both means are over the same seeds.
      let (a, b) = (values(label, x), values(label, y))
      let shared = Set(a.keys).intersection(b.keys).sorted()
      return SeedMean(shared.compactMap { a[$0] }).flatMap { u in
        SeedMean(shared.compactMap { b[$0] }).map { (u.mean, $0.mean) }
      }
    }
    let (u, v) = (pairs.map(\.0), pairs.map(\.1))
    var part = ClaimResult.Part(
      name: name, value: nil, interval: nil, n: pairs.count, unit: .number, bound: bound, verdict: .undecided)
    let missing = Self.more(pairs.count)
    guard let found = Correlation.spearman(u, v, level: level) else {
      return (part, missing.isEmpty ? ["objectives that differ in both figures"] : missing)
    }
    part.value = found.value
    guard missing.isEmpty, let low = found.low, let high = found.high else { return (part, missing) }
    let interval = ConfidenceInterval(low: low, high: high, level: level)
    part.interval = interval
    part.verdict = bound.verdict(interval)
    if bound.margin(0) == 0, (SpearmanTest.exactP(u, v) ?? found.p ?? 1) >= 1 - level { part.verdict = .undecided }
    return (part, missing)
  }

  /// Every two of some objectives differ by less than a limit.
  func spread(_ labels: [String], _ key: ClaimEvidence.Key, below limit: Double) -> [ClaimQuestion] {
    var questions: [ClaimQuestion] = []
    for (place, first) in labels.enumerated() {
      for second in labels.dropFirst(place + 1) {
        questions.append(
          ClaimQuestion(
            name: "\(first) less \(second)", estimate: difference(first, second, key), bound: .within(limit)))
      }
    }
    return questions
  }

  /// The settings of one objective that differ in one parameter alone, by rising parameter; of several such families
  /// the largest.
  func sweep(of kind: String, over parameter: String) -> [(label: String, value: Double)] {
    var families: [(rest: ClaimEvidence.Part, members: [(label: String, value: Double)])] = []
    for label in labels where self.kind(label) == kind {
      guard var rest = objective(label).first(where: { $0.name == kind }),
        let value = rest.parameters.removeValue(forKey: parameter), value.isFinite
      else { continue }
      if let place = families.firstIndex(where: { $0.rest == rest }) {
        if !families[place].members.contains(where: { $0.value == value }) {
          families[place].members.append((label, value))
        }
      } else {
        families.append((rest, [(label, value)]))
      }
    }
    var largest: [(label: String, value: Double)] = []
    for family in families where family.members.count > largest.count { largest = family.members }
    return largest.sorted { $0.value < $1.value }
  }

  /// The mean over seeds of Spearman's rho, within a seed, of a strength and a figure.
  func trend(
    _ points: [(label: String, value: Double)], _ figure: @escaping (ClaimEvidence.Run) -> Double?
  ) -> StudentEstimate? {
    overSeeds(points.map(\.label)) { runs in
      let found = points.compactMap { point in runs[point.label].flatMap(figure).map { (point.value, $0) } }
      guard found.count == points.count else { return nil }
      return Self.spearman(found.map(\.0), found.map(\.1))
    }
  }

  /// Spearman's rho alone. A figure that does not vary is not related: 0.
  static func spearman(_ x: [Double], _ y: [Double]) -> Double? {
    guard x.count == y.count, x.count > 1, (x + y).allSatisfy(\.isFinite) else { return nil }
    return Correlation.pearson(Correlation.ranks(x), Correlation.ranks(y))?.value ?? 0
  }

  /// The largest less the least; nil below two values.
  static func range(_ values: [Double]) -> Double? {
    guard values.count > 1, let least = values.min(), let most = values.max() else { return nil }
    return most - least
  }
}
