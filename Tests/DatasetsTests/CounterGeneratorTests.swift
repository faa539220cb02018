import Foundation
import Testing

@testable import Datasets

@Suite struct CounterGeneratorTests {
  /// NumPy's Philox gives the same numbers.
  @Test func philoxAgreesWithNumPy() throws {
    for fixture in try Fixtures.load().philox {
      let key = fixture.key.compactMap { UInt64($0) }
      var counter = fixture.counter.compactMap { UInt64($0) }
      var found: [String] = []
      for _ in 0..<3 {
        let block = CounterGenerator.philox(
          counter: (counter[0], counter[1], counter[2], counter[3]), key: (key[0], key[1]))
        found += [block.0, block.1, block.2, block.3].map(String.init)
        counter[0] += 1
      }
      #expect(found == fixture.expected)
    }
  }

  @Test func theKeyDecides() {
    func first(_ seed: UInt64, _ purpose: Purpose, _ a: UInt64, _ b: UInt64) -> UInt64 {
      var random = CounterGenerator(seed: seed, purpose: purpose, a, b)
      return random.next()
    }
    let all = [
      first(0, .order, 0, 0), first(1, .order, 0, 0), first(0, .dropout, 0, 0), first(0, .order, 1, 0),
      first(0, .order, 0, 1),
    ]
    #expect(Set(all).count == all.count)
    #expect(first(1, .order, 2, 3) == first(1, .order, 2, 3))
    #expect(Set(Purpose.allCases.map(\.rawValue)).count == Purpose.allCases.count)
  }

  @Test func distributions() {
    var random = CounterGenerator(seed: 3, purpose: .bench)
    let n = 20_000
    let uniform = (0..<n).map { _ in random.uniform() }
    #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(uniform.reduce(0, +) / Double(n) - 0.5) < 0.01)
    let normal = (0..<n).map { _ in random.normal() }
    #expect(abs(normal.reduce(0, +) / Double(n)) < 0.03)
    #expect(abs(normal.reduce(0) { $0 + $1 * $1 } / Double(n) - 1) < 0.05)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<n { counts[random.below(7)] += 1 }
    #expect(counts.allSatisfy { abs(Double($0) - Double(n) / 7) < 220 })
    #expect(random.below(1) == 0 && random.below(0) == 0 && random.below(-5) == 0)
    #expect((0..<100).allSatisfy { _ in (0..<Int.max).contains(random.below(.max)) })
  }

  @Test func permutations() {
    let order = CounterGenerator.permutation(count: 100, seed: 5, purpose: .order, 2)
    #expect(order.sorted() == Array(0..<100))
    #expect(order != Array(0..<100))
    #expect(order == CounterGenerator.permutation(count: 100, seed: 5, purpose: .order, 2))
    #expect(CounterGenerator.permutation(count: 0, seed: 5, purpose: .order).isEmpty)
    #expect(CounterGenerator.permutation(count: -1, seed: 5, purpose: .order).isEmpty)
    // Every order of three comes about equally often.
    var counts: [[Int]: Int] = [:]
    for a in 0..<6000 {
      counts[CounterGenerator.permutation(count: 3, seed: 1, purpose: .order, UInt64(a)), default: 0] += 1
    }
    #expect(counts.count == 6 && counts.values.allSatisfy { abs($0 - 1000) < 150 })
  }
}
