import Features
import Foundation
import Torch

/// Centred kernel alignment: how alike two layers arrange the same examples, HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)) for
/// the kernels K and L of the two (Kornblith and others 2019, "Similarity of Neural Network Representations Revisited").
///
/// 1 where one layer is the other rotated, reflected, shifted or scaled by one factor; not invariant to other linear maps. With the
/// linear kernel ||Yc'Xc||^2 / (||Xc'Xc|| ||Yc'Yc||), columns centred.
///
/// Estimators of HSIC. `biased`: all pairs of examples; too high where examples are few for the dimensions, up to 1 for noise.
/// `debiased`: pairs of distinct examples (Song and others 2012), without bias in each HSIC; the ratio of three of them has a bias of
/// order 1/n, and may be negative, which says: no more alike than chance. `minibatch`: the debiased HSICs of batches
/// summed, then one ratio (Nguyen and others 2021); as little bias, more variance, and memory and time linear in n.
///
/// Cost for L layers of d numbers in all: the smaller of n^2 d operations (kernels, by blocks) and 2 n d^2 (sums over
/// features, linear kernel only); products in f32, sums in double. Memory does not grow with n, but for a cache of a limited size.
public struct CKA {
  /// How HSIC is estimated.
  public enum Estimator: String, Codable, Sendable, CaseIterable {
    case debiased, biased, minibatch
  }

  /// How alike two examples are in one layer.
  public enum Kernel: Hashable, Sendable {
    /// x · y
    case linear
    /// exp(-|x - y|^2 / (2 s^2)) with s the given multiple of the median distance of examples (of 2,000 of them, evenly
    /// spread, where there are more).
    case rbf(bandwidth: Double)
  }

  /// One layer's rows by name.
  public struct Layer {
    /// Its name.
    public let name: String
    /// A row for each example.
    public let rows: any RowSource

    /// A layer of any source.
    public init(name: String, rows: any RowSource) {
      self.name = name
      self.rows = rows
    }
    /// A layer of a feature file.
    public init(_ array: ShardedArray) { self.init(name: array.name, rows: array) }
    /// A tensor [n, ...].
    public init(name: String, _ tensor: Tensor) throws { self.init(name: name, rows: try TensorRows(tensor)) }
  }

  /// What is measured.
  public struct Options: Sendable {
    /// How HSIC is estimated.
    public var estimator = Estimator.debiased
    /// How alike two examples are.
    public var kernel = Kernel.linear
    /// Examples of a batch of the minibatch estimator; what is left over at the end is left out.
    public var batch = 256
    /// Half samples for the interval; 0 for none.
    public var bootstrap = 0
    /// Share of half samples within the interval.
    public var confidence = 0.95
    /// Seed of the half samples.
    public var seed: UInt64 = 0

    /// The debiased linear CKA without an interval.
    public init() {}
  }

  /// Debiased linear CKA of two layers [n, ...]; nil where it is not defined.
  ///
  /// ```swift
  /// let alike = try CKA.between(a, b)
  /// ```
  public static func between(_ a: Tensor, _ b: Tensor, _ options: Options = Options()) throws -> Double? {
    try compare([[Layer(name: "a", a)], [Layer(name: "b", b)]], options).pairs[0].cka[0][0]
  }

  /// CKA of every layer of every set with every layer of every other set; of one set alone with itself. Throws `MeasureError` when
  /// the layers have different numbers of examples, too few of them, or numbers that are not finite.
  public static func compare(
    _ sets: [[Layer]], _ options: Options = Options(), progress: (Double) -> Void = { _ in }
  ) throws -> CKAResult {
    guard let n = sets.first?.first?.rows.count, !sets.contains(where: \.isEmpty) else {
      throw MeasureError("layers", found: "none", expected: "at least one layer in each set")
    }
    for layer in sets.joined() where layer.rows.count != n {
      throw MeasureError(
        "layers", found: "\(layer.rows.count) examples in \(layer.name)",
        expected: "\(n), the same examples in the same order as \(sets[0][0].name)")
    }
    let least = options.estimator == .biased ? 2 : 4
    let batch = min(options.batch, n)
    guard n >= least, options.estimator != .minibatch || batch >= least else {
      throw MeasureError(
        options.estimator == .minibatch && n >= least ? "batch" : "layers", found: "\(min(batch, n)) examples",
        expected: "at least \(least) for the \(options.estimator.rawValue) estimator")
    }
    return try withoutGradientRethrowing {
      try Comparison(sets, options, batch: batch).run(progress)
    }
  }
}

/// One comparison at work: the distinct layers, and the pairs of them that are needed.
private struct Comparison {
  let options: CKA.Options
  let batch: Int
  let sets: [[CKA.Layer]]
  /// Each layer once, whichever sets it stands in.
  var layers: [CenteredLayer] = []
  /// For each set the places of its layers in `layers`.
  var places: [[Int]] = []
  /// Pairs of places, the lower first, and where each stands in the list.
  var pairs: [LayerPair] = []
  var index: [LayerPair: Int] = [:]
  var compared: [(Int, Int)]

