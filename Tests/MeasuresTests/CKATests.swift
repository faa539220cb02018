import Features
import Foundation
import TestSupport
import Testing
import Torch

@testable import Measures

/// The layers of the fixtures of generate_representations.py, and what is expected of them.
struct SimilarityFixture {
  let a, b: FeatureSet
  let expected: [String: Any]

  init() throws {
    a = try FeatureSet(reading: [fixture("similarity.a.npz")])
    b = try FeatureSet(reading: [fixture("similarity.b.npz")])
    let json = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: fixture("similarity.json"))))
    expected = try #require(json as? [String: Any])
  }

  /// A table of numbers, row by row.
  func table(_ value: Any?) throws -> [Double] { try #require(value as? [[Double]]).flatMap { $0 } }
}

@Suite struct CKATests {
  static func options(_ estimator: CKA.Estimator, _ kernel: CKA.Kernel = .linear) -> CKA.Options {
    var options = CKA.Options()
    options.estimator = estimator
    options.kernel = kernel
    options.batch = 20
    return options
  }

  static let cases: [(String, CKA.Estimator, CKA.Kernel)] = [
    ("biased linear", .biased, .linear), ("debiased linear", .debiased, .linear),
    ("minibatch linear", .minibatch, .linear), ("biased rbf", .biased, .rbf(bandwidth: 0.4)),
    ("debiased rbf", .debiased, .rbf(bandwidth: 0.4)),
  ]

  @Test(arguments: cases)
  func equalsTheDefinition(name: String, estimator: CKA.Estimator, kernel: CKA.Kernel) throws {
    let files = try SimilarityFixture()
    let result = try CKA.compare(
      [files.a.layers.map(CKA.Layer.init), files.b.layers.map(CKA.Layer.init)], Self.options(estimator, kernel))
    let wanted = try files.table((files.expected["cka"] as? [String: Any])?[name])
    #expect(relativeGap(result.pairs[0].cka.flatMap { $0.map { $0 ?? .nan } }, wanted) <= 1e-6)
    #expect(result.sets == [["first", "block", "wide", "far"], ["narrow", "other", "broad"]] && result.n == 48)
  }

  /// A set with itself: 1 on the diagonal, exactly; also where the same numbers come from another file.
  @Test(arguments: CKA.Estimator.allCases)
  func isOneOnItself(estimator: CKA.Estimator) throws {
    let files = try SimilarityFixture()
    let layers = files.a.layers.map(CKA.Layer.init)
    let alone = try CKA.compare([layers], Self.options(estimator)).pairs[0].cka
    let copies = try files.a.layers.map { CKA.Layer(name: $0.name, rows: try TensorRows($0.allRows().clone())) }
    let apart = try CKA.compare([layers, copies], Self.options(estimator)).pairs[0].cka
    for place in layers.indices {
      #expect(alone[place][place] == 1)
      #expect(try abs(#require(apart[place][place]) - 1) <= 1e-6)
    }
    if estimator == .debiased {
      let wanted = try files.table((files.expected["cka"] as? [String: Any])?["debiased linear of a"])
      #expect(relativeGap(alone.flatMap { $0.map { $0 ?? .nan } }, wanted) <= 1e-6)
    }
  }

  private static func random(_ stream: UInt64, _ n: Int, _ d: Int) throws -> Tensor {
    try Tensor(counterNumbers(stream, n * d), shape: [n, d])
  }

