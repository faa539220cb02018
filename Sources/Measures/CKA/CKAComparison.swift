import Datasets
import Features
import Foundation
import Torch

/// One comparison at work: the distinct layers, and the pairs of them that are needed.
struct CKAComparison {
  let options: CKA.Options
  let batch: Int
  var sets: [[CKA.Layer]]
  /// Each layer once, whichever sets it stands in.
  var layers: [CenteredLayer] = []
  /// For each set the places of its layers in `layers`.
  var places: [[Int]] = []
  /// Pairs of places, the lower first, and where each stands in the list.
  var pairs: [LayerPair] = []
  var index: [LayerPair: Int] = [:]
  var compared: [(Int, Int)]

  /// `scales`: what the layers are multiplied by, where that is fixed already.
  init(_ sets: [[CKA.Layer]], _ options: CKA.Options, batch: Int, scales: [Double]? = nil) throws {
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
        layers.append(try CenteredLayer(name: layer.name, layer.rows, scale: scales?[layers.count]))
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
    // The examples in their own order are one pass of all.
    let share = 1 / Double(1 + options.permutations)
    func ofPass(_ done: Double) { progress(done * share) }
    let sums: KernelSums
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
      return result(ofBatches: ofBatches, n: n)
    } else if wantsIntervals {
      let halves = try HalfSamples(
        n: n, count: options.bootstrap, seed: options.seed, file: layers[0].source.place)
      let (whole, samples) = try products.sums(halves: halves, ofPass)
      sums = whole
      replicates = try (0..<options.bootstrap).map {
        try samples.hsic($0, pairs, biased: options.estimator == .biased, whole)
      }
    } else {
      let byFeatures = scales == nil && FeatureProducts.isCheaper(layers, pairs)
      sums =
        byFeatures ? try FeatureProducts(layers: layers, pairs: pairs).sums(ofPass) : try products.sums(ofPass)
    }
    let values = hsic(sums)
    guard options.permutations > 0 else { return result(values, replicates, n: n) }
    let test = PermutationTest(kernels: products, sums: sums, isBiased: options.estimator == .biased)
    let shares = try test.shares(
      of: defined(values), count: options.permutations,
      permutation: { CounterGenerator.permutation(count: n, seed: options.seed, purpose: .bootstrap, UInt64($0), 3) }
    ) { progress(share + $0 * (1 - share)) }
    return result(values, replicates, shares, n: n)
  }

  /// The pairs of layers that are compared and whose CKA is defined.
  private func defined(_ values: [Double]) -> [LayerPair] {
    let wanted = compared.flatMap { a, b in places[a].flatMap { first in places[b].map { LayerPair(first, $0) } } }
    let distinct = Set(wanted)
    return pairs.filter { pair in distinct.contains(pair) && (try? alignment(values, pair.a, pair.b).get()) != nil }
  }

  /// The same names, pairs and scales, without the rows.
  func withoutRows() -> CKAComparison {
    var copy = self
    copy.sets = sets.map { $0.map { CKA.Layer(name: $0.name, rows: NoRows()) } }
    copy.layers = layers.map { CenteredLayer(emptied: $0) }
    return copy
  }

  /// The debiased HSICs of a batch.
  func ofBatch() throws -> [Double] {
    let sums = try KernelBlocks(layers: layers, pairs: pairs, scales: nil).sums(of: 0..<layers[0].count)
    return pairs.indices.map { sums.debiased($0, pairs[$0].a, pairs[$0].b) }
  }

  /// One ratio from the HSICs of batches; the interval from halves of the batches.
  func result(ofBatches batches: [[Double]], n: Int) -> CKAResult {
    func total(of chosen: [Int]) -> [Double] {
      pairs.indices.map { pair in chosen.reduce(0) { $0 + batches[$1][pair] } }
    }
    let replicates = (0..<(batches.count > 1 ? options.bootstrap : 0)).map {
      total(of: HalfSamples.half(of: batches.count, seed: options.seed, $0))
    }
    return result(total(of: Array(batches.indices)), replicates, n: n)
  }

  private func hsic(_ sums: KernelSums) -> [Double] {
    pairs.indices.map {
      options.estimator == .biased
        ? sums.biased($0, pairs[$0].a, pairs[$0].b) : sums.debiased($0, pairs[$0].a, pairs[$0].b)
    }
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

  private func result(
    _ values: [Double], _ replicates: [[Double]], _ shares: [LayerPair: Double]? = nil, n: Int
  ) -> CKAResult {
    var result = CKAResult(
      estimator: options.estimator, kernel: options.kernel, n: n,
      batch: options.estimator == .minibatch ? batch : nil, sets: sets.map { $0.map(\.name) },
      permutations: shares == nil ? nil : options.permutations)
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
        if let shares { pair.p = (pair.p ?? []) + [places[b].map { shares[LayerPair(first, $0)] }] }
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

/// In place of rows that are no longer needed.
struct NoRows: RowSource {
  var count: Int { 0 }
  var dimensions: Int { 0 }
  func rows(_ range: Range<Int>) throws -> Tensor { try .zeros([0, 0]) }
}
