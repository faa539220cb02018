/// Claims about outputs: calibration, agreement, ensembles.
extension Claim {
  /// 17a: the range of ECE over objectives that is a difference.
  static let calibrationDiffers = 0.01
  /// 17c: a gain that is little more.
  static let littleMore = 0.005

  static let scalingCalibrates = Claim(
    "17a", "Calibration differs between objectives before temperature scaling, much less after.",
    needs: [
      "ECE before and after temperature scaling (it needs a holdout) of five or more of the nine objectives but "
        + "squared error, "
        + "whose outputs are no logits; two seeds or more"
    ],
    statistic:
      "range over objectives of mean ECE, before; and half of that less the range after; the error by jackknife over "
      + "seeds",
    threshold: "above 1 point before; half of it less the range after above 0"
  ) { evidence in
    let all = evidence.main
    let labels = all.studied.filter { label in
      all.kind(label) != ClaimEvidence.squaredError && all.mean(label, ClaimMeasure.calibrationError) != nil
        && all.mean(label, ClaimMeasure.scaledCalibrationError) != nil
    }
    guard labels.count > 1 else {
      return .notMeasured("ECE before and after temperature scaling of two objectives or more")
    }
    func range(_ key: ClaimEvidence.Key, _ mean: (String, ClaimEvidence.Key) -> Double?) -> Double? {
      let found = labels.compactMap { mean($0, key) }
      return found.count == labels.count ? ClaimRuns.range(found) : nil
    }
    let before = all.ofMeans(labels) { range(ClaimMeasure.calibrationError, $0) }
    let fall = all.ofMeans(labels) { mean in
      range(ClaimMeasure.calibrationError, mean).flatMap { before in
        range(ClaimMeasure.scaledCalibrationError, mean).map { before / 2 - $0 }
      }
    }
    return ClaimFinding(
      [
        ClaimQuestion(name: "range before", estimate: before, bound: .above(calibrationDiffers)),
        ClaimQuestion(name: "half of it less the range after", estimate: fall, bound: .above(0)),
      ], missing: ClaimRuns.more(labels.count))
  }

  static let sameObjectiveAgrees = Claim(
    "17b", "Two runs of the same objective agree more than runs of different objectives.",
    needs: [
      "agreement between runs of the same objective and between runs of three or more of the nine, all with "
        + "different seeds, "
        + "three seeds or more"
    ],
    statistic:
      "share of equal answers of pairs with the same objective less that of others; the error by jackknife over seeds",
    threshold: "above 0"
  ) { evidence in
    pairs(evidence, "agreement of the same objective less that of different ones", "agreement", .above(0)) {
      $0.pair.agreement
    }
  }

  static let mixedEnsemblesGainLittle = Claim(
    "17c", "Ensembles across objectives gain little more than ensembles of seeds.",
    needs: [
      "top-1 of ensembles of two runs, of the same objective and of three or more of the nine, all with different "
        + "seeds, and of "
        + "the runs alone; three seeds or more"
    ],
    statistic:
      "gain of an ensemble over the mean top-1 of its two members: that across objectives less that of seeds; the "
      + "error by "
      + "jackknife over seeds",
    threshold: "below 0.5 points"
  ) { evidence in
    pairs(
      evidence, "gain across objectives less that of seeds", "top-1 of ensembles", .below(littleMore), sign: -1
    ) { couple in
      guard let both = couple.pair.ensembleTop1, let first = couple.first.value(ClaimMeasure.top1),
        let second = couple.second.value(ClaimMeasure.top1)
      else { return nil }
      return both - (first + second) / 2
    }
  }

  /// Pairs of the same objective less the others, or with the sign -1 the reverse.
  private static func pairs(
    _ evidence: ClaimEvidence, _ name: String, _ needed: String, _ bound: ClaimBound, sign: Double = 1,
    _ figure: (ClaimRuns.Couple) -> Double?
  ) -> ClaimFinding {
    let all = evidence.main
    let couples = all.couples(all.studied).filter { figure($0)?.isFinite ?? false }
    guard var estimate = ClaimRuns.excess(couples, figure) else {
      return .notMeasured(
        "\(needed) of pairs of runs of the same objective and of different ones, with different seeds")
    }
    estimate.value *= sign
    let objectives = Set(couples.flatMap { [$0.first.label, $0.second.label] })
    return ClaimFinding(
      [ClaimQuestion(name: name, estimate: estimate, bound: bound)],
      missing: ClaimRuns.more(objectives.count, than: comparedObjectives), seeds: 3)
  }
}