  /// Several blocks, by features and by kernels, against whole matrices in f64.
  @Test func bothWaysAgree() throws {
    let n = 1300
    let shared = try Self.random(1, n, 4)
    let layers = try [5, 40, 33].enumerated().map { place, d in
      let own = try Self.random(UInt64(20 + place), n, d)
      return try CenteredLayer(
        name: "\(d)", TensorRows((shared.matmul(Self.random(UInt64(10 + place), 4, d)) + own + 3).to(.f32)))
    }
    let pairs = [LayerPair(0, 0), LayerPair(1, 1), LayerPair(2, 2), LayerPair(0, 1), LayerPair(1, 2)]
    let features = try FeatureProducts(layers: layers, pairs: pairs).sums { _ in }
    let kernels = try KernelBlocks(layers: layers, pairs: pairs, scales: nil).sums { _ in }
    #expect(FeatureProducts.isCheaper(layers, pairs))
    for (index, pair) in pairs.enumerated() {
      func centred(_ place: Int) throws -> Tensor {
        let x = try layers[place].source.allRows().to(.f64)
        return try (x - x.mean([0])) * layers[place].scale
      }
      let (x, y) = (try centred(pair.a), try centred(pair.b))
      let whole = try x.t().matmul(y).square().sum().item()
      #expect(abs(features.biased(index, pair.a, pair.b) - whole) <= 1e-6 * whole)
      #expect(abs(kernels.biased(index, pair.a, pair.b) - whole) <= 1e-6 * whole)
      let wanted = features.debiased(index, pair.a, pair.b)
      #expect(abs(kernels.debiased(index, pair.a, pair.b) - wanted) <= 2e-6 * abs(wanted))
    }
  }

