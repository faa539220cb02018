import Foundation
import Study
import Testing

/// Claims about transfer.
@Suite struct TransferClaimTests {
  static let targets: [ClaimEvidence.Target] = [
    .init("birds", testCount: 2000, tags: [.fineGrained]), .init("cars", testCount: 8000, tags: [.fineGrained]),
    .init("pets", testCount: 3000, tags: [.fineGrained, .overlapsSource]),
    .init("objects", testCount: 10_000, tags: [.overlapsSource]), .init("textures", testCount: 1800, tags: []),
  ]

  /// Probe accuracies: those given for the objective's place and the target.
  func probes(
    _ made: MadeUp = MadeUp(), targets: [ClaimEvidence.Target] = targets,
    _ accuracy: @escaping (Int, ClaimEvidence.Target) -> Double
  ) -> ClaimEvidence {
    made.evidence(targets) { place, _ in
      Dictionary(uniqueKeysWithValues: targets.map { (ClaimMeasure.transfer(.probe, $0), accuracy(place, $0)) })
    }
  }

  /// Places of the nine from the best: as the study lists them, with cosine softmax (6) before the last two.
  let published: [Double] = [0, 1, 2, 3, 4, 5, 7, 6, 8]

  @Test func softmaxProbesBest() {
    #expect(probes { place, _ in 0.8 - 0.01 * published[place] }.verdict("3") == .holds)
    let reverse = probes { place, _ in 0.7 + 0.01 * published[place] }
    #expect(reverse.verdict("3") == .fails && reverse.result("3")?.parts.allSatisfy { $0.value == 0 } == true)
    #expect(probes(MadeUp(noise: 0.1)) { place, _ in 0.6 - 0.002 * published[place] }.verdict("3") == .undecided)
    // On one of five targets softmax is last: four of five are nearly every.
    let one = probes { place, target in
      target.label == "birds" && place == 0 ? 0.1 : 0.8 - 0.01 * published[place]
    }
    #expect(one.result("3")?.parts.first?.value == 0.8 && one.verdict("3") == .holds)
    let interval = one.result("3")?.parts.first?.interval
    #expect(interval?.low == 0.8 && interval?.high == 0.8, "the places are sure")
    let few = probes(targets: Array(Self.targets.prefix(2))) { place, _ in 0.8 - 0.01 * published[place] }.result("3")
    #expect(few?.verdict == .undecided && few?.missing == ["at least 4 targets (2 there)"])
    let single = probes(MadeUp(seeds: 1)) { place, _ in 0.8 - 0.01 * published[place] }.result("3")
    #expect(single?.verdict == .undecided && single?.missing == ["at least 2 seeds"])
    #expect(probes(targets: []) { _, _ in 0 }.verdict("3") == .notMeasured)
    let without = MadeUp(objectives: Array(MadeUp().objectives.dropLast()))
    #expect(probes(without) { place, _ in 0.8 - 0.01 * published[place] }.verdict("3") == .notMeasured)
  }