  init(_ sets: [[CKA.Layer]], _ options: CKA.Options, batch: Int) throws {
    self.sets = sets
    self.options = options
    self.batch = batch
    compared = sets.count == 1 ? [(0, 0)] : sets.indices.flatMap { a in sets.indices.filter { $0 > a }.map { (a, $0) } }
    var known: [AnyHashable: Int] = [:]
    for set in sets {
      var mine: [Int] = []
      for layer in set {
        if let identity = layer.rows.identity, let place = known[identity] {
          mine.append(place)
          continue
        }
        if let identity = layer.rows.identity { known[identity] = layers.count }
        mine.append(layers.count)
        layers.append(try CenteredLayer(name: layer.name, layer.rows))
      }
      places.append(mine)
    }
    for place in layers.indices { add(LayerPair(place, place)) }
    for (a, b) in compared {
      for first in places[a] { for second in places[b] { add(LayerPair(first, second)) } }
    }
  }

  private mutating func add(_ pair: LayerPair) {
    guard index[pair] == nil else { return }
    index[pair] = pairs.count
    pairs.append(pair)
  }

  func run(_ progress: (Double) -> Void) throws -> CKAResult {
    let n = layers[0].count
    var scales: [Double]?
    if case .rbf(let bandwidth) = options.kernel {
      scales = try layers.map { try KernelBlocks.scale(of: $0, bandwidth: bandwidth) }
    }
    let products = KernelBlocks(layers: layers, pairs: pairs, scales: scales)
    var values: [Double]
    var replicates: [[Double]] = []
    let wantsIntervals = options.bootstrap > 0
    if options.estimator == .minibatch {
      var ofBatches: [[Double]] = []
      let starts = Array(stride(from: 0, through: n - batch, by: batch))
      for start in starts {
        let sums = try products.sums(of: start..<start + batch)
        ofBatches.append(pairs.indices.map { sums.debiased($0, pairs[$0].a, pairs[$0].b) })
        progress(Double(ofBatches.count) / Double(starts.count))
      }
      values = total(ofBatches, of: Array(ofBatches.indices))
      if wantsIntervals {
        replicates = (0..<options.bootstrap).map { replicate in
          total(ofBatches, of: HalfSamples.half(of: ofBatches.count, seed: options.seed, replicate))
        }
      }
    } else if wantsIntervals {
      let halves = try HalfSamples(n: n, count: options.bootstrap, seed: options.seed)
      let (sums, samples) = try products.sums(halves: halves, progress)
      values = hsic(sums)
      replicates = try (0..<options.bootstrap).map {
        try samples.hsic($0, pairs, biased: options.estimator == .biased, sums)
      }
    } else {
      let byFeatures = scales == nil && FeatureProducts.isCheaper(layers, pairs)
      values = hsic(
        byFeatures
          ? try FeatureProducts(layers: layers, pairs: pairs).sums(progress) : try products.sums(progress))
    }
    return try result(values, replicates)
  }

  private func hsic(_ sums: KernelSums) -> [Double] {
    pairs.indices.map {
      options.estimator == .biased
        ? sums.biased($0, pairs[$0].a, pairs[$0].b) : sums.debiased($0, pairs[$0].a, pairs[$0].b)
    }
  }

  private func total(_ batches: [[Double]], of chosen: [Int]) -> [Double] {
    pairs.indices.map { pair in chosen.reduce(0) { $0 + batches[$1][pair] } }
  }

  /// The ratio for one pair of layers, or why there is none.
  private func alignment(_ values: [Double], _ a: Int, _ b: Int) -> Result<Double, CKAResult.Undefined> {
    for place in [a, b] {
      let own = index[LayerPair(place, place)].map { values[$0] } ?? 0
      if !own.isFinite { return .failure(.init("\(layers[place].name): sums beyond what a double holds")) }
      if own <= 0 { return .failure(.init("\(layers[place].name): its own HSIC is not above 0 (constant, or noise)")) }
    }
    if a == b { return .success(1) }
    func value(_ pair: LayerPair) -> Double { index[pair].map { values[$0] } ?? 0 }
    let ratio = value(LayerPair(a, b)) / (value(LayerPair(a, a)).squareRoot() * value(LayerPair(b, b)).squareRoot())
    // Beyond 1 it is rounding only (Cauchy and Schwarz).
    return .success(min(max(ratio, -1), 1))
  }

  private func result(_ values: [Double], _ replicates: [[Double]]) throws -> CKAResult {
    var result = CKAResult(
      estimator: options.estimator, kernel: options.kernel, n: layers[0].count,
      batch: options.estimator == .minibatch ? batch : nil, sets: sets.map { $0.map(\.name) })
    for (a, b) in compared {
      var pair = CKAResult.Pair(a: a, b: b)
      for first in places[a] {
        var row: [Double?] = []
        var low: [Double?] = []
        var high: [Double?] = []
        for second in places[b] {
          switch alignment(values, first, second) {
          case .success(let value):
            row.append(value)
            let spread = HalfSamples.interval(
              around: value, replicates.map { try? alignment($0, first, second).get() }, options.confidence)
            low.append(spread?.low)
            high.append(spread?.high)
          case .failure(let undefined):
            row.append(nil)
            low.append(nil)
            high.append(nil)
            if !pair.reasons.contains(undefined.reason) { pair.reasons.append(undefined.reason) }
          }
        }
        pair.cka.append(row)
        if !replicates.isEmpty {
          pair.low = (pair.low ?? []) + [low]
          pair.high = (pair.high ?? []) + [high]
        }
      }
      result.pairs.append(pair)
    }
    return result
  }
}

/// Two layers by their places, the lower first.
struct LayerPair: Hashable {
  let a, b: Int
  init(_ a: Int, _ b: Int) { (self.a, self.b) = a <= b ? (a, b) : (b, a) }
}
