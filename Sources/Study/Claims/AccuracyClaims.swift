/// Claims about accuracy on the source.
extension Claim {
  /// 1b: a difference to softmax up to this is none.
  static let equalAccuracy = 0.01
  /// 2: the spread of top-1.
  static let smallSpread = 0.015

  static let regularizersBeatSoftmax = Claim(
    "1a", "Every regularized objective beats softmax on source top-1.",
    needs: ["top-1 of softmax and of the seven regularized objectives, two seeds or more"],
    statistic: "top-1 less softmax's, paired over seeds", threshold: "each of the seven above 0"
  ) { evidence in
    let all = evidence.main
    guard let base = all.setting(of: ClaimEvidence.softmax), all.mean(base, ClaimMeasure.top1) != nil else {
      return .notMeasured("top-1 of softmax")
    }
    var questions: [ClaimQuestion] = []
    var missing: [String] = []
    for kind in ClaimEvidence.regularized {
      if let label = all.setting(of: kind), let found = all.difference(label, base, ClaimMeasure.top1) {
        questions.append(ClaimQuestion(name: label, estimate: found, bound: .above(0)))
      } else {
        missing.append(kind)
      }
    }
    if questions.isEmpty { return .notMeasured("top-1 of a regularized objective") }
    return ClaimFinding(questions, missing: missing)
  }

  static let squaredErrorEqualsSoftmax = Claim(
    "1b", "Squared error about equals softmax on source top-1.",
    needs: ["top-1 of softmax and squared error, two seeds or more"],
    statistic: "top-1 less softmax's, paired over seeds", threshold: "within \u{00B1}1 point"
  ) { evidence in
    let all = evidence.main
    guard let base = all.setting(of: ClaimEvidence.softmax), let label = all.setting(of: ClaimEvidence.squaredError),
      let found = all.difference(label, base, ClaimMeasure.top1)
    else { return .notMeasured("top-1 of softmax and squared error") }
    return ClaimFinding([ClaimQuestion(name: label, estimate: found, bound: .within(equalAccuracy))])
  }

  static let spreadIsSmall = Claim(
    "2", "The spread of source top-1 between objectives is small.",
    needs: ["top-1 of five or more of the nine objectives, two seeds or more"],
    statistic: "differences of top-1 of every two objectives, paired over seeds",
    threshold: "each within \u{00B1}1.5 points"
  ) { evidence in
    let all = evidence.main
    let labels = all.studied.filter { all.mean($0, ClaimMeasure.top1) != nil }
    guard labels.count > 1 else { return .notMeasured("top-1 of two objectives or more") }
    return ClaimFinding(
      all.spread(labels, ClaimMeasure.top1, below: smallSpread), missing: ClaimRuns.more(labels.count))
  }

  /// 17d: combined objectives may gain this much and still add nothing.
  static let addedAccuracy = 0.005

  static let combiningAddsNothing = Claim(
    "17d", "Combining objectives adds no accuracy.",
    needs: ["top-1 of combinations, and of each of their parts alone, two seeds or more"],
    statistic: "top-1 of a combination less that of the best of its parts alone, paired over seeds",
    threshold: "each below 0.5 points"
  ) { evidence in
    let all = evidence.main
    let combined = all.labels.filter { all.kind($0).contains("+") && all.mean($0, ClaimMeasure.top1) != nil }
    guard !combined.isEmpty else { return .notMeasured("top-1 of a combination of objectives") }
    var questions: [ClaimQuestion] = []
    var missing: [String] = []
    for label in combined {
      var alone: [String] = []
      for part in all.objective(label) where part.name != ClaimEvidence.softmax {
        let same = all.labels.first { all.objective($0) == [part] }
        if let found = same ?? all.setting(of: part.name), all.mean(found, ClaimMeasure.top1) != nil {
          alone.append(found)
        } else if !missing.contains("\(part.name) alone") {
          missing.append("\(part.name) alone")
        }
      }
      let best = alone.max { (all.mean($0, ClaimMeasure.top1) ?? 0) < (all.mean($1, ClaimMeasure.top1) ?? 0) }
      guard let best else { continue }
      questions.append(
        ClaimQuestion(
          name: "\(label) less \(best)", estimate: all.difference(label, best, ClaimMeasure.top1),
          bound: .below(addedAccuracy)))
    }
    return questions.isEmpty
      ? ClaimFinding(missing: missing, isMeasured: false) : ClaimFinding(questions, missing: missing)
  }
}
