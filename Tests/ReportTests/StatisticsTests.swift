import Testing

@testable import Report

/// What the report adds to `Study`'s statistics, which have their own tests.
@Suite struct StatisticsTests {
  @Test func noCorrelationWithoutPairsOrVariation() throws {
    #expect(Association([(1, 2), (2, 3)]) == nil)
    #expect(Association([(1, 2), (1, 3), (1, 4)]) == nil)
    let three = try #require(Association([(1, 3), (2, 2), (3, 0)]))
    #expect(three.pearson.low == nil && abs(three.spearman.value + 1) < 1e-12)
  }

  @Test func dependentPairsGetNoInterval() throws {
    let pairs = (0..<12).map { (Double($0), Double($0 * $0 % 7)) }
    let found = try #require(Association(pairs, withIntervals: false))
    #expect(found.pearson.low == nil && found.spearman.high == nil && found.spearman.p == nil)
    #expect(found.n == 12)
  }
}
