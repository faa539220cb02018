import Foundation
import Measures
import Testing

@testable import Study

/// Against scipy: `Fixtures/statistics.json`, made by `Fixtures/generate.py`.
@Suite struct StatisticsTests {
  struct Cases: Decodable {
    struct Summary: Decodable {
      var values: [Double], mean: Double, standardError: Double, halfWidth: Double
    }
    struct Paired: Decodable { var first, second: [Double], p: Double, mean: Double, standardError: Double }
    struct Pair: Decodable { var x, y: [Double], value: Double, p: Double, low: Double, high: Double }
    struct Holm: Decodable { var p, adjusted: [Double] }
    struct Beta: Decodable { var a, b, x, value: Double }
    struct Student: Decodable { var degrees, quantile, t, p: Double }
    struct Kendall: Decodable { var x, y: [Double], tau, weighted: Double }
    var summaries: [Summary]
    var paired: [Paired]
    var pearson: [Pair]
    var spearman: [Pair]
    var holm: [Holm]
    var beta: [Beta]
    var student: [Student]
    var kendall: [Kendall]
  }

  let cases: Cases

  init() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Fixtures/statistics.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    cases = try decoder.decode(Cases.self, from: Data(contentsOf: file))
  }

  func close(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-10) -> Bool {
    guard let a else { return false }
    return abs(a - b) <= tolerance * max(1e-12, abs(b))
  }

  @Test func specialFunctions() {
    for c in cases.beta {
      #expect(close(SpecialFunctions.incompleteBeta(c.x, c.a, c.b), c.value, 1e-11), "\(c)")
    }
    for c in cases.student {
      #expect(close(SpecialFunctions.studentQuantile(level: 0.95, degrees: c.degrees), c.quantile), "\(c)")
      #expect(close(SpecialFunctions.studentTwoSided(c.t, degrees: c.degrees), c.p), "\(c)")
    }
    #expect(close(SpecialFunctions.normalQuantile(0.975), 1.959963984540054))
  }

  @Test func summaries() {
    for c in cases.summaries {
      let summary = SeedMean(c.values)
      #expect(close(summary?.mean, c.mean) && close(summary?.standardError, c.standardError))
      #expect(close(summary?.halfWidth, c.halfWidth))
    }
    #expect(SeedMean([]) == nil && SeedMean([.nan]) == nil)
    #expect(SeedMean([0.5])?.standardError == nil)
  }

  @Test func pairedDifferences() {
    for c in cases.paired {
      let difference = PairedDifference(c.first, c.second)
      #expect(close(difference?.p, c.p, 1e-8) && close(difference?.mean, c.mean, 1e-9), "\(c)")
      #expect(close(difference?.standardError, c.standardError, 1e-9))
    }
    #expect(PairedDifference([0.9, 0.8], [0.9, 0.8])?.p == 1)
    #expect(PairedDifference([0.9, 0.8], [0.8, 0.7])?.p == nil, "no spread says nothing of chance")
    #expect(PairedDifference([0.9], [0.8])?.p == nil)
    #expect(PairedDifference([0.9], []) == nil)
  }

  @Test func correlations() {
    for c in cases.pearson {
      let found = Correlation.pearson(c.x, c.y)
      #expect(close(found?.value, c.value) && close(found?.p, c.p, 1e-8), "\(c)")
      #expect(close(found?.low, c.low, 1e-9) && close(found?.high, c.high, 1e-9), "\(c)")
    }
    for c in cases.spearman {
      let found = Correlation.spearman(c.x, c.y)
      #expect(close(found?.value, c.value) && close(found?.p, c.p, 1e-8), "\(c)")
      #expect(abs((found?.low ?? 9) - c.low) < 0.06 && abs((found?.high ?? 9) - c.high) < 0.06, "\(c)")
      #expect(found == Correlation.spearman(c.x, c.y), "the bootstrap is fixed by its seed")
    }
    for c in cases.kendall {
      #expect(close(Correlation.kendall(c.x, c.y)?.value, c.tau), "\(c)")
      let weighted = Correlation.weightedKendall(c.x, c.y)
      #expect(close(weighted?.value, c.weighted), "\(c)")
      if let low = weighted?.low, let high = weighted?.high { #expect(low <= c.weighted && c.weighted <= high) }
    }
    #expect(Correlation.kendall([1, 1], [0, 1]) == nil && Correlation.weightedKendall([1, 2], [3, 3]) == nil)
    #expect(Correlation.pearson([1, 1], [0, 1]) == nil && Correlation.pearson([1], [1]) == nil)
    #expect(close(Correlation.pearson([1, 2, 3], [2, 4, 6])?.value, 1, 1e-15))
    #expect(Correlation.ranks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
  }

  @Test func holm() {
    for c in cases.holm {
      #expect(zip(Holm.adjust(c.p), c.adjusted).allSatisfy { close($0, $1) })
    }
    #expect(Holm.adjust([nil, 0.02, nil]) == [nil, 0.02, nil])
  }

  @Test func logOdds() {
    #expect(close(LogOdds.average([(0.9, 1000), (0.5, 1000)]), log(9.0) / 2))
    #expect(close(LogOdds.logOdds(1, testCount: 50), log(99.0)))
    #expect(close(LogOdds.logOdds(0, testCount: 50), -log(99.0)))
    #expect(LogOdds.average([]) == nil)
  }
}
