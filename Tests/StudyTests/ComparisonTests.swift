import Foundation
import Testing

@testable import Study

/// Against scipy and numpy: `Fixtures/comparisons.json`, made by `Fixtures/generate_comparisons.py`.
@Suite struct ComparisonTests {
  struct Cases: Decodable {
    struct ChiSquare: Decodable { var x, degrees, above: Double }
    struct Fisher: Decodable { var f, first, second, above: Double }
    struct Range: Decodable { var groups: Int, quantile, q, above: Double }
    struct Noncentral: Decodable { var t, degrees, shift, above: Double }
    struct Power: Decodable { var effect: Double, count: Int, seeds: Int, power: Double }
    struct Welch: Decodable { var first, second: [Double], mean, degrees, p, low, high: Double }
    struct Permutation: Decodable { var first, second: [Double], p: Double, exact: Bool }
    struct Friedman: Decodable {
      var values: [[Double]], ranks: [Double], statistic, p: Double, f: Double?, fP, difference,
        firstAgainstLast: Double
    }
    struct Resampled: Decodable { var values: [Double], low, high, bcaLow, bcaHigh: Double }
    struct Hierarchical: Decodable { var values: [[Double]], mean, low, high: Double }
    struct Spearman: Decodable { var x, y: [Double], p: Double }
    struct Holm: Decodable { var differences: [[Double]], rejected: [Bool] }
    var chiSquare: [ChiSquare]
    var fisher: [Fisher]
    var range: [Range]
    var noncentral: [Noncentral]
    var power: [Power]
    var welch: [Welch]
    var permutation: [Permutation]
    var friedman: [Friedman]
    var bootstrap: [Resampled]
    var hierarchical: [Hierarchical]
    var spearman: [Spearman]
    var holm: [Holm]
  }

  let cases: Cases

