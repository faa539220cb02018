import Study
import Testing

/// Claims about layers, class separation, sweeps and augmentation.
@Suite struct RepresentationClaimTests {
  let layers = (1...8).map { "block\($0)" }

  /// CKA by layer: early and late, of pairs of the same objective and of others.
  func cka(
    _ made: MadeUp = MadeUp(seeds: 4), same: (Double, Double), other: (Double, Double), noise: Double = 0.005
  ) -> ClaimEvidence {
    var evidence = made.evidence { _, _ in [:] }
    evidence.layers = layers
    return evidence.paired { isSame, number, first, second in
      var found: [String: Double] = [:]
      for (place, layer) in layers.enumerated() {
        let value = isSame ? same : other
        found[layer] = (place < 6 ? value.0 : value.1) + noise * MadeUp.random(number, place, 3)
      }
      return .init(first.id, second.id, cka: found)
    }
  }

  @Test func differOnlyLate() {
    #expect(cka(same: (0.95, 0.9), other: (0.94, 0.6)).verdict("7") == .holds)
    #expect(cka(same: (0.95, 0.9), other: (0.7, 0.6)).verdict("7") == .fails, "early layers differ, too")
    #expect(cka(same: (0.95, 0.9), other: (0.94, 0.89)).verdict("7") == .fails, "late layers do not differ")
    #expect(cka(same: (0.95, 0.9), other: (0.9, 0.6)).verdict("7") == .undecided)
    let two = cka(MadeUp(seeds: 2), same: (0.95, 0.9), other: (0.94, 0.6)).result("7")
    #expect(two?.verdict == .undecided && two?.missing == ["at least 3 seeds"], "\(two as Any)")
    var bare = cka(same: (0.95, 0.9), other: (0.94, 0.6))
    bare.pairs = []
    #expect(bare.verdict("7") == .notMeasured && bare.verdict("8") == .notMeasured)
    var short = cka(same: (0.95, 0.9), other: (0.94, 0.6))
    short.layers = ["block1"]
    #expect(short.verdict("7") == .notMeasured)
  }

  @Test func seedsAreCloser() {
    #expect(cka(same: (0.95, 0.9), other: (0.94, 0.6)).verdict("8") == .holds)
    #expect(cka(same: (0.95, 0.5), other: (0.94, 0.6)).verdict("8") == .fails)
    #expect(cka(same: (0.95, 0.6), other: (0.94, 0.6), noise: 0.2).verdict("8") == .undecided)
    #expect(ClaimEvidence(runs: []).verdict("8") == .notMeasured)
    let few = cka(
      MadeUp(seeds: 4, objectives: Array(MadeUp().objectives.prefix(2))), same: (0.95, 0.9), other: (0.9, 0.6))
    #expect(few.result("8")?.missing == ["at least 3 objectives (2 there)"] && few.verdict("8") == .undecided)
  }

  /// Shares of nonzero activations, over objectives that far apart early and late.
  func sparsity(_ early: Double, _ late: Double, _ made: MadeUp = MadeUp()) -> ClaimEvidence {
    var evidence = made.evidence { place, _ in
      var values: [ClaimEvidence.Key: Double] = [:]
      for (number, layer) in layers.enumerated() {
        values[ClaimMeasure.nonzero(layer)] = 0.3 + (number < 6 ? early : late) * Double(place) / 8
      }
      return values
    }
    evidence.layers = layers
    return evidence
  }

  @Test func sparsityDiffersLate() {
    #expect(sparsity(0.02, 0.4).verdict("9") == .holds)
    #expect(sparsity(0.3, 0.6).verdict("9") == .fails && sparsity(0.02, 0.05).verdict("9") == .fails)
    #expect(sparsity(0.02, 0.12, MadeUp(noise: 0.01)).verdict("9") == .undecided)
    #expect(sparsity(0.02, 0.4, MadeUp(seeds: 1)).result("9")?.missing == ["at least 2 seeds"])
    #expect(MadeUp().evidence { _, _ in [:] }.verdict("9") == .notMeasured)
  }

