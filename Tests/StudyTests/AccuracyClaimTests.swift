import Study
import Testing

/// Claims about source accuracy: made-up evidence of which it is known what must come out.
@Suite struct AccuracyClaimTests {
  /// Top-1 of the nine, softmax at 0.75, the others that much above it.
  func top1(_ gain: @escaping (String) -> Double, _ made: MadeUp = MadeUp()) -> ClaimEvidence {
    made.evidence { _, label in [ClaimMeasure.top1: 0.75 + (label == "softmax" ? 0 : gain(label))] }
  }

  @Test func regularizersBeatSoftmax() {
    let good = top1 { _ in 0.01 }
    #expect(good.verdict("1a") == .holds)
    #expect(good.result("1a")?.parts.count == 7)
    #expect(top1({ $0 == "dropout" ? -0.01 : 0.01 }).result("1a")?.verdict == .fails)
    #expect(top1({ $0 == "dropout" ? -0.01 : 0.01 }).result("1a")?.sentence.contains("dropout") == true)
    #expect(top1({ $0 == "squared-error" ? -0.1 : 0.01 }).verdict("1a") == .holds, "squared error does not regularize")
    let open = top1({ $0 == "sigmoid" ? 0.0001 : 0.01 }).result("1a")
    #expect(open?.verdict == .undecided && (open?.seedsNeeded ?? 0) > 6, "\(open as Any)")
    let single = top1({ _ in 0.01 }, MadeUp(seeds: 1)).result("1a")
    #expect(single?.verdict == .undecided && single?.missing == ["at least 2 seeds"], "\(single as Any)")
    let less = top1({ _ in 0.01 }, MadeUp(objectives: Array(MadeUp().objectives.dropLast(2)))).result("1a")
    #expect(less?.verdict == .undecided && less?.missing == ["sigmoid"])
    let still = top1({ _ in 0.01 }, MadeUp(noise: 0)).result("1a")
    #expect(still?.verdict == .undecided && still?.missing.count == 1, "no spread says nothing of chance")
    #expect(ClaimEvidence(runs: []).verdict("1a") == .notMeasured)
    #expect(ClaimEvidence(runs: []).result("1a")?.missing == ["top-1 of softmax"])
    let alone = MadeUp(objectives: [("softmax", [.init("softmax")])]).evidence { _, _ in [ClaimMeasure.top1: 0.7] }
    #expect(alone.verdict("1a") == .notMeasured)
  }

  @Test func squaredErrorEqualsSoftmax() {
    func verdict(_ gain: Double, _ made: MadeUp = MadeUp()) -> ClaimResult.Verdict? {
      top1({ _ in gain }, made).verdict("1b")
    }
    #expect(verdict(0.002) == .holds && verdict(-0.002) == .holds)
    #expect(verdict(0.02) == .fails && verdict(-0.02) == .fails)
    #expect(verdict(0.01) == .undecided && verdict(0.002, MadeUp(noise: 0.03)) == .undecided)
    #expect(verdict(0.002, MadeUp(objectives: [("softmax", [.init("softmax")])])) == .notMeasured)
    // Without shared seeds the difference is Welch's.
    var apart = top1 { _ in 0.002 }
    for place in apart.runs.indices where apart.runs[place].label == "squared-error" { apart.runs[place].seed += 100 }
    #expect(apart.verdict("1b") == .holds)
  }

  @Test func spreadIsSmall() {
    #expect(top1({ _ in 0.005 }).verdict("2") == .holds && top1({ _ in 0.005 }).result("2")?.parts.count == 36)
    let wide = top1({ $0 == "sigmoid" ? -0.02 : 0.005 }).result("2")
    #expect(wide?.verdict == .fails && (wide?.value.map { abs($0) > 0.02 } ?? false), "\(wide as Any)")
    #expect(top1({ $0 == "sigmoid" ? -0.0149 : 0 }).verdict("2") == .undecided)
    let few = top1({ _ in 0.005 }, MadeUp(objectives: Array(MadeUp().objectives.prefix(3)))).result("2")
    #expect(few?.verdict == .undecided && few?.missing == ["at least 5 objectives (3 there)"])
    #expect(MadeUp().evidence { _, _ in [:] }.verdict("2") == .notMeasured)
  }

  @Test func combinations() {
    func verdict(_ gain: Double, noise: Double = 0.0005, alone: Bool = true) -> ClaimResult? {
      var made = MadeUp(noise: noise)
      made.objectives.append(("dropout+label-smoothing", [.init("label-smoothing"), .init("dropout")]))
      if !alone { made.objectives.removeAll { $0.label == "dropout" } }
      return top1({ $0.contains("+") ? 0.01 + gain : $0 == "dropout" ? 0.01 : 0.004 }, made).result("17d")
    }
    #expect(verdict(0)?.verdict == .holds && verdict(-0.02)?.verdict == .holds)
    #expect(verdict(0)?.parts.first?.name == "dropout+label-smoothing less dropout", "the better of the two")
    #expect(verdict(0.02)?.verdict == .fails && verdict(0.005)?.verdict == .undecided)
    #expect(verdict(0, alone: false)?.missing == ["dropout alone"])
    #expect(verdict(0, alone: false)?.verdict == .undecided || verdict(0, alone: false)?.verdict == .fails)
    #expect(top1({ _ in 0 }).verdict("17d") == .notMeasured)
  }

  /// One setting of several stands for its objective: by the holdout, never by the test images.
  @Test func strengthsAreChosenOnTheHoldout() {
    var made = MadeUp()
    made.objectives.append(("dropout:keep=0.5", [.init("dropout", ["keep": 0.5])]))
    let evidence = made.evidence { _, label in
      let strong = label == "dropout:keep=0.5"
      return [
        ClaimMeasure.top1: label == "softmax" ? 0.75 : strong ? 0.7 : 0.76,
        ClaimMeasure.holdout: strong ? 0.9 : 0.8,
      ]
    }
    #expect(evidence.result("1a")?.parts.contains { $0.name == "dropout:keep=0.5" } == true)
    #expect(evidence.verdict("1a") == .fails)
  }

  /// Claims are about one network and the standard augmentation.
  @Test func otherSettingsDoNotMix() {
    var evidence = top1({ _ in 0.01 }, MadeUp(network: "a"))
    evidence.runs += MadeUp(seeds: 3, network: "b").runs { _, label in
      [ClaimMeasure.top1: label == "softmax" ? 0.9 : 0.5]
    }
    evidence.runs += MadeUp(seeds: 3, network: "a", augmentation: "mixup").runs { _, _ in [ClaimMeasure.top1: 0.1] }
    #expect(evidence.networks == ["a", "b"] && evidence.verdict("1a") == .holds)
    #expect(evidence.of(network: "b").verdict("1a") == .fails)
    evidence.standardAugmentation = "none of them"
    #expect(evidence.verdict("1a") == .notMeasured)
  }

  /// Where the truth lies on a threshold, a claim is decided in some 5 % of cases, either way.
  @Test func decisionsByChanceAreRare() {
    let decided = (0..<200).count { salt in
      top1({ $0 == "squared-error" ? 0.01 : 0 }, MadeUp(seeds: 4, salt: salt)).verdict("1b") != .some(.undecided)
    }
    #expect((2...20).contains(decided), "\(decided) of 200")
  }
}
