import Testing

@testable import Report

/// What the report adds to `Study`'s statistics, which have their own tests.
@Suite struct StatisticsTests {
  /// Perfect orders by hand; the others by enumeration with numpy (`itertools.permutations` of the centred ranks).
  @Test func exactRankTest() throws {
    // Of 24 orders two are perfect.
    #expect(RankTest.exactP([1, 2, 3, 4], [4, 3, 2, 1]) == 2.0 / 24)
    #expect(RankTest.exactP([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]) == 2.0 / 120)
    #expect(RankTest.exactP([1, 2, 3, 4, 5, 6], [2, 1, 3, 4, 6, 5]) == 24.0 / 720)
    #expect(RankTest.exactP([1, 2, 3, 4, 5, 6], [1, 3, 2, 6, 5, 4]) == 98.0 / 720)
    let ties = ([1.0, 2, 2, 3, 5, 4, 4].ranks, [2.0, 1, 4, 4, 3, 7, 6].ranks)
    #expect(RankTest.exactP(ties.0, ties.1) == 1224.0 / 5040)
    #expect(RankTest.exactP([1], [1]) == nil)
    #expect(RankTest.exactP(Array(repeating: 1, count: 10), Array(repeating: 1, count: 10)) == nil)
  }

  @Test func tiesShareTheirMeanRank() {
    #expect([3.0, 1, 3, 3, 2].ranks == [4, 1, 4, 4, 2])
  }

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
