/// Claims about class separation, R^2 of the penultimate features of training images.
extension Claim {
  /// 15: Spearman's rho above which two orders are the same.
  static let sameOrder = 0.7

  static let betterSeparatesMore = Claim(
    "10", "Every objective that beats softmax has the higher R\u{00B2}.",
    needs: ["top-1 and R\u{00B2} of softmax and four or more others of the nine objectives, two seeds or more"],
    statistic: "R\u{00B2} less softmax's, paired over seeds, of each objective with a higher mean top-1",
    threshold:
      "each above 0, and one at least surely beats softmax (its interval above 0); it fails only by one that does"
  ) { evidence in
    let all = evidence.main
    guard let base = all.setting(of: ClaimEvidence.softmax), all.mean(base, ClaimMeasure.top1) != nil,
      all.mean(base, ClaimMeasure.separation) != nil
    else { return .notMeasured("top-1 and R\u{00B2} of softmax") }
    let labels = all.studied.filter {
      $0 != base && all.mean($0, ClaimMeasure.top1) != nil && all.mean($0, ClaimMeasure.separation) != nil
    }
    guard !labels.isEmpty else { return .notMeasured("top-1 and R\u{00B2} of other objectives") }
    let gains = ClaimQuestion.decide(
      labels.map {
        ClaimQuestion(name: $0, estimate: all.difference($0, base, ClaimMeasure.top1), bound: .above(0))
      })
    let sure = Set(gains.filter { $0.verdict == .holds }.map(\.name))
    let winners = gains.filter { ($0.value ?? 0) > 0 }.map(\.name)
    var missing = ClaimRuns.more(labels.count + 1)
    if sure.isEmpty { missing.append("an objective that surely beats softmax") }
    var finding = ClaimFinding(
      winners.map {
        ClaimQuestion(
          name: $0, estimate: all.difference($0, base, ClaimMeasure.separation), bound: .above(0), unit: .number)
      }, missing: missing)
    for place in finding.parts.indices where finding.parts[place].verdict == .fails {
      // Perhaps it does not beat softmax at all.
      if !sure.contains(finding.parts[place].name) { finding.parts[place].verdict = .undecided }
    }
    return finding
  }

  static let separationHurtsTransfer = Claim(
    "11", "R\u{00B2} and linear transfer are negatively related.",
    needs: ["R\u{00B2} and probe accuracy on targets of five or more of the nine objectives"],
    statistic: "Spearman's rho, over objectives, of mean R\u{00B2} and mean log-odds of the probes",
    threshold: "below 0, with p < 0.05"
  ) { evidence in
    let all = evidence.main
    let targets = all.targets(.probe)
    guard !targets.isEmpty, all.has(ClaimMeasure.separation) else {
      return .notMeasured("R\u{00B2} on training images and linear probes on targets")
    }
    let found = all.correlation(
      "rho of R\u{00B2} and transfer", all.studied, { $0.value(ClaimMeasure.separation) },
      { all.meanLogOdds($0, .probe, over: targets) }, .below(0))
    return ClaimFinding(parts: [found.part], counted: .objectives, missing: found.missing)
  }

  static let distanceDoesNotMatter = Claim(
    "15", "The order of the objectives by R\u{00B2} is the same for every distance.",
    needs: [
      "R\u{00B2} by cosine, centred cosine, squared Euclidean distance and angle, of five or more of the nine "
        + "objectives"
    ],
    statistic:
      "Spearman's rho, over objectives, of mean R\u{00B2} by cosine and by each other distance; intervals at 1 - "
      + "0.05/3",
    threshold: "each above 0.7"
  ) { evidence in
    let all = evidence.main
    let others = ClaimMeasure.otherSeparations
    let known = others.filter { all.has($0) }
    guard all.has(ClaimMeasure.separation), !known.isEmpty else {
      return .notMeasured("R\u{00B2} by cosine and by another distance")
    }
    var finding = ClaimFinding(counted: .objectives)
    for key in known {
      let found = all.correlation(
        "rho with " + key.measure.dropFirst(3).replacing("_", with: " "), all.studied,
        { $0.value(ClaimMeasure.separation) }, { $0.value(key) }, .above(sameOrder),
        level: 1 - 0.05 / Double(others.count))
      finding.parts.append(found.part)
      finding.missing += found.missing.filter { !finding.missing.contains($0) }
    }
    finding.missing += others.filter { !known.contains($0) }.map(\.measure)
    return finding
  }

  static let separationLowersRank = Claim(
    "16", "The effective rank of the features falls as R\u{00B2} rises.",
    needs: ["R\u{00B2} and effective rank on training images of five or more of the nine objectives"],
    statistic: "Spearman's rho, over objectives, of mean R\u{00B2} and mean effective rank",
    threshold: "below 0, with p < 0.05"
  ) { evidence in
    let all = evidence.main
    guard all.has(ClaimMeasure.separation), all.has(ClaimMeasure.effectiveRank) else {
      return .notMeasured("R\u{00B2} and effective rank on training images")
    }
    let found = all.correlation(
      "rho of R\u{00B2} and effective rank", all.studied, { $0.value(ClaimMeasure.separation) },
      { $0.value(ClaimMeasure.effectiveRank) }, .below(0))
    return ClaimFinding(parts: [found.part], counted: .objectives, missing: found.missing)
  }
}
