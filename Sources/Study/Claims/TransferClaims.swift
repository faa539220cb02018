/// Claims about transfer.
extension Claim {
  /// 3: the share of targets that is "nearly every".
  static let nearlyEvery = 0.75
  /// 3: targets below which such a share says little.
  static let enoughTargets = 4
  /// 3: objectives below which the best and the last third meet.
  static let rankedObjectives = 6
  /// 5: Spearman's rho above which two protocols rank alike.
  static let alikeRanks = 0.5
  /// 6: a difference of fine-tuned accuracy that hardly matters.
  static let hardlyMatters = 0.01

  static let softmaxProbesBest = Claim(
    "3",
    "Linear probes: softmax is at or near the top on nearly every target, cosine softmax and squared error are last.",
    needs: ["probe accuracy of six or more of the nine objectives, these three among them, on four targets or more"],
    statistic:
      "share of targets on which softmax's mean is in the best third of the objectives, and share of targets and of "
      + "the two "
      + "on which these are in the last third; each with the places that the paired comparisons leave possible",
    threshold: "both above 75 %"
  ) { evidence in
    let all = evidence.main
    let targets = all.targets(.probe)
    guard !targets.isEmpty else { return .notMeasured("linear probes on targets") }
    let labels = all.studied.filter { label in all.mean(label) { all.meanAccuracy($0, .probe, over: targets) } != nil }
    let ends = [ClaimEvidence.cosineSoftmax, ClaimEvidence.squaredError].compactMap(all.setting(of:)).filter(
      labels.contains)
    guard let top = all.setting(of: ClaimEvidence.softmax), labels.contains(top), ends.count == 2 else {
      return .notMeasured("probes of softmax, cosine softmax and squared error on every target")
    }
    let ranks = PlaceIntervals(all, labels, of: [top] + ends, on: targets.map { ClaimMeasure.transfer(.probe, $0) })
    let third = (labels.count + 2) / 3
    func part(_ name: String, _ objectives: [String], _ isThere: (Int) -> Bool) -> ClaimResult.Part {
      let found = ranks.share(objectives, isThere)
      let bound = ClaimBound.above(nearlyEvery)
      return .init(
        name: name, value: found?.value, interval: found?.interval, n: ranks.seeds, unit: .percent, bound: bound,
        verdict: bound.verdict(found?.interval))
    }
    return ClaimFinding(
      parts: [
        part("softmax in the best third", [top]) { $0 <= third },
        part("cosine softmax and squared error in the last third", ends) { $0 > labels.count - third },
      ],
      missing: ranks.missing + ClaimRuns.more(labels.count, than: rankedObjectives)
        + ClaimRuns.more(targets.count, than: enoughTargets, "targets"))
  }

  static let worstOnFineGrained = Claim(
    "4", "The loss of transfer is worst on fine-grained targets and mildest where target and source classes overlap.",
    needs: [
      "probe accuracy of softmax and two or more others of the nine objectives",
      "targets tagged fine_grained, targets tagged overlaps_source, and every other target said to be neither",
    ],
    statistic:
      "softmax's log-odds less the others' mean, by group of targets, paired over seeds; a target with both tags "
      + "counts "
      + "as overlapping",
    threshold:
      "more on fine-grained targets than on all others, and more on targets without overlap than on those with: "
      + "both differences above 0"
  ) { evidence in
    let all = evidence.main
    let targets = all.targets(.probe)
    guard !targets.isEmpty else { return .notMeasured("linear probes on targets") }
    let untagged = targets.filter { $0.tags == nil }.map(\.label)
    guard untagged.isEmpty else { return .notMeasured("the tags of \(ClaimText.list(untagged))") }
    func has(_ target: ClaimEvidence.Target, _ tag: ClaimEvidence.Tag) -> Bool { target.tags?.contains(tag) ?? false }
    let fine = targets.filter { has($0, .fineGrained) && !has($0, .overlapsSource) }
    let overlap = targets.filter { has($0, .overlapsSource) }
    if fine.isEmpty || overlap.isEmpty {
      return .notMeasured("a target tagged fine_grained alone and one tagged overlaps_source")
    }
    let labels = all.studied.filter { label in all.mean(label) { all.meanLogOdds($0, .probe, over: targets) } != nil }
    guard let base = all.setting(of: ClaimEvidence.softmax), labels.contains(base), labels.count > 1 else {
      return .notMeasured("probes of softmax and of others on every target")
    }
    func loss(_ group: [ClaimEvidence.Target], _ runs: [String: ClaimEvidence.Run]) -> Double? {
      let found = labels.compactMap { label in
        runs[label].flatMap { all.meanLogOdds($0, .probe, over: group) }.map { (label, $0) }
      }
      guard found.count == labels.count, let own = found.first(where: { $0.0 == base })?.1 else { return nil }
      return SeedMean(found.filter { $0.0 != base }.map { own - $0.1 })?.mean
    }
    func more(_ name: String, _ group: [ClaimEvidence.Target]) -> ClaimQuestion {
      let rest = targets.filter { !group.contains($0) }
      let found = all.overSeeds(labels) { runs in
        loss(group, runs).flatMap { more in loss(rest, runs).map { more - $0 } }
      }
      return ClaimQuestion(name: name, estimate: found, bound: .above(0), unit: .number)
    }
    return ClaimFinding(
      [
        more("loss on fine-grained targets less that on others", fine),
        more("loss without overlap less that with", targets.filter { !overlap.contains($0) }),
      ], missing: ClaimRuns.more(labels.count, than: 3))
  }

  static let neighborsRankAlike = Claim(
    "5", "Nearest neighbours rank the objectives as linear probes do.",
    needs: ["probe and k-NN accuracy of five or more of the nine objectives on the same targets"],
    statistic: "Spearman's rho, over objectives, of the mean log-odds of both", threshold: "above 0.5"
  ) { evidence in
    let all = evidence.main
    let judged = all.targets(.neighbors)
    let targets = all.targets(.probe).filter(judged.contains)
    guard !targets.isEmpty else { return .notMeasured("linear probes and k-NN on the same targets") }
    let found = all.correlation(
      "rho of probe and k-NN", all.studied, { all.meanLogOdds($0, .probe, over: targets) },
      { all.meanLogOdds($0, .neighbors, over: targets) }, .above(alikeRanks))
    return ClaimFinding(parts: [found.part], counted: .objectives, missing: found.missing)
  }

  static let fineTuningForgets = Claim(
    "6", "Fine-tuned, the objective hardly matters.",
    needs: ["fine-tuned accuracy of softmax and four or more others of the nine objectives, two seeds or more"],
    statistic: "mean accuracy over targets less softmax's, paired over seeds", threshold: "each within \u{00B1}1 point"
  ) { evidence in
    let all = evidence.main
    let targets = all.targets(.fineTuning)
    guard !targets.isEmpty else { return .notMeasured("fine-tuned accuracy on targets") }
    func accuracy(_ run: ClaimEvidence.Run) -> Double? { all.meanAccuracy(run, .fineTuning, over: targets) }
    let labels = all.studied.filter { all.mean($0, accuracy) != nil }
    guard let base = all.setting(of: ClaimEvidence.softmax), labels.contains(base), labels.count > 1 else {
      return .notMeasured("fine-tuned accuracy of softmax and of others on every target")
    }
    let questions = labels.filter { $0 != base }.map { label in
      ClaimQuestion(name: label, estimate: all.difference(label, base, accuracy), bound: .within(hardlyMatters))
    }
    return ClaimFinding(questions, missing: ClaimRuns.more(labels.count))
  }
}
