/// What a claim's rule found, before it is put into words.
struct ClaimFinding {
  /// What n counts.
  enum Counted: String { case seeds, objectives }

  var parts: [ClaimResult.Part] = []
  var counted = Counted.seeds
  /// What would have to be measured, or be more of, before the claim can hold.
  var missing: [String] = []
  /// Whether nothing that the claim is about was measured.
  var isMeasured = true

  /// Parts as they are.
  init(
    parts: [ClaimResult.Part] = [], counted: Counted = .seeds, missing: [String] = [], isMeasured: Bool = true
  ) {
    (self.parts, self.counted, self.missing, self.isMeasured) = (parts, counted, missing, isMeasured)
  }

  /// Comparisons decided together.
  /// - Parameter seeds: the least number of seeds that give such an estimate an error.
  init(_ questions: [ClaimQuestion], missing: [String] = [], seeds: Int = 2) {
    self.init(parts: ClaimQuestion.decide(questions), missing: missing + ClaimQuestion.missing(questions, seeds: seeds))
  }

  /// Nothing to look at.
  static func notMeasured(_ missing: String) -> ClaimFinding { ClaimFinding(missing: [missing], isMeasured: false) }

  /// Fails if one part does; holds if all do and nothing is missing.
  var verdict: ClaimResult.Verdict {
    if !isMeasured { return .notMeasured }
    if parts.contains(where: { $0.verdict == .fails }) { return .fails }
    return !parts.isEmpty && missing.isEmpty && parts.allSatisfy { $0.verdict == .holds } ? .holds : .undecided
  }

  func result(of claim: Claim) -> ClaimResult {
    let verdict = verdict
    func margin(_ part: ClaimResult.Part) -> Double { part.value.map { part.bound.margin($0) } ?? .infinity }
    let same = parts.filter { $0.verdict == verdict }
    let deciding = (same.isEmpty ? parts : same).min { margin($0) < margin($1) }
    let open = parts.filter { $0.verdict == .undecided }
    let needed = open.compactMap(\.seedsNeeded)
    let seeds = verdict == .undecided && needed.count == open.count ? needed.max() : nil
    return ClaimResult(
      id: claim.id, statement: claim.statement, verdict: verdict, statistic: claim.statistic, value: deciding?.value,
      interval: deciding?.interval, n: deciding?.n ?? 0, counted: counted.rawValue, parts: parts,
      sentence: sentence(claim, verdict, deciding, seeds), missing: missing,
      seedsNeeded: seeds)
  }

  private func sentence(
    _ claim: Claim, _ verdict: ClaimResult.Verdict, _ deciding: ClaimResult.Part?, _ seeds: Int?
  ) -> String {
    var text = "\(verdict.rawValue.prefix(1).uppercased() + verdict.rawValue.dropFirst())"
    if let part = deciding {
      text += ": \(part.name) \(ClaimText.text(part)), n = \(ClaimText.count(part.n, counted.rawValue)); "
      text += "claimed \(ClaimText.text(part.bound, part.unit))"
    }
    if parts.count > 1 {
      let held = parts.count { $0.verdict == .holds }
      let failed = parts.count { $0.verdict == .fails }
      text += "; of \(parts.count) comparisons \(held) hold, \(failed) fail"
    }
    text += "."
    if !missing.isEmpty && (verdict == .undecided || verdict == .notMeasured) {
      text += " Needs \(ClaimText.list(missing))."
    }
    if let seeds { text += " Some \(seeds) seeds would settle differences of this size." }
    return text
  }
}

/// A comparison whose errors follow Student's t, to be decided together with the others of its claim.
struct ClaimQuestion {
  var name: String
  /// Nil where it is not defined.
  var estimate: StudentEstimate?
  var bound: ClaimBound
  var unit = ClaimResult.Unit.points
  /// Whether an estimate that is the same for every seed counts as certain, from three seeds on: so it is with shares
  /// and ranks, which reach their ends. An accuracy that is the same to the last digit says nothing of chance.
  var agreementCounts = false

  /// The parts of a claim, their intervals corrected by Holm's method.
  static func decide(_ questions: [ClaimQuestion], level: Double = 0.95) -> [ClaimResult.Part] {
    zip(questions, intervals(questions, level: level)).map { $0.part($1) }
  }

  /// What more some questions need before they have intervals.
  /// - Parameter seeds: the least number of seeds that give such an estimate an error.
  static func missing(_ questions: [ClaimQuestion], seeds: Int = 2) -> [String] {
    var missing: [String] = []
    if questions.contains(where: { $0.estimate.map { $0.standardError == nil } ?? false }) {
      missing.append("at least \(seeds) seeds")
    }
    if questions.contains(where: \.isWithoutSpread) {
      missing.append("more seeds, since those there agree to the last digit")
    }
    return missing + questions.filter { $0.estimate == nil }.map { "values for: \($0.name)" }
  }

  /// The intervals of a claim's comparisons, corrected by Holm's method; nil for those without one.
  static func intervals(_ questions: [ClaimQuestion], level: Double = 0.95) -> [ConfidenceInterval?] {
    let usable = questions.indices.filter { questions[$0].isUsable }
    let estimates = usable.compactMap { questions[$0].estimate }
    let intervals = HolmIntervals.about(
      estimates, against: zip(usable, estimates).map { questions[$0].bound.nearest($1.value) }, level: level)
    var found = [ConfidenceInterval?](repeating: nil, count: questions.count)
    for (place, interval) in zip(usable, intervals) { found[place] = interval }
    return found
  }

  /// Whether seeds that agree to the last digit leave it open.
  var isWithoutSpread: Bool {
    guard let estimate, let error = estimate.standardError, error == 0 else { return false }
    return !(agreementCounts && estimate.n > 2)
  }

  private var isUsable: Bool {
    guard let estimate, let error = estimate.standardError, estimate.degrees > 0 else { return false }
    return error > 0 || !isWithoutSpread
  }

  private func part(_ interval: ConfidenceInterval?) -> ClaimResult.Part {
    let verdict = bound.verdict(interval)
    var needed: Int?
    if verdict == .undecided, let estimate, let error = estimate.standardError, error > 0 {
      needed = SeedsNeeded.count(
        difference: estimate.value - bound.nearest(estimate.value),
        standardDeviation: error * Double(estimate.n).squareRoot(), level: interval?.level ?? 0.95, limit: 10_000)
    }
    return ClaimResult.Part(
      name: name, value: estimate?.value, interval: interval, n: estimate?.n ?? 0, unit: unit, bound: bound,
      verdict: verdict, seedsNeeded: needed)
  }
}