  init() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Fixtures/comparisons.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    cases = try decoder.decode(Cases.self, from: Data(contentsOf: file))
  }

  func close(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-10) -> Bool {
    guard let a else { return false }
    return abs(a - b) <= tolerance * max(1e-12, abs(b))
  }

  @Test func distributions() {
    for c in cases.chiSquare {
      #expect(
        abs(SpecialFunctions.chiSquareAbove(c.x, degrees: c.degrees) - c.above) <= 1e-13 + 1e-10 * c.above, "\(c)")
    }
    for c in cases.fisher { #expect(close(SpecialFunctions.fisherAbove(c.f, c.first, c.second), c.above), "\(c)") }
    for c in cases.range {
      #expect(abs(SpecialFunctions.rangeAbove(c.q, groups: c.groups) - c.above) < 1e-9, "\(c)")
      #expect(abs(SpecialFunctions.rangeQuantile(level: 0.95, groups: c.groups) - c.quantile) < 1e-6, "\(c)")
    }
    for c in cases.noncentral {
      let found = SpecialFunctions.noncentralStudentAbove(c.t, degrees: c.degrees, noncentrality: c.shift)
      #expect(abs(found - c.above) < 1e-8, "\(c), \(found)")
    }
    #expect(
      SpecialFunctions.chiSquareAbove(0, degrees: 3) == 1 && SpecialFunctions.chiSquareAbove(.nan, degrees: 3).isNaN)
    #expect(SpecialFunctions.fisherAbove(.infinity, 2, 3) == 0 && SpecialFunctions.rangeAbove(1, groups: 1).isNaN)
    // The largest of two normals less the least is sqrt(2) |z|.
    #expect(close(SpecialFunctions.rangeAbove(2.0.squareRoot() * 1.959963984540054, groups: 2), 0.05, 1e-10))
  }

  @Test func seedsNeeded() {
    for c in cases.power {
      #expect(SeedsNeeded.count(difference: 0.01 * c.effect, standardDeviation: 0.01) == c.count, "\(c)")
      #expect(SeedsNeeded.count(difference: -c.effect, standardDeviation: 1) == c.count, "the side does not matter")
      let power = SeedsNeeded.power(difference: c.effect, standardDeviation: 1, seeds: c.seeds)
      #expect(abs((power ?? 9) - c.power) < 1e-7, "\(c)")
    }
    #expect(SeedsNeeded.count(difference: 0, standardDeviation: 1) == nil)
    #expect(SeedsNeeded.count(difference: .nan, standardDeviation: 1) == nil)
    #expect(SeedsNeeded.count(difference: 1, standardDeviation: 0) == 2)
    #expect(SeedsNeeded.count(difference: 1e-6, standardDeviation: 1) == nil, "more than the limit")
    #expect(SeedsNeeded.power(difference: 1, standardDeviation: 1, seeds: 1) == nil)
    #expect(PairedDifference([1], [0]).flatMap { SeedsNeeded.count(for: $0) } == nil)
    #expect(PairedDifference([1, 2, 3.5], [0, 1, 2]).flatMap { SeedsNeeded.count(for: $0) } == 3)
  }

  @Test func welch() {
    for c in cases.welch {
      let found = WelchDifference(c.first, c.second)
      #expect(
        close(found?.mean, c.mean, 1e-9) && close(found?.degrees, c.degrees, 1e-9) && close(found?.p, c.p, 1e-8), "\(c)"
      )
      let interval = found.flatMap { StudentEstimate($0).interval() }
      #expect(close(interval?.low, c.low, 1e-8) && close(interval?.high, c.high, 1e-8), "\(c)")
    }
    #expect(
      WelchDifference([1], [1, 2]) == nil && WelchDifference([], []) == nil
        && WelchDifference([1, .nan], [1, 2]) == nil)
    let still = WelchDifference([1, 1], [2, 2])
    #expect(still?.mean == -1 && still?.standardError == 0 && still?.p == nil)
  }

  @Test func permutations() {
    for c in cases.permutation {
      let found = PairedPermutation(c.first, c.second)
      #expect(
        found?.isExact == c.exact && abs((found?.p ?? 9) - c.p) < (c.exact ? 1e-12 : 0.02), "\(c) \(found as Any)")
      #expect(found == PairedPermutation(c.first, c.second), "drawn by a fixed seed")
    }
    #expect(PairedPermutation([1, 2, 3, 4, 5], [0, 0, 0, 0, 0])?.p == 2.0 / 32)
    #expect(PairedPermutation([1, 2], [1, 2])?.p == 1)
    #expect(
      PairedPermutation([], []) == nil && PairedPermutation([1], [.nan]) == nil && PairedPermutation([1], []) == nil)
  }

  @Test func friedman() {
    for c in cases.friedman {
      let names = c.ranks.indices.map { "o\($0)" }
      let found = CriticalDifference(names: names, c.values)
      #expect(close(found?.friedman.statistic, c.statistic, 1e-9) && close(found?.friedman.p, c.p, 1e-8), "\(c)")
      #expect(zip(found?.friedman.averageRanks ?? [], c.ranks).allSatisfy { close($0, $1) }, "\(c)")
      if let f = c.f {
        #expect(close(found?.friedman.fStatistic, f, 1e-8) && close(found?.friedman.fP, c.fP, 1e-7), "\(c)")
      }
      #expect(close(found?.difference, c.difference, 1e-6), "\(c)")
      #expect(abs((found?.p.first?.last ?? 9) - c.firstAgainstLast) < 1e-9, "\(c)")
    }
    // Demsar 2006, table 5: q at 5 % for 2 to 10 classifiers.
    for (k, q) in zip(2..., [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]) {
      #expect(abs(SpecialFunctions.rangeQuantile(level: 0.95, groups: k) / 2.0.squareRoot() - q) < 1e-3)
    }
    // One order on every target.
    let clear = CriticalDifference(names: ["c", "a", "b"], [[Double]](repeating: [1, 3, 2], count: 20))
    #expect(
      clear?.order == [1, 2, 0] && clear?.groups == [] && clear?.friedman.fStatistic == nil && clear?.friedman.fP == 0)
    let lower = CriticalDifference(names: ["c", "a", "b"], [[1, 3, 2], [1, 3, 2]], higherIsBetter: false)
    #expect(lower?.order == [0, 2, 1] && lower?.groups == [[0, 2, 1]])
    // Mean ranks 1, 2, 3, 4 with a critical difference between 1 and 2: neighbours go together.
    let chain = CriticalDifference(names: ["a", "b", "c", "d"], [[Double]](repeating: [4, 3, 2, 1], count: 12))
    #expect(chain?.groups == [[0, 1], [1, 2], [2, 3]])
    #expect(CriticalDifference(names: ["a"], [[1, 2], [2, 1]]) == nil && FriedmanTest([]) == nil)
    #expect(
      FriedmanTest([[1, 1], [2, 2]]) == nil && FriedmanTest([[1, 2]]) == nil && FriedmanTest([[1, 2], [1]]) == nil)
    #expect(FriedmanTest([[1, .nan], [1, 2]]) == nil)
  }

  @Test func bootstraps() {
    for c in cases.bootstrap {
      let width = c.high - c.low
      let plain = Bootstrap.interval(c.values, resamples: 20_000)
      #expect(abs((plain?.low ?? 9) - c.low) < 0.03 * width && abs((plain?.high ?? 9) - c.high) < 0.03 * width, "\(c)")
      let better = Bootstrap.interval(c.values, resamples: 20_000, method: .biasCorrected)
      #expect(abs((better?.low ?? 9) - c.bcaLow) < 0.03 * width, "\(c) \(better as Any)")
      #expect(abs((better?.high ?? 9) - c.bcaHigh) < 0.05 * width, "\(c) \(better as Any)")
      #expect(Bootstrap.interval(c.values) == Bootstrap.interval(c.values))
      #expect(Bootstrap.interval(c.values) != Bootstrap.interval(c.values, seed: 1))
    }
    #expect(Bootstrap.interval([]) == nil && Bootstrap.interval([1]) == nil && Bootstrap.interval([1, .nan]) == nil)
    #expect(Bootstrap.interval([1, 1, 1]) == ConfidenceInterval(low: 1, high: 1))
    #expect(Bootstrap.interval([1, 1, 1], method: .biasCorrected) == nil)
    #expect(Bootstrap.interval([1, 2], statistic: { _ in nil }) == nil)
    for c in cases.hierarchical {
      let found = HierarchicalBootstrap(c.values, resamples: 10_000)
      #expect(close(found?.mean, c.mean) && found?.runs == c.values.count)
      #expect(
        abs((found?.interval.low ?? 9) - c.low) < 0.006 && abs((found?.interval.high ?? 9) - c.high) < 0.006,
        "\(found as Any)")
    }
    // Tables of several shapes at once, one of them unsound: each as alone.
    let tables = cases.hierarchical.map(\.values) + [[[1, 0], [1]]] + cases.hierarchical.map { $0.values.reversed() }
    #expect(HierarchicalBootstrap.each(tables) == tables.map { HierarchicalBootstrap($0) })
    #expect(HierarchicalBootstrap.each(tables).count { $0 == nil } == 1)
    #expect(HierarchicalBootstrap.each(tables, seed: 1) != HierarchicalBootstrap.each(tables))
    #expect(HierarchicalBootstrap([]) == nil && HierarchicalBootstrap([[1, 0]]) == nil)
    #expect(HierarchicalBootstrap([[1, 0], [1]]) == nil && HierarchicalBootstrap([[1, .nan], [1, 0]]) == nil)
    #expect(HierarchicalBootstrap([[1, 1], [1, 1]])?.interval == ConfidenceInterval(low: 1, high: 1))
  }

  @Test func jackknife() {
    let values = [0.3, 0.5, 0.45, 0.7, 0.61]
    let mean = Jackknife.estimate(count: 5) { out in
      SeedMean(values.enumerated().filter { $0.offset != out }.map(\.element))?.mean
    }
    #expect(close(mean?.standardError, SeedMean(values)?.standardError ?? 0, 1e-12), "of a mean it is the usual error")
    #expect(close(mean?.interval()?.low, (SeedMean(values)?.mean ?? 0) - (SeedMean(values)?.halfWidth ?? 0), 1e-10))
    #expect(Jackknife.estimate(count: 0) { _ in 1 } == nil && Jackknife.estimate(count: 3) { _ in nil } == nil)
    #expect(Jackknife.estimate(count: 1) { _ in 1 }?.standardError == nil)
    #expect(Jackknife.estimate(count: 3) { $0 == nil ? 1 : nil }?.standardError == nil)
    #expect(Jackknife.estimate(count: 3) { _ in 2 }?.standardError == 0)
  }

  @Test func exactSpearman() {
    for c in cases.spearman { #expect(close(SpearmanTest.exactP(c.x, c.y), c.p, 1e-12), "\(c)") }
    #expect(close(SpearmanTest.exactP([1, 2, 3, 4], [1, 2, 3, 4]), 1.0 / 12, 1e-12))
    #expect(SpearmanTest.exactP([1], [1]) == nil && SpearmanTest.exactP([1, 2], [1, .nan]) == nil)
    #expect(SpearmanTest.exactP([], []) == nil && SpearmanTest.exactP([1, 1, 1], [1, 2, 3]) == 1)
  }

  @Test func holmIntervalsRejectAsHolmDoes() {
    for c in cases.holm {
      let estimates = c.differences.compactMap { SeedMean($0).map { StudentEstimate($0) } }
      let intervals = HolmIntervals.about(estimates, against: estimates.map { _ in 0 })
      #expect(intervals.map { !($0?.contains(0) ?? true) } == c.rejected, "\(c)")
    }
    let single = StudentEstimate(value: 1, standardError: nil, degrees: 0, n: 1)
    let sure = StudentEstimate(value: 1, standardError: 0, degrees: 3, n: 4)
    #expect(HolmIntervals.about([single, sure], against: [0, 0]) == [nil, sure.interval(level: 0.95)])
    #expect(HolmIntervals.about([], against: []) == [] && HolmIntervals.about([single], against: []) == [])
    #expect(sure.p(against: 1) == 1 && sure.p(against: 0) == 0 && single.p(against: 0) == nil)
  }

  @Test func intervals() {
    #expect(ConfidenceInterval(of: [3, 1, 2], level: 0.5)?.low == 1.5)
    #expect(ConfidenceInterval(of: []) == nil && ConfidenceInterval(of: [1, .infinity]) == nil)
    #expect([Double]().quantile(0.5).isNaN && [1, 2].quantile(-1) == 1 && [1, 2].quantile(2) == 2)
    #expect(LogOdds.average([(.nan, 10)]) == nil)
  }

  @Test func paretoFronts() {
    func point(_ name: String, _ x: Double, _ y: Double) -> ParetoFront.Point { .init(name: name, x: x, y: y) }
    let front = ParetoFront([
      point("a", 1, 3), point("b", 2, 2), point("c", 3, 1), point("d", 1, 2), point("e", 2, 1), point("twin", 2, 2),
      point("nan", .nan, 9),
    ])
    #expect(front.front.map(\.name) == ["a", "twin", "b", "c"] && front.dominated.map(\.name) == ["d", "e"])
    #expect(ParetoFront([]).front.isEmpty && ParetoFront([point("a", 0, 0)]).front.count == 1)
    #expect(
      ParetoFront([point("a", 1, 1), point("b", 2, 1)]).front.map(\.name) == ["b"], "equal in one, worse in the other")
    // By definition, on many points.
    var many: [ParetoFront.Point] = []
    for place in 0..<60 { many.append(point("\(place)", Double((place * 37) % 17), Double((place * 53) % 19))) }
    func beats(_ a: ParetoFront.Point, _ b: ParetoFront.Point) -> Bool {
      a.x >= b.x && a.y >= b.y && (a.x > b.x || a.y > b.y)
    }
    let expected = many.filter { one in !many.contains { beats($0, one) } }
    #expect(Set(ParetoFront(many).front.map(\.name)) == Set(expected.map(\.name)))
  }
}
