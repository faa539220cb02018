import Datasets
import Foundation
import Study
import Testing

/// Claims about outputs, claims of users, and what holds of all claims.
@Suite struct OutputClaimTests {
  func calibration(_ before: Double, _ after: Double, _ made: MadeUp = MadeUp()) -> ClaimEvidence {
    made.evidence { place, _ in
      [
        ClaimMeasure.calibrationError: 0.02 + before * Double(place) / 7,
        ClaimMeasure.scaledCalibrationError: 0.02 + after * Double(place) / 7,
      ]
    }
  }

  @Test func scalingCalibrates() {
    #expect(calibration(0.08, 0.01).verdict("17a") == .holds)
    #expect(calibration(0.08, 0.07).verdict("17a") == .fails && calibration(0.002, 0.0005).verdict("17a") == .fails)
    #expect(calibration(0.08, 0.04, MadeUp(noise: 0.01, salt: 1)).verdict("17a") == .undecided)
    #expect(calibration(0.08, 0.01, MadeUp(seeds: 1)).verdict("17a") == .undecided)
    // Squared error's outputs are no logits.
    var odd = calibration(0.08, 0.01)
    for place in odd.runs.indices where odd.runs[place].label == "squared-error" {
      odd.runs[place].values[ClaimMeasure.scaledCalibrationError] = 0.9
    }
    #expect(odd.verdict("17a") == .holds)
    let raw = MadeUp().evidence { _, _ in [ClaimMeasure.calibrationError: 0.1] }
    #expect(raw.verdict("17a") == .notMeasured, "without a holdout there is no temperature")
  }

  func agreement(_ same: Double, _ other: Double, noise: Double = 0.005, _ made: MadeUp = MadeUp(seeds: 4))
    -> ClaimEvidence
  {
    made.evidence { _, _ in [:] }.paired { isSame, number, first, second in
      .init(first.id, second.id, agreement: (isSame ? same : other) + noise * MadeUp.random(number, 1, 9))
    }
  }

  @Test func sameObjectiveAgrees() {
    #expect(agreement(0.8, 0.75).verdict("17b") == .holds && agreement(0.75, 0.8).verdict("17b") == .fails)
    #expect(agreement(0.8, 0.8, noise: 0.1).verdict("17b") == .undecided)
    #expect(agreement(0.8, 0.7, MadeUp(seeds: 2)).result("17b")?.missing == ["at least 3 seeds"])
    #expect(agreement(0.8, 0.7, MadeUp(seeds: 1)).verdict("17b") == .notMeasured, "no pairs of one objective")
    // Pairs with one seed do not count: they share their first weights.
    var evidence = agreement(0.8, 0.75)
    for place in evidence.pairs.indices {
      let pair = evidence.pairs[place]
      if pair.first.last == pair.second.last { evidence.pairs[place].agreement = 1 }
    }
    #expect(evidence.verdict("17b") == .holds)
    evidence.pairs.append(.init("nobody", "nothing", agreement: 0.1))
    #expect(evidence.verdict("17b") == .holds)
    #expect(ClaimEvidence(runs: []).verdict("17b") == .notMeasured)
  }

  @Test func mixedEnsembles() {
    func ensembles(_ same: Double, _ other: Double, noise: Double = 0.001, seeds: Int = 4) -> ClaimEvidence {
      MadeUp(seeds: seeds).evidence { place, _ in [ClaimMeasure.top1: 0.7 + 0.01 * Double(place)] }.paired {
        isSame, number, first, second in
        let mean = ((first.values[ClaimMeasure.top1] ?? 0) + (second.values[ClaimMeasure.top1] ?? 0)) / 2
        return .init(
          first.id, second.id, ensembleTop1: mean + (isSame ? same : other) + noise * MadeUp.random(number, 1, 9))
      }
    }
    #expect(ensembles(0.02, 0.021).verdict("17c") == .holds && ensembles(0.02, 0.01).verdict("17c") == .holds)
    #expect(ensembles(0.02, 0.04).verdict("17c") == .fails)
    #expect(abs((ensembles(0.02, 0.04).result("17c")?.value ?? 0) - 0.02) < 0.001)
    #expect(ensembles(0.02, 0.025, noise: 0.02).verdict("17c") == .undecided)
    #expect(ensembles(0.02, 0.021, seeds: 2).verdict("17c") == .undecided)
    #expect(agreement(0.8, 0.75).verdict("17c") == .notMeasured)
  }