  /// Rotation, shift and a common factor change nothing; the order of the arguments neither.
  @Test(arguments: CKA.Estimator.allCases, [CKA.Kernel.linear, .rbf(bandwidth: 0.5)])
  func isInvariant(estimator: CKA.Estimator, kernel: CKA.Kernel) throws {
    let (x, y) = (try Self.random(1, 60, 8), try Self.random(2, 60, 5))
    let z = try x + y.matmul(Self.random(3, 5, 8))
    let options = Self.options(estimator, kernel)
    let plain = try #require(try CKA.between(y, z, options))
    let rotation = try Self.random(4, 8, 8)
    let rotated = try (rotation.t().matmul(rotation).eigh().vectors)
    let moved = try z.matmul(rotated) * 1e6 + 100
    #expect(try abs(#require(try CKA.between(y, moved, options)) - plain) <= 2e-6)
    #expect(try abs(#require(try CKA.between(z, y, options)) - plain) <= 1e-9)
    // Also of layers of one width.
    let other = try Self.random(5, 60, 8)
    #expect(
      try abs(#require(try CKA.between(z, other, options)) - #require(try CKA.between(other, z, options))) <= 1e-9)
    #expect(try abs(#require(try CKA.between(z, moved, options)) - 1) <= 1e-6)
  }

  /// Batches that come one by one, of different sizes of numbers, give what the whole file does.
  @Test func batchByBatch() throws {
    let files = try SimilarityFixture()
    let sets = [files.a.layers.map(CKA.Layer.init), files.b.layers.map(CKA.Layer.init)]
    var cka = MinibatchCKA(bootstrap: 4)
    for start in [0, 20] {
      try cka.add(
        sets.map { try $0.map { CKA.Layer(name: $0.name, rows: try TensorRows($0.rows.rows(start..<start + 20))) } })
    }
    let result = try cka.result()
    let wanted = try files.table((files.expected["cka"] as? [String: Any])?["minibatch linear"])
    #expect(relativeGap(result.pairs[0].cka.flatMap { $0.map { $0 ?? .nan } }, wanted) <= 1e-6)
    #expect(result.n == 40 && result.batch == 20 && result.pairs[0].low != nil)
    #expect(throws: MeasureError.self) { try cka.add(sets) }
    #expect(throws: MeasureError.self) { try MinibatchCKA().result() }
  }

  /// Unrelated noise: biased values are far above 0, debiased ones about it, some below.
  @Test func noiseIsUnlike() throws {
    var values: [Double] = []
    for stream in 0..<10 {
      let (x, y) = (try Self.random(UInt64(100 + stream), 50, 200), try Self.random(UInt64(200 + stream), 50, 200))
      #expect(try #require(try CKA.between(x, y, Self.options(.biased))) > 0.7)
      values.append(try #require(try CKA.between(x, y)))
    }
    #expect(values.contains { $0 < 0 } && values.allSatisfy { abs($0) < 0.1 })
  }

  @Test func halfSamplesGiveAnInterval() throws {
    func width(_ n: Int) throws -> Double {
      let x = try Self.random(1, n, 6)
      let y = try x + Self.random(2, n, 6)
      var options = CKA.Options()
      options.bootstrap = 100
      let pair = try CKA.compare([[.init(name: "x", x)], [.init(name: "y", y)]], options).pairs[0]
      let value = try #require(pair.cka[0][0])
      let (low, high) = (try #require(pair.low?[0][0]), try #require(pair.high?[0][0]))
      #expect(low < value && value < high)
      #expect(try #require(try CKA.between(x, y)) == value || abs(try #require(try CKA.between(x, y)) - value) <= 1e-6)
      return high - low
    }
    let (few, many) = (try width(100), try width(1600))
    // Four times narrower with sixteen times the examples.
    #expect(few / many > 2.5 && few / many < 6)
  }

  /// The interval of half samples covers the value of the population about as often as it says.
  @Test func intervalsCover() throws {
    let mixing = try Self.random(9, 4, 4)
    func value(_ stream: UInt64, _ n: Int, _ bootstrap: Int) throws -> CKAResult.Pair {
      let x = try Self.random(stream, n, 4)
      let y = try x.matmul(mixing) + Self.random(stream + 500, n, 4)
      var options = CKA.Options()
      options.bootstrap = bootstrap
      return try CKA.compare([[.init(name: "x", x)], [.init(name: "y", y)]], options).pairs[0]
    }
    let truth = try #require(try value(7, 20_000, 0).cka[0][0])
    let covered = try (0..<60).count { round in
      let pair = try value(UInt64(1000 + round), 120, 60)
      let (low, high) = (try #require(pair.low?[0][0]), try #require(pair.high?[0][0]))
      return low <= truth && truth <= high
    }
    #expect(covered >= 50, "\(covered) of 60")
  }

  @Test func whatIsUndefinedIsSaid() throws {
    let x = try Self.random(1, 20, 4)
    let constant = try Tensor.ones([20, 3], type: .f64)
    let pair = try CKA.compare([[.init(name: "x", x)], [.init(name: "flat", constant), .init(name: "x", x)]]).pairs[0]
    #expect(pair.cka[0][0] == nil && pair.cka[0][1] != nil)
    #expect(pair.reasons.count == 1 && pair.reasons[0].contains("flat"))
    let json = String(decoding: try JSONEncoder().encode(CKA.compare([[.init(name: "flat", constant)]])), as: UTF8.self)
    #expect(json.contains("\"cka\":[[null]]"))
  }

  /// Constants that no sum of many hits exactly, in either type: null, not the similarity of roundings.
  @Test(arguments: [ElementType.f32, .f64], [20, 700])
  func constantsOfAnyValue(type: ElementType, n: Int) throws {
    let constant = try Tensor.ones([n, 3], type: .f64) * Tensor([0.1, 4.7, -1e5] as [Double])
    let flat = CKA.Layer(name: "flat", rows: try TensorRows(constant.to(type)))
    let x = CKA.Layer(name: "x", rows: try TensorRows(Self.random(1, n, 4)))
    for estimator in CKA.Estimator.allCases {
      #expect(try CKA.compare([[x], [flat]], Self.options(estimator)).pairs[0].cka[0][0] == nil)
    }
    let others = try Similarity.compare(x.rows, flat.rows)
    #expect(others.procrustes == nil && others.svcca == nil)
    #expect(try Spectrum.measure(flat.rows).effectiveRank == nil)
  }

  @Test func badInputIsRefused() throws {
    let x = try Self.random(1, 20, 4)
    func message(_ sets: [[CKA.Layer]], _ options: CKA.Options = .init()) -> String {
      do {
        _ = try CKA.compare(sets, options)
        return ""
      } catch { return "\(error)" }
    }
    #expect(message([[.init(name: "x", rows: try TensorRows(x))], []]).contains("at least one layer"))
    #expect(
      try message([[.init(name: "x", x)], [.init(name: "short", Self.random(2, 19, 4))]]).contains(
        "19 examples in short"))
    #expect(try message([[.init(name: "x", Self.random(2, 3, 4))]]).contains("at least 4"))
    #expect(
      try message(
        [[.init(name: "x", Self.random(2, 6, 4))]],
        {
          var options = CKA.Options()
          options.bootstrap = 10
          return options
        }()
      ).contains("at least 8"))
    var values = counterNumbers(1, 80)
    values[41] = .nan
    #expect(
      try message([[.init(name: "x", Tensor(values, shape: [20, 4]))]]).contains("x: found NaN or infinity in row 10"))
  }
}
