import Testing

@testable import Report

/// Against SciPy 1.x: `stats.pearsonr(x, y)` with `confidence_interval()`, `stats.spearmanr`, `stats.ttest_1samp`,
/// `stats.sem`; the interval of Spearman by tanh(artanh(r) ± 1.959963984540054 sqrt((1 + r²/2)/(n - 3))).
@Suite struct StatisticsTests {
  static let x = [0.35, 0.45, 0.46, 0.59, 0.60, 0.52, 0.64, 0.57, 0.85]
  static let y = [0.696, 0.672, 0.666, 0.639, 0.637, 0.654, 0.629, 0.645, 0.640]

  @Test func correlationsAndIntervals() throws {
    let found = try #require(Association(Array(zip(Self.x, Self.y))))
    #expect(found.n == 9)
    close(found.pearson.value, -0.7969672449588459)
    close(try #require(found.pearson.low), -0.9554076753979311)
    close(try #require(found.pearson.high), -0.282219692489826)
    close(found.spearman.value, -0.9)
    close(try #require(found.spearman.low), -0.9843305251295531)
    close(try #require(found.spearman.high), -0.480610474911896)
    #expect(found.pearson.text == "\u{2212}0.80 (95 % interval \u{2212}0.96 to \u{2212}0.28)")
  }

  @Test func tiesShareTheirMeanRank() throws {
    #expect([3.0, 1, 3, 3, 2].ranks == [4, 1, 4, 4, 2])
    let found = try #require(Association([(1, 2), (2, 1), (2, 4), (3, 4), (5, 3)]))
    close(found.spearman.value, 0.3947368421052632)
    close(found.pearson.value, 0.3287191293257129)
  }

  @Test func noCorrelationWithoutPairsOrVariation() throws {
    #expect(Association([(1, 2), (2, 3)]) == nil)
    #expect(Association([(1, 2), (1, 3), (1, 4)]) == nil)
    let three = try #require(Association([(1, 3), (2, 2), (3, 0)]))
    #expect(three.pearson.low == nil && three.spearman.value == -1)
  }

  @Test(arguments: [
    ([0.1, 0.2, 0.15], 0.03509871864598465, 0.02886751345948129),
    ([0.01, -0.02, 0.03, 0.005, 0.0], 0.568728448649082, 0.00806225774829855),
    ([1.0, 1.2, 0.9, 1.1, 1.05, 0.98, 1.3, 1.15], 6.092075477481835e-08, 0.04582575694955839),
  ])
  func pairedTTests(differences: [Double], p: Double, error: Double) throws {
    close(try #require(pairedTTest(differences)), p)
    close(try #require(differences.standardError), error)
  }

  @Test func pairedTTestAtItsEdges() {
    #expect(pairedTTest([1]) == nil)
    #expect(pairedTTest([0, 0, 0]) == 1)
    #expect(pairedTTest([0.5, 0.5]) == 0)
  }

  @Test func holmStepsDownAndNeverDecreases() {
    let corrected = holm([0.01, 0.04, 0.03, 0.005])
    for (a, b) in zip(corrected, [0.03, 0.06, 0.06, 0.02]) { close(a, b) }
    #expect(holm([]).isEmpty)
    #expect(holm([0.9, 0.8]) == [1, 1])
  }

  private func close(_ a: Double, _ b: Double, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
      abs(a - b) <= 1e-12 * max(1, abs(b)) || abs(a - b) <= 1e-9 * abs(b), "\(a) is not \(b)",
      sourceLocation: sourceLocation)
  }
}
