import Datasets
import Foundation
import Torch

/// Intervals from random halves of the examples (McCarthy 1969, "Pseudo-replication: half samples"). The spread of an estimate over
/// halves about the whole sample's estimate is that of the whole sample's about the truth, since (n - n/2) / (n/2) = 1. Unlike the
/// bootstrap with replacement no example meets a copy of itself, which a similarity of pairs would take for structure.
struct HalfSamples {
  /// [n, count] f32: 1 where the example is in the half.
  let members: Tensor
  let count: Int
  let half: Int

  /// `file`: where the examples come from, for the error when they are too few.
  init(n: Int, count: Int, seed: UInt64, file: String? = nil) throws {
    self.count = count
    half = n / 2
    guard half >= 4 else {
      throw MeasureError("bootstrap", found: "\(n) examples", expected: "at least 8 for half samples", file: file)
    }
    var values = [Float](repeating: 0, count: n * count)
    for replicate in 0..<count {
      for place in Self.half(of: n, seed: seed, replicate) { values[place * count + replicate] = 1 }
    }
    members = try Tensor(values, shape: [n, count])
  }

  /// Half of the numbers 0..<n, all of one.
  static func half(of n: Int, seed: UInt64, _ replicate: Int) -> [Int] {
    let order = CounterGenerator.permutation(count: n, seed: seed, purpose: .bootstrap, UInt64(replicate))
    return Array(order.prefix(max(n / 2, 1)))
  }

  /// The interval about an estimate: the replicates' quantiles, moved so that their mean is the estimate. Nil when fewer than half
  /// of the replicates have a value.
  static func interval(around estimate: Double, _ values: [Double?], _ confidence: Double) -> (
    low: Double, high: Double
  )? {
    let known = values.compactMap { $0 }.sorted()
    guard !known.isEmpty, known.count * 2 >= values.count else { return nil }
    let mean = known.reduce(0, +) / Double(known.count)
    func quantile(_ share: Double) -> Double {
      let place = share * Double(known.count - 1)
      let low = Int(place.rounded(.down))
      let high = min(low + 1, known.count - 1)
      return known[low] + (known[high] - known[low]) * (place - Double(low))
    }
    let tail = (1 - confidence) / 2
    return (estimate + quantile(tail) - mean, estimate + quantile(1 - tail) - mean)
  }
}

/// `KernelSums` of half samples.
struct HalfSums {
  private let halves: HalfSamples
  /// [n, halves] of each layer: the sum of K_ij over the half's j ≠ i, also for i outside of it.
  private var rowSums: [Tensor]
  /// [halves] of each pair.
  private var products: [Tensor]

  init(_ halves: HalfSamples, layers: Int, pairs: Int) throws {
    self.halves = halves
    let n = halves.members.shape[0]
    rowSums = try (0..<layers).map { _ in try .zeros([n, halves.count], type: .f64) }
    products = try (0..<pairs).map { _ in try .zeros([halves.count], type: .f64) }
  }

  /// Takes in a block of every layer's kernel, of which only entries above the diagonal are not 0.
  mutating func add(_ kernels: [Tensor], _ pairs: [LayerPair], _ upper: Range<Int>, _ lower: Range<Int>) throws {
    let above = try halves.members.narrow(0, upper.lowerBound, upper.count)
    let below = try halves.members.narrow(0, lower.lowerBound, lower.count)
    let inner = try kernels.map { try $0.narrow(0, 0, upper.count).narrow(1, 0, lower.count) }
    for (layer, kernel) in inner.enumerated() {
      try add(kernel.matmul(below), to: layer, upper)
      try add(kernel.t().matmul(above), to: layer, lower)
    }
    for (index, pair) in pairs.enumerated() {
      let product = try (inner[pair.a] * inner[pair.b]).matmul(below) * above
      products[index] = try products[index] + product.sum([0]).to(.f64) * 2
    }
  }

  private func add(_ sums: Tensor, to layer: Int, _ range: Range<Int>) throws {
    let place = try rowSums[layer].narrow(0, range.lowerBound, range.count)
    try place.assign(place + sums.to(.f64))
  }

  /// HSIC of every pair of layers in one half sample; `whole` has the kernels' diagonals.
  func hsic(_ replicate: Int, _ pairs: [LayerPair], biased: Bool, _ whole: KernelSums) throws -> [Double] {
    let sums = try rowSums.map { try $0.narrow(1, replicate, 1).doubles() }
    let flags = try halves.members.narrow(1, replicate, 1).doubles()
    let members = flags.indices.filter { flags[$0] != 0 }
    var own = KernelSums(n: members.count, layers: sums.count, pairs: pairs.count)
    own.products = try products.map { try $0.narrow(0, replicate, 1).item() }
    own.rowSums = sums.map { sums in members.map { sums[$0] } }
    own.diagonals = whole.diagonals.map { diagonal in members.map { diagonal[$0] } }
    return pairs.indices.map {
      biased ? own.biased($0, pairs[$0].a, pairs[$0].b) : own.debiased($0, pairs[$0].a, pairs[$0].b)
    }
  }
}