  @Test func worstOnFineGrained() {
    /// Losses of all objectives but softmax by group.
    func verdict(_ fine: Double, _ overlap: Double, _ made: MadeUp = MadeUp()) -> ClaimResult.Verdict? {
      probes(made) { place, target in
        let isOverlap = target.tags?.contains(.overlapsSource) ?? false
        let isFine = (target.tags?.contains(.fineGrained) ?? false) && !isOverlap
        return 0.8 - (place == 0 ? 0 : isFine ? fine : isOverlap ? overlap : (fine + overlap) / 2)
      }.verdict("4")
    }
    #expect(verdict(0.1, 0.01) == .holds && verdict(0.01, 0.1) == .fails)
    #expect(
      verdict(0.05, 0.0499, MadeUp(noise: 0.02)) == .undecided && verdict(0.1, 0.01, MadeUp(seeds: 1)) == .undecided)
    var untagged = probes { _, _ in 0.5 }
    untagged.targets[4].tags = nil
    #expect(untagged.result("4")?.missing == ["the tags of textures"] && untagged.verdict("4") == .notMeasured)
    #expect(probes(targets: [Self.targets[0]]) { _, _ in 0.5 }.verdict("4") == .notMeasured)
    #expect(ClaimEvidence(runs: []).verdict("4") == .notMeasured)
  }

  /// Probes as published, and another protocol's accuracies.
  func beside(_ other: ClaimMeasure.Transfer, _ made: MadeUp = MadeUp(), _ accuracy: @escaping (Int) -> Double)
    -> ClaimEvidence
  {
    made.evidence(Self.targets) { place, _ in
      var values: [ClaimEvidence.Key: Double] = [:]
      for target in Self.targets {
        values[ClaimMeasure.transfer(.probe, target)] = 0.8 - 0.01 * published[place]
        values[ClaimMeasure.transfer(other, target)] = accuracy(place)
      }
      return values
    }
  }

  @Test func neighborsRankAlike() {
    #expect(beside(.neighbors) { 0.6 - 0.01 * published[$0] }.verdict("5") == .holds)
    #expect(beside(.neighbors) { 0.6 + 0.01 * published[$0] }.verdict("5") == .fails)
    let mixed = beside(.neighbors) { 0.6 + [0.03, -0.01, 0.05, -0.04, 0.02, 0, -0.03, 0.04, -0.02][$0] }.result("5")
    #expect(mixed?.verdict == .undecided && mixed?.n == 9 && mixed?.counted == "objectives")
    let few = beside(.neighbors, MadeUp(objectives: Array(MadeUp().objectives.prefix(4)))) { 0.6 - 0.01 * Double($0) }
    #expect(few.verdict("5") == .undecided && few.result("5")?.missing == ["at least 5 objectives (4 there)"])
    #expect(probes { _, _ in 0.5 }.verdict("5") == .notMeasured)
  }

  @Test func fineTuningForgets() {
    #expect(beside(.fineTuning) { 0.9 + 0.0005 * Double($0) }.verdict("6") == .holds)
    #expect(beside(.fineTuning) { $0 == 3 ? 0.85 : 0.9 }.verdict("6") == .fails)
    #expect(beside(.fineTuning) { $0 == 3 ? 0.91 : 0.9 }.verdict("6") == .undecided)
    #expect(
      beside(.fineTuning, MadeUp(objectives: Array(MadeUp().objectives.prefix(3)))) { _ in 0.9 }.verdict("6")
        == .undecided)
    #expect(probes { _, _ in 0.5 }.verdict("6") == .notMeasured)
  }

  @Test func metricsAndCounts() {
    let target = ClaimEvidence.Target("pets", meanPerClass: true)
    #expect(ClaimMeasure.transfer(.probe, target).measure == "probe_mean_per_class_accuracy")
    #expect(ClaimMeasure.transfer(.fineTuning, .init("x")).measure == "finetune_accuracy")
    // An accuracy of 1 has log-odds only where the number of images is known.
    let unknown = MadeUp(noise: 0).evidence([.init("t")]) { _, _ in
      [ClaimEvidence.Key("probe_accuracy", target: "t"): 1, ClaimMeasure.top1: 0.5]
    }
    #expect(unknown.paretoFront().front.isEmpty)
    var known = unknown
    known.targets[0].testCount = 50
    #expect(abs((known.paretoFront().front.first?.y ?? 0) - log(99.0)) < 1e-12)
  }

  @Test func frontAndRanks() {
    var made = MadeUp(objectives: MadeUp().objectives + [("dropout:keep=0.5", [.init("dropout", ["keep": 0.5])])])
    made.noise = 0
    let evidence = made.evidence(Self.targets) { place, _ in
      var values = [ClaimMeasure.top1: 0.7 + 0.01 * Double(place)]
      for target in Self.targets {
        values[ClaimMeasure.transfer(.probe, target)] = place == 9 ? 0.2 : 0.8 - 0.01 * Double(place)
      }
      return values
    }
    let front = evidence.paretoFront()
    #expect(front.front.map(\.name) == ClaimEvidence.studied + ["dropout:keep=0.5"] && front.dominated.isEmpty)
    #expect(front.front.first?.n == 6 && (front.front.first?.xError ?? 1) < 1e-12)
    let ranks = evidence.criticalDifference()
    #expect(ranks?.names == ClaimEvidence.studied && ranks?.friedman.blocks == 5 && ranks?.order == Array(0..<9))
    #expect(evidence.criticalDifference(.neighbors) == nil && evidence.paretoFront(.neighbors).front.isEmpty)
    #expect(ClaimEvidence(runs: []).paretoFront().front.isEmpty && ClaimEvidence(runs: []).criticalDifference() == nil)
  }
}
