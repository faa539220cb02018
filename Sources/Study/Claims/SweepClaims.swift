/// Claims about strengths and augmentation.
extension Claim {
  /// 12: settings below which a trend says little.
  static let enoughSettings = 4
  /// 12: the spread of top-1 over temperatures that is flat.
  static let flatAccuracy = 0.015
  /// 14: a rise of R^2 that is none.
  static let sameSeparation = 0.02

  static let temperatureTrades = Claim(
    "12", "Cosine softmax: a higher temperature gives a higher R\u{00B2} and lower transfer at flat accuracy.",
    needs: ["R\u{00B2}, probe accuracy and top-1 of cosine softmax at four temperatures or more, three seeds or more"],
    statistic:
      "Spearman's rho, within a seed, of temperature with R\u{00B2} and with the probes' mean log-odds, means over "
      + "seeds; "
      + "differences of top-1 of every two temperatures, paired over seeds",
    threshold: "rho above 0 with R\u{00B2}, below 0 with transfer; top-1 each within \u{00B1}1.5 points"
  ) { evidence in
    let all = evidence.main
    let points = all.sweep(of: ClaimEvidence.cosineSoftmax, over: "temperature")
    guard points.count > 1 else { return .notMeasured("cosine softmax at several temperatures") }
    let targets = all.targets(.probe)
    guard !targets.isEmpty, all.has(ClaimMeasure.separation) else {
      return .notMeasured("R\u{00B2} on training images and linear probes of the temperatures")
    }
    let separation = all.trend(points) { $0.value(ClaimMeasure.separation) }
    let transfer = all.trend(points) { all.meanLogOdds($0, .probe, over: targets) }
    return ClaimFinding(
      [
        ClaimQuestion(
          name: "rho of temperature and R\u{00B2}", estimate: separation, bound: .above(0), unit: .number,
          agreementCounts: true),
        ClaimQuestion(
          name: "rho of temperature and transfer", estimate: transfer, bound: .below(0), unit: .number,
          agreementCounts: true),
      ] + all.spread(points.map(\.label), ClaimMeasure.top1, below: flatAccuracy),
      missing: ClaimRuns.more(points.count, than: enoughSettings, "temperatures"), seeds: 3)
  }

  /// The strength of each regularizer, and the value that is none at all.
  private static let strengths = [
    (kind: "label-smoothing", parameter: "smoothing", sign: 1.0, none: 0.0),
    (kind: "dropout", parameter: "keep", sign: -1.0, none: 1.0),
    (kind: "final-layer-l2", parameter: "strength", sign: 1.0, none: 0.0),
    (kind: "logit-penalty", parameter: "strength", sign: 1.0, none: 0.0),
  ]

  static let strongerSeparatesMore = Claim(
    "13", "A stronger regularizer gives a higher R\u{00B2}.",
    needs: [
      "R\u{00B2} of label smoothing, dropout, final-layer L2 or logit penalty at three strengths or more beside "
        + "softmax, "
        + "three seeds or more"
    ],
    statistic: "Spearman's rho, within a seed, of strength and R\u{00B2}, softmax being strength 0; means over seeds",
    threshold: "above 0 for every regularizer with such a sweep"
  ) { evidence in
    let all = evidence.main
    guard all.has(ClaimMeasure.separation) else { return .notMeasured("R\u{00B2} on training images") }
    var questions: [ClaimQuestion] = []
    for strength in strengths {
      var points = all.sweep(of: strength.kind, over: strength.parameter)
      if !points.contains(where: { $0.value == strength.none }), let base = all.setting(of: ClaimEvidence.softmax) {
        points.append((base, strength.none))
      }
      guard points.count >= enoughSettings else { continue }
      let rising = points.map { (label: $0.label, value: strength.sign * $0.value) }
      questions.append(
        ClaimQuestion(
          name: "rho of \(strength.kind)", estimate: all.trend(rising) { $0.value(ClaimMeasure.separation) },
          bound: .above(0), unit: .number, agreementCounts: true))
    }
    guard !questions.isEmpty else { return .notMeasured("a regularizer at three strengths or more beside softmax") }
    return ClaimFinding(questions, seeds: 3)
  }

  static let augmentationDoesNotSeparate = Claim(
    "14", "Augmentation raises accuracy without raising R\u{00B2}.",
    needs: [
      "top-1 and R\u{00B2} of the same objectives with the standard augmentation and with another, two seeds or more"
    ],
    statistic:
      "top-1 and R\u{00B2} less those with the standard augmentation, mean over the objectives that have both, "
      + "paired over seeds",
    threshold: "for each augmentation top-1 above 0 and R\u{00B2} below 0.02"
  ) { evidence in
    let own = evidence.mainNetwork
    let base = own.baseAugmentation
    var seen: Set<String> = [base]
    let others = own.runs.map(\.augmentation).filter { seen.insert($0).inserted }
    guard !others.isEmpty else { return .notMeasured("runs with another augmentation") }
    /// Differences, by seed the mean over objectives.
    func gain(_ augmentation: String, _ key: ClaimEvidence.Key) -> StudentEstimate? {
      var found: [Int: [Double]] = [:]
      for run in own.runs where run.augmentation == augmentation {
        let twin = own.runs.first {
          $0.augmentation == base && $0.seed == run.seed && $0.objective == run.objective && $0.value(key) != nil
        }
        guard let value = run.value(key), let other = twin?.value(key) else { continue }
        found[run.seed, default: []].append(value - other)
      }
      return SeedMean(found.sorted { $0.key < $1.key }.compactMap { SeedMean($0.value)?.mean }).map {
        StudentEstimate($0)
      }
    }
    let questions = others.flatMap { name -> [ClaimQuestion] in
      guard let accuracy = gain(name, ClaimMeasure.top1), let separation = gain(name, ClaimMeasure.separation) else {
        return []
      }
      return [
        ClaimQuestion(name: "top-1 with \(name)", estimate: accuracy, bound: .above(0)),
        ClaimQuestion(
          name: "R\u{00B2} with \(name)", estimate: separation, bound: .below(sameSeparation), unit: .number),
      ]
    }
    guard !questions.isEmpty else {
      return .notMeasured("top-1 and R\u{00B2} of the same objectives and seeds with both augmentations")
    }
    return ClaimFinding(questions)
  }
}
