import Features
import Foundation
import TestSupport
import Testing
import Torch

@testable import Measures

/// What generate_permutations.py expects.
private struct Expected: Decodable {
  var orders: [[Int]]
  var p, unrelated: [String: [[Double]]]
  var strange: [Int]
  var small: [String: [[Double]]]
  var exact: [String: Double]

  init() throws {
    self = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: URL(fileURLWithPath: fixture("permutations.json"))))
  }
}

@Suite struct CKAPermutationTests {
  static func options(_ permutations: Int, _ estimator: CKA.Estimator, _ kernel: CKA.Kernel = .linear) -> CKA.Options {
    var options = CKA.Options()
    (options.permutations, options.estimator, options.kernel) = (permutations, estimator, kernel)
    return options
  }

  private static func random(_ stream: UInt64, _ n: Int, _ d: Int) throws -> Tensor {
    try Tensor(counterNumbers(stream, n * d), shape: [n, d])
  }

  private static let cases: [(String, Bool, CKA.Kernel)] = [
    ("biased linear", true, .linear), ("debiased linear", false, .linear),
    ("biased rbf", true, .rbf(bandwidth: 0.4)), ("debiased rbf", false, .rbf(bandwidth: 0.4)),
  ]

  /// Over NumPy's orders, pair by pair, both by features and by kernels.
  @Test(arguments: cases)
  func equalsTheDefinition(name: String, isBiased: Bool, kernel: CKA.Kernel) throws {
    let expected = try Expected()
    let files = try SimilarityFixture()
    for (order, tables) in [(Array(0..<48), expected.p), (expected.strange, expected.unrelated)] {
      let layers =
        try files.a.layers.map { try CenteredLayer(name: $0.name, $0) }
        + files.b.layers.map { try CenteredLayer(name: $0.name, ChosenRows($0, order)) }
      let pairs = (0..<4).flatMap { a in (4..<7).map { LayerPair(a, $0) } }
      var scales: [Double]?
      if case .rbf(let bandwidth) = kernel {
        scales = try layers.map { try KernelBlocks.scale(of: $0, bandwidth: bandwidth) }
      }
      let kernels = KernelBlocks(layers: layers, pairs: pairs, scales: scales)
      let test = PermutationTest(kernels: kernels, sums: try kernels.sums { _ in }, isBiased: isBiased)
      var done: [Double] = []
      let shares = try test.shares(of: pairs, count: 60, permutation: { expected.orders[$0] }) { done.append($0) }
      let wanted = try #require(tables[name])
      for pair in pairs { #expect(agree(shares[pair], wanted[pair.a][pair.b - 4], 1e-12), "\(name): \(pair)") }
      #expect(done == done.sorted() && done.last == 1)
    }
  }

  /// Six examples: over very many orders p is that over all 720, also where orders of equal examples tie.
  @Test(arguments: [CKA.Estimator.biased, .debiased], ["", "copies."])
  func meetsTheExactTest(estimator: CKA.Estimator, prefix: String) throws {
    let expected = try Expected()
    func tensor(_ name: String) throws -> Tensor {
      let rows = try #require(expected.small[prefix + name])
      return try Tensor(rows.flatMap { $0 }, shape: [6, rows[0].count])
    }
    let exact = try #require(expected.exact[prefix + estimator.rawValue])
    let result = try CKA.compare(
      [[.init(name: "x", tensor("x"))], [.init(name: "y", tensor("y"))]], Self.options(4000, estimator))
    let p = try #require(result.pairs[0].p?[0][0])
    #expect(abs(p - exact) <= 4 * (exact * (1 - exact) / 4000).squareRoot() + 1 / 4000.0, "\(p), exactly \(exact)")
    #expect(result.permutations == 4000)
  }

  /// A layer and its rotated copy: no order is as good as the one found.
  @Test(arguments: [CKA.Estimator.biased, .debiased], [CKA.Kernel.linear, .rbf(bandwidth: 0.5)])
  func identicalSetsHaveTheLeastP(estimator: CKA.Estimator, kernel: CKA.Kernel) throws {
    let x = try Self.random(1, 40, 6)
    let rotation = try Self.random(4, 6, 6)
    let rotated = try x.matmul(rotation.t().matmul(rotation).eigh().vectors) * 3 + 1
    let options = Self.options(99, estimator, kernel)
    let pair = try CKA.compare([[.init(name: "x", x)], [.init(name: "y", rotated)]], options).pairs[0]
    #expect(pair.p == [[0.01]])
    let alone = try CKA.compare([[.init(name: "x", x), .init(name: "y", rotated)]], options).pairs[0]
    #expect(alone.p == [[0.01, 0.01], [0.01, 0.01]])
  }

  /// Of unrelated sets p is uniform: its distribution over 200 pairs stays within Kolmogorov and Smirnov's bound at one in a thousand. Of
  /// related ones it is not.
  @Test(arguments: [CKA.Estimator.biased, .debiased])
  func unrelatedSetsHaveAUniformP(estimator: CKA.Estimator) throws {
    func distance(_ share: Double) throws -> Double {
      let values = try (0..<200).map { round in
        let x = try Self.random(UInt64(3000 + round), 24, 5)
        let y = try Self.random(UInt64(4000 + round), 24, 4) + x.narrow(1, 0, 4) * share
        var options = Self.options(99, estimator)
        options.seed = UInt64(round)
        let pair = try CKA.compare([[.init(name: "x", x)], [.init(name: "y", y)]], options).pairs[0]
        return try #require(pair.p?[0][0])
      }.sorted()
      return (1...100).map { step in
        abs(Double(values.count { $0 <= Double(step) / 100 + 1e-9 }) / 200 - Double(step) / 100)
      }.max() ?? 1
    }
    let bound = 1.95 / 200.0.squareRoot()
    #expect(try distance(0) < bound)
    #expect(try distance(0.3) > bound)
  }

  @Test func isAFunctionOfTheSeed() throws {
    let sets = try [
      [CKA.Layer(name: "x", Self.random(1, 30, 4))],
      [.init(name: "y", Self.random(2, 30, 3)), .init(name: "flat", Tensor.ones([30, 2]))],
    ]
    func p(_ seed: UInt64) throws -> [[Double?]] {
      var options = Self.options(199, .debiased)
      options.seed = seed
      return try #require(try CKA.compare(sets, options).pairs[0].p)
    }
    #expect(try p(3) == p(3) && p(3) != p(4))
    // What has no CKA has no p.
    #expect(try p(3)[0][1] == nil)
    let json = String(
      decoding: try JSONEncoder().encode(CKA.compare(sets, Self.options(9, .debiased))), as: UTF8.self)
    #expect(json.contains("\"permutations\":9") && json.contains("\"p\":[[") && json.contains(",null]]"))
    #expect(try CKA.compare(sets).pairs[0].p == nil)
  }

  @Test func batchesAreRefused() throws {
    let x = try Self.random(1, 30, 4)
    for options in [Self.options(9, .minibatch), Self.options(-1, .debiased)] {
      let error = #expect(throws: MeasureError.self) { try CKA.between(x, x, options) }
      #expect(error?.argument == "permutations")
    }
  }
}