  @Test func everyLetterOnce() {
    #expect(
      Claims.published.map(\.id) == [
        "1a", "1b", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17a", "17b",
        "17c",
        "17d",
      ])
    for claim in Claims.published {
      #expect(
        !claim.needs.isEmpty && claim.statement.hasSuffix(".") && !claim.statistic.isEmpty && !claim.threshold.isEmpty)
    }
  }

  /// docs/claims.md says of every claim what the program does.
  @Test func rulesAreWrittenDown() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
    let page = try String(contentsOf: root.appendingPathComponent("docs/claims.md"), encoding: .utf8)
    let sections = page.components(separatedBy: "\n### ")
    for claim in Claims.published {
      let own = sections.first { $0.hasPrefix("\(claim.id). \(claim.statement)\n") }
      #expect(own?.contains("\n- Needs: \(claim.needs.joined(separator: "; ")).\n") == true, "\(claim.id)")
      #expect(own?.contains("\n- Computed: \(claim.statistic).\n") == true, "\(claim.id)")
      #expect(own?.contains("\n- Holds if: \(claim.threshold).\n") == true, "\(claim.id)")
    }
  }

  /// Nothing and nonsense end in "not measured" or "undecided", in words.
  @Test func oddEvidence() {
    let key = ClaimMeasure.top1
    let parts: [ClaimEvidence.Part] = [.init("softmax")]
    let odd = [
      ClaimEvidence(runs: []),
      ClaimEvidence(runs: [.init(id: "", label: "", objective: [], seed: 0)]),
      ClaimEvidence(runs: [.init(id: "a", label: "softmax", objective: parts, seed: 0, values: [key: .nan])]),
      ClaimEvidence(
        runs: [
          .init(id: "a", label: "softmax", objective: parts, seed: 0, values: [key: .infinity]),
          .init(id: "a", label: "softmax", objective: parts, seed: 0, values: [key: 1]),
        ], targets: [.init("t", testCount: 0, tags: [.fineGrained]), .init("t")],
        pairs: [.init("a", "a"), .init("a", "b", agreement: .nan)],
        layers: ["x", "x", "x", "x", "x"]),
      MadeUp().evidence([.init("t")]) { _, _ in [key: .nan, ClaimEvidence.Key("probe_accuracy", target: "t"): .nan] },
    ]
    for evidence in odd {
      for result in Claims.check(evidence) {
        #expect(result.verdict == .notMeasured || result.verdict == .undecided, "\(result)")
        #expect(!result.sentence.isEmpty && result.sentence.hasSuffix("."))
        if result.verdict == .notMeasured { #expect(!result.missing.isEmpty && result.sentence.contains("Needs")) }
      }
    }
  }

  /// Runs of any objectives and strengths with any values missing, odd or equal: every claim answers, none traps.
  @Test func anyEvidence() {
    var random = CounterGenerator(seed: 5, purpose: .bootstrap)
    let kinds = ClaimEvidence.studied + ["focal", "dropout+label-smoothing", ""]
    let odd: [Double] = [.nan, .infinity, 0, 1, 0.5, -1, 1e300, 1e-300]
    for _ in 0..<10 {
      let targets = (0..<random.below(6)).map { number in
        ClaimEvidence.Target(
          "t\(number)", testCount: [nil, 0, 1, 1000][random.below(4)],
          tags: [nil, [], [.fineGrained], [.overlapsSource], [.fineGrained, .overlapsSource]][random.below(5)])
      }
      let layers = (0..<random.below(7)).map { "l\(random.below(8))\($0)" }
      var keys = [
        ClaimMeasure.top1, ClaimMeasure.holdout, ClaimMeasure.separation, ClaimMeasure.effectiveRank,
        ClaimMeasure.calibrationError, ClaimMeasure.scaledCalibrationError,
      ]
      keys += ClaimMeasure.otherSeparations + layers.map { ClaimMeasure.nonzero($0) }
      for kind in ClaimMeasure.Transfer.allCases { keys += targets.map { ClaimMeasure.transfer(kind, $0) } }
      var evidence = ClaimEvidence(runs: [], targets: targets, layers: layers)
      let (seeds, oddity) = (1 + random.below(5), random.below(10))
      for number in 0..<random.below(80) {
        let kind = kinds[random.below(kinds.count)]
        let strength = Double(random.below(4)) / 4
        let parts = kind.split(separator: "+").map { name in
          ClaimEvidence.Part(String(name), ["temperature": strength, "keep": strength, "strength": strength])
        }
        var values: [ClaimEvidence.Key: Double] = [:]
        for key in keys where random.below(20) > 0 {
          values[key] = random.below(20) < oddity ? odd[random.below(odd.count)] : random.uniform()
        }
        evidence.runs.append(
          .init(
            id: "\(number)", label: "\(kind):\(strength)", objective: parts, network: "n\(random.below(9) / 8)",
            seed: random.below(seeds), augmentation: "a\(random.below(9) / 8)", values: values))
      }
      for first in evidence.runs.indices {
        for second in evidence.runs.indices where first < second && random.below(3) == 0 {
          evidence.pairs.append(
            .init(
              "\(first)", "\(second)", agreement: random.uniform(), ensembleTop1: random.uniform(),
              cka: Dictionary(layers.map { ($0, random.uniform()) }, uniquingKeysWith: { $1 })))
        }
      }
      let results = Claims.check(evidence)
      #expect(results.count == 21 && results.allSatisfy { $0.sentence.hasSuffix(".") && $0.n >= 0 })
      for result in results where result.verdict == .holds || result.verdict == .fails {
        #expect(result.interval != nil && result.value?.isFinite == true, "\(result)")
      }
      _ = evidence.paretoFront()
      _ = evidence.criticalDifference(.fineTuning)
    }
  }

  @Test func resultsAreTheSameAndReadBack() throws {
    let evidence = agreement(0.8, 0.75)
    let results = Claims.check(evidence)
    #expect(results == Claims.check(evidence))
    #expect(try JSONDecoder().decode([ClaimResult].self, from: JSONEncoder().encode(results)) == results)
    #expect(try JSONDecoder().decode(ClaimEvidence.self, from: JSONEncoder().encode(evidence)) == evidence)
  }

  @Test func words() {
    let result = calibration(0.08, 0.01).result("17a")
    #expect(
      result?.sentence.hasPrefix("Holds: ") == true && result?.sentence.contains("points (+") == true,
      "\(result as Any)")
    #expect(result?.sentence.contains("of 2 comparisons 2 hold, 0 fail.") == true)
  }

  @Test func boundsAndIntervals() {
    func interval(_ low: Double, _ high: Double) -> ConfidenceInterval { .init(low: low, high: high) }
    #expect(
      ClaimBound.above(0).verdict(interval(0.1, 0.2)) == .holds
        && ClaimBound.above(0).verdict(interval(-0.2, -0.1)) == .fails)
    #expect(ClaimBound.above(0).verdict(interval(0, 1)) == .undecided && ClaimBound.above(0).verdict(nil) == .undecided)
    #expect(
      ClaimBound.below(1).verdict(interval(0, 0.5)) == .holds && ClaimBound.below(1).verdict(interval(2, 3)) == .fails)
    #expect(
      ClaimBound.within(1).verdict(interval(-0.5, 0.5)) == .holds
        && ClaimBound.within(1).verdict(interval(-3, -2)) == .fails)
    #expect(ClaimBound.within(1).verdict(interval(-2, 2)) == .undecided && ClaimBound.within(1).margin(-3) == -2)
  }

  @Test func claimsOfUsers() throws {
    let evidence = MadeUp().evidence([.init("a"), .init("b")]) { place, _ in
      [
        ClaimMeasure.top1: 0.7 + 0.01 * Double(place),
        ClaimEvidence.Key("probe_accuracy", target: "a"): 0.9 - 0.02 * Double(place),
        ClaimEvidence.Key("probe_accuracy", target: "b"): 0.8 - 0.02 * Double(place),
      ]
    }
    func check(_ relation: UserClaim.Relation) -> ClaimResult {
      UserClaim(name: "mine", relation: relation).claim.check(evidence)
    }
    let top1 = UserClaim.Quantity("top1")
    let mean = UserClaim.Quantity("probe_accuracy", target: "*")
    #expect(check(.difference(top1, of: "dropout", over: "softmax", .above(0.01))).verdict == .holds)
    #expect(check(.difference(top1, of: "dropout", over: "softmax", .above(0.03))).verdict == .fails)
    #expect(check(.difference(top1, of: "dropout", over: "softmax", .above(0.02))).verdict == .undecided)
    #expect(check(.difference(mean, of: "dropout", over: "softmax", .below(-0.03))).verdict == .holds)
    #expect(check(.difference(top1, of: "dropout", over: "nobody", .above(0))).verdict == .notMeasured)
    #expect(check(.level(mean, of: "softmax", .above(0.8))).verdict == .holds)
    #expect(check(.level(top1, of: "softmax", .within(0.5))).verdict == .fails)
    #expect(check(.level(.init("ece"), of: "softmax", .below(0.5))).verdict == .notMeasured)
    #expect(check(.correlation(top1, with: mean, .below(-0.5))).verdict == .holds)
    #expect(check(.correlation(top1, with: mean, .above(0.5))).verdict == .fails)
    #expect(check(.correlation(top1, with: .init("r2_cosine", split: "train"), .below(0))).verdict == .notMeasured)
    #expect(
      check(.difference(.init("probe_accuracy", target: "*"), of: "dropout", over: "softmax", .below(-0.03))).statement
        == "probe_accuracy over all targets of dropout less that of softmax is below \u{2212}3 points.")
    let claim = UserClaim(name: "mine", statement: "It is so.", relation: .level(top1, of: "softmax", .above(0.1)))
    #expect(claim.claim.statement == "It is so." && claim.claim.id == "mine")
    #expect(try JSONDecoder().decode(UserClaim.self, from: JSONEncoder().encode(claim)) == claim)
    #expect(claim.claim.check(ClaimEvidence(runs: [])).verdict == .notMeasured)
  }
}
