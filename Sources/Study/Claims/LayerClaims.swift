/// Claims about where in the network objectives differ. The late layers are the last quarter of those listed, at least
/// one.
extension Claim {
  /// 7: by how much CKA of different objectives may fall short of that of one objective's seeds where layers are alike.
  static let alikeLayers = 0.05
  /// 7: by how much more it falls short in late layers.
  static let differentLayers = 0.05
  /// 9: the range of the share of nonzero numbers over objectives that is still alike, and by how much more it is late.
  static let alikeSparsity = 0.1
  /// Objectives below which pairs of them say little.
  static let comparedObjectives = 3

  private static let ckaNeeds = [
    "CKA by layer between runs of the same objective and between runs of three or more of the nine, all with different "
      + "seeds, three seeds or more"
  ]

  /// The mean CKA over some layers; nil where one is missing.
  private static func meanCKA(_ pair: ClaimEvidence.Pair, _ layers: [String]) -> Double? {
    let found = layers.compactMap { pair.cka[$0] }
    return found.count == layers.count ? SeedMean(found)?.mean : nil
  }

  private static func couples(_ all: ClaimRuns) -> (couples: [ClaimRuns.Couple], missing: [String])? {
    let found = all.couples(all.studied).filter { !$0.pair.cka.isEmpty }
    guard found.contains(where: \.isSameObjective), found.contains(where: { !$0.isSameObjective }) else { return nil }
    let objectives = Set(found.flatMap { [$0.first.label, $0.second.label] })
    return (found, ClaimRuns.more(objectives.count, than: comparedObjectives))
  }

  static let differOnlyLate = Claim(
    "7", "CKA: early and middle layers are alike across objectives, only the last few differ.", needs: ckaNeeds,
    statistic:
      "CKA between seeds of one objective less CKA between objectives, mean over layers; the error by jackknife over "
      + "seeds",
    threshold: "within \u{00B1}0.05 in early and middle layers; in late ones more by above 0.05"
  ) { evidence in
    let all = evidence.main
    guard let layers = ClaimRuns.parts(of: all.layers), let found = couples(all) else {
      return .notMeasured("CKA of four layers or more between runs of the same and of different objectives")
    }
    let early = ClaimRuns.excess(found.couples) { meanCKA($0.pair, layers.early) }
    let more = ClaimRuns.excess(found.couples) { couple in
      meanCKA(couple.pair, layers.late).flatMap { late in meanCKA(couple.pair, layers.early).map { late - $0 } }
    }
    return ClaimFinding(
      [
        ClaimQuestion(
          name: "early and middle layers", estimate: early, bound: .within(alikeLayers), unit: .number),
        ClaimQuestion(
          name: "late layers less early and middle ones", estimate: more, bound: .above(differentLayers),
          unit: .number),
      ], missing: found.missing, seeds: 3)
  }

  static let seedsAreCloser = Claim(
    "8", "In late layers another seed of the same objective is closer than another objective.", needs: ckaNeeds,
    statistic:
      "CKA between seeds of one objective less CKA between objectives, mean over late layers; the error by jackknife "
      + "over seeds", threshold: "above 0"
  ) { evidence in
    let all = evidence.main
    guard let layers = ClaimRuns.parts(of: all.layers), let found = couples(all) else {
      return .notMeasured("CKA of four layers or more between runs of the same and of different objectives")
    }
    let late = ClaimRuns.excess(found.couples) { meanCKA($0.pair, layers.late) }
    return ClaimFinding(
      [ClaimQuestion(name: "late layers", estimate: late, bound: .above(0), unit: .number)], missing: found.missing,
      seeds: 3)
  }

  static let sparsityDiffersLate = Claim(
    "9", "Sparsity differs between objectives only in late layers.",
    needs: [
      "the share of nonzero activations of four layers or more, of five or more of the nine objectives, two seeds or "
        + "more"
    ],
    statistic:
      "range over objectives of the mean share of nonzero activations, mean over layers; the error by jackknife over "
      + "seeds",
    threshold: "below 10 points in early and middle layers; in late ones more by above 10 points"
  ) { evidence in
    let all = evidence.main
    let measured = all.layers.filter { all.has(ClaimMeasure.nonzero($0)) }
    guard let layers = ClaimRuns.parts(of: measured) else {
      return .notMeasured("the share of nonzero activations of four layers or more")
    }
    let labels = all.studied.filter { label in measured.allSatisfy { all.mean(label, ClaimMeasure.nonzero($0)) != nil }
    }
    guard labels.count > 1 else { return .notMeasured("the share of nonzero activations of two objectives or more") }
    func range(_ names: [String], _ mean: (String, ClaimEvidence.Key) -> Double?) -> Double? {
      let found = names.compactMap { layer -> Double? in
        let values = labels.compactMap { mean($0, ClaimMeasure.nonzero(layer)) }
        return values.count == labels.count ? ClaimRuns.range(values) : nil
      }
      return found.count == names.count ? SeedMean(found)?.mean : nil
    }
    let early = all.ofMeans(labels) { range(layers.early, $0) }
    let more = all.ofMeans(labels) { mean in
      range(layers.late, mean).flatMap { late in range(layers.early, mean).map { late - $0 } }
    }
    return ClaimFinding(
      [
        ClaimQuestion(name: "early and middle layers", estimate: early, bound: .below(alikeSparsity)),
        ClaimQuestion(name: "late layers less early and middle ones", estimate: more, bound: .above(alikeSparsity)),
      ], missing: ClaimRuns.more(labels.count))
  }
}