  /// Top-1, R^2 by every distance, effective rank and a probe of the nine.
  func separation(
    _ made: MadeUp = MadeUp(), top1: @escaping (Int) -> Double = { 0.75 + 0.005 * Double($0) },
    r2: @escaping (Int) -> Double = { 0.3 + 0.03 * Double($0) }, others: ((Int) -> Double)? = nil,
    rank: @escaping (Int) -> Double = { 100 - 5 * Double($0) },
    probe: @escaping (Int) -> Double = { 0.8 - 0.01 * Double($0) }
  ) -> ClaimEvidence {
    made.evidence([.init("t", testCount: 1000)]) { place, _ in
      var values = [
        ClaimMeasure.top1: top1(place), ClaimMeasure.separation: r2(place), ClaimMeasure.effectiveRank: rank(place),
        ClaimEvidence.Key("probe_accuracy", target: "t"): probe(place),
      ]
      for key in ClaimMeasure.otherSeparations { values[key] = (others ?? r2)(place) }
      return values
    }
  }

  /// An order that goes with none.
  let mixed: [Double] = [4, 1, 8, 2, 6, 0, 7, 3, 5]

  @Test func betterSeparatesMore() {
    #expect(separation().verdict("10") == .holds && separation().result("10")?.parts.count == 8)
    #expect(separation(r2: { 0.3 - 0.02 * Double($0) }).verdict("10") == .fails)
    #expect(separation(r2: { $0 == 4 ? 0.3 : 0.3 + 0.03 * Double($0) }).verdict("10") == .undecided)
    // Only those that beat softmax count.
    #expect(
      separation(top1: { $0 == 4 ? 0.7 : 0.75 + 0.005 * Double($0) }, r2: { $0 == 4 ? 0.1 : 0.3 + 0.03 * Double($0) })
        .verdict("10") == .holds)
    // One that may be ahead by chance refutes nothing.
    let chance = separation(
      top1: { $0 == 4 ? 0.7501 : 0.75 + 0.005 * Double($0) }, r2: { $0 == 4 ? 0.1 : 0.3 + 0.03 * Double($0) })
    #expect(
      chance.verdict("10") == .undecided || chance.result("10")?.parts.contains { $0.name == "logit-penalty" } == false)
    let none = separation(top1: { 0.75 - 0.005 * Double($0) }).result("10")
    #expect(none?.verdict == .undecided && none?.missing == ["an objective that surely beats softmax"])
    #expect(separation(MadeUp(seeds: 1)).verdict("10") == .undecided)
    #expect(MadeUp().evidence { _, _ in [ClaimMeasure.top1: 0.5] }.verdict("10") == .notMeasured)
  }

  @Test func relationsOfSeparation() {
    #expect(separation().verdict("11") == .holds && separation().verdict("16") == .holds)
    let wrong = separation(rank: { 100 + 5 * Double($0) }, probe: { 0.5 + 0.01 * Double($0) })
    #expect(wrong.verdict("11") == .fails && wrong.verdict("16") == .fails)
    let open = separation(rank: { [mixed] in 100 + mixed[$0] }, probe: { [mixed] in 0.5 + 0.01 * mixed[$0] })
    #expect(open.verdict("11") == .undecided && open.verdict("16") == .undecided)
    let few = separation(MadeUp(objectives: Array(MadeUp().objectives.prefix(4))))
    #expect(few.verdict("11") == .undecided && few.result("16")?.missing == ["at least 5 objectives (4 there)"])
    let same = separation(MadeUp(noise: 0), r2: { _ in 0.3 })
    #expect(
      same.verdict("11") == .undecided && same.result("11")?.missing == ["objectives that differ in both figures"])
    #expect(MadeUp().evidence { _, _ in [ClaimMeasure.top1: 0.5] }.verdict("11") == .notMeasured)
    #expect(MadeUp().evidence { _, _ in [ClaimMeasure.separation: 0.5] }.verdict("16") == .notMeasured)
  }

  @Test func distanceDoesNotMatter() {
    #expect(separation().verdict("15") == .holds && separation().result("15")?.parts.count == 3)
    #expect(separation(others: { 0.9 - 0.03 * Double($0) }).verdict("15") == .fails)
    let shuffled = separation(others: { [mixed] in 0.3 + 0.03 * mixed[$0] }).verdict("15")
    #expect(shuffled == .undecided || shuffled == .fails)
    #expect(separation(others: { 0.3 + 0.03 * [1, 0, 3, 2, 5, 4, 8, 6, 7][$0] }).verdict("15") == .undecided)
    var partly = separation()
    for place in partly.runs.indices { partly.runs[place].values[ClaimMeasure.otherSeparations[2]] = nil }
    #expect(partly.verdict("15") == .undecided && partly.result("15")?.missing == ["r2_angle"])
    #expect(MadeUp().evidence { _, _ in [ClaimMeasure.separation: 0.5] }.verdict("15") == .notMeasured)
  }

  func temperatures(
    _ values: [Double] = [0.02, 0.05, 0.1, 0.2], seeds: Int = 6, noise: Double = 0.0005,
    r2: @escaping (Double) -> Double = { $0 },
    probe: @escaping (Double) -> Double = { -$0 }, top1: @escaping (Double) -> Double = { _ in 0 }
  ) -> ClaimEvidence {
    var made = MadeUp.sweep("cosine-softmax", "temperature", values)
    (made.seeds, made.noise) = (seeds, noise)
    return made.evidence([.init("t", testCount: 1000)]) { place, _ in
      let tau = place == 0 ? 0 : values[place - 1]
      return [
        ClaimMeasure.top1: 0.75 + top1(tau), ClaimMeasure.separation: 0.4 + r2(tau),
        ClaimEvidence.Key("probe_accuracy", target: "t"): 0.8 + probe(tau),
      ]
    }
  }

  @Test func temperatureTrades() {
    #expect(temperatures().verdict("12") == .holds)
    #expect(temperatures(r2: { -$0 }).verdict("12") == .fails && temperatures(probe: { $0 }).verdict("12") == .fails)
    #expect(temperatures(top1: { $0 }).verdict("12") == .fails, "accuracy is not flat")
    #expect(temperatures(noise: 0.1).verdict("12") == .undecided)
    #expect(temperatures([0.05, 0.1]).result("12")?.missing == ["at least 4 temperatures (2 there)"])
    #expect(temperatures(seeds: 1).verdict("12") == .undecided)
    #expect(temperatures([0.05]).verdict("12") == .notMeasured && ClaimEvidence(runs: []).verdict("12") == .notMeasured)
  }

  @Test func strongerSeparatesMore() {
    func dropout(_ sign: Double, _ keeps: [Double] = [0.9, 0.8, 0.7], noise: Double = 0.0005) -> ClaimResult.Verdict? {
      var made = MadeUp.sweep("dropout", "keep", keeps)
      made.noise = noise
      return made.evidence { place, _ in
        [ClaimMeasure.separation: 0.4 + sign * (place == 0 ? 0 : 1 - keeps[place - 1])]
      }.verdict("13")
    }
    #expect(dropout(1) == .holds && dropout(-1) == .fails && dropout(0.01, noise: 0.1) == .undecided)
    #expect(dropout(1, [0.9, 0.8]) == .notMeasured && ClaimEvidence(runs: []).verdict("13") == .notMeasured)
    // Every regularizer must.
    var made = MadeUp.sweep("dropout", "keep", [0.9, 0.8, 0.7])
    made.objectives += MadeUp.sweep("logit-penalty", "strength", [1e-3, 1e-2, 1e-1]).objectives.dropFirst()
    #expect(
      made.evidence { place, _ in
        [ClaimMeasure.separation: place < 4 ? 0.4 + 0.1 * Double(place) : 0.4 - 0.01 * Double(place)]
      }
      .verdict("13") == .fails)
  }

  @Test func augmentationDoesNotSeparate() {
    func mixup(_ top1: Double, _ r2: Double, seeds: Int = 5, noise: Double = 0.0005) -> ClaimEvidence {
      var evidence = MadeUp(noise: noise, augmentation: "flip").evidence { _, _ in
        [ClaimMeasure.top1: 0.75, ClaimMeasure.separation: 0.4]
      }
      evidence.runs += MadeUp(seeds: seeds, noise: noise, augmentation: "flip+mixup").runs { place, _ in
        [ClaimMeasure.top1: 0.75 + top1 + 1e-5 * Double(place), ClaimMeasure.separation: 0.4 + r2]
      }
      for place in evidence.runs.indices where evidence.runs[place].augmentation == "flip+mixup" {
        let seed = evidence.runs[place].seed
        for key in [ClaimMeasure.top1, ClaimMeasure.separation] {
          evidence.runs[place].values[key, default: 0] += noise * MadeUp.random(seed, 77, 5)
        }
      }
      return evidence
    }
    #expect(mixup(0.01, -0.05).verdict("14") == .holds && mixup(0.01, 0).verdict("14") == .holds)
    #expect(mixup(0.01, 0.1).verdict("14") == .fails && mixup(-0.01, 0).verdict("14") == .fails)
    #expect(mixup(0, 0).verdict("14") == .undecided && mixup(0.01, 0.02).verdict("14") == .undecided)
    #expect(mixup(0.01, 0, seeds: 1).result("14")?.missing == ["at least 2 seeds"])
    #expect(separation().verdict("14") == .notMeasured)
  }
}
