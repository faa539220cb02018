import Torch

/// Permutation test of HSIC: whether two layers are more alike than with the examples of the second in a random order, which is how
/// unrelated layers look (Gretton and others 2008, "A Kernel Statistical Test of Independence").
///
/// HSIC of an order pi is made of sum_ij K_ij L_pi(i)pi(j), the diagonals and the row sums; the last two are only put in order.
/// The first is, for each order, one of
///
/// - ||X'PY||^2 for linear kernels of centred X and Y: 2 n d e operations for widths d and e, memory n (d + e);
/// - the sum over the entries of both kernels: n^2 of them put in order once for all layers of the first set, and multiplied; memory n^2
///   for each kernel.
///
/// CKA's denominator is the same for all orders, so its p-value is HSIC's.
struct PermutationTest {
  let kernels: KernelBlocks
  /// Of the examples in their own order.
  let sums: KernelSums
  let isBiased: Bool

  /// Most numbers of kernels that are held at a time (2 GiB).
  private static let room = 1 << 29
  /// Most examples whose kernels, two of them, are held.
  static let mostExamples = 16_384

  private var layers: [CenteredLayer] { kernels.layers }
  private var n: Int { sums.n }

  /// For each of `pairs` (1 + the number of `count` orders whose HSIC is at least the one found) / (1 + count). The second layer's
  /// examples are put in the order `permutation(draw)`, draw in 0..<count, the same for all pairs.
  func shares(
    of pairs: [LayerPair], count: Int, permutation: (Int) -> [Int], _ progress: (Double) -> Void
  ) throws -> [LayerPair: Double] {
    var shares: [LayerPair: Double] = [:]
    let groups = groups(of: pairs)
    for (place, group) in groups.enumerated() {
      let products = try group.isByFeatures ? byFeatures(group) : byKernels(group)
      let found = try hsic(group, Array(0..<n), products)
      // What is equal but for rounding counts: examples may be copies of each other. Both are far below the spread over orders.
      let rounding = group.isByFeatures ? 1e-6 : 1e-5 / Double(n)
      let slack = found.map { rounding * abs($0.product) }
      var asLarge = found.map { _ in 1 }
      for draw in 0..<count {
        for (slot, value) in try hsic(group, permutation(draw), products).enumerated()
        where value.hsic >= found[slot].hsic - slack[slot] {
          asLarge[slot] += 1
        }
        progress((Double(place) + Double(draw + 1) / Double(count)) / Double(groups.count))
      }
      for (slot, first) in group.firsts.enumerated() {
        shares[LayerPair(first, group.second)] = Double(asLarge[slot]) / Double(count + 1)
      }
    }
    return shares
  }

  /// Layers that meet one whose examples are put in order.
  private struct Group {
    var firsts: [Int]
    var second: Int
    var isByFeatures: Bool
  }

  private func groups(of pairs: [LayerPair]) -> [Group] {
    Set(pairs.map(\.b)).sorted().flatMap { second -> [Group] in
      let firsts = pairs.filter { $0.b == second }.map(\.a)
      return [true, false].flatMap { isByFeatures -> [Group] in
        let mine = firsts.filter { isCheaperByFeatures($0, second) == isByFeatures }
        let width = isByFeatures ? mine.map { layers[$0].dimensions }.max() ?? 1 : n
        let atATime = max(Self.room / (n * width) - 1, 1)
        return stride(from: 0, to: mine.count, by: atATime).map {
          Group(
            firsts: Array(mine[$0..<min($0 + atATime, mine.count)]), second: second, isByFeatures: isByFeatures)
        }
      }
    }
  }

  /// An entry of a kernel that is put in order costs about as much as `2 * 150` operations of a product.
  private func isCheaperByFeatures(_ a: Int, _ b: Int) -> Bool {
    guard kernels.scales == nil else { return false }
    return n > Self.mostExamples
      || Double(layers[a].dimensions) * Double(layers[b].dimensions) <= 150 * Double(n)
  }

  /// Sums over i ≠ j of K_ij L_pi(i)pi(j) for an order pi, one for each of the group's first layers.
  private typealias Products = ([Int]) throws -> [Double]

  private func byFeatures(_ group: Group) throws -> Products {
    let y = try layers[group.second].rows(0..<n).rows
    let x = try Tensor.concat(group.firsts.map { try layers[$0].rows(0..<n).rows.t() }).contiguous()
    return { order in
      let product = try x.matmul(y.indexSelect(0, Tensor(order)))
      var start = 0
      return try group.firsts.map { first in
        var square = [0.0]
        try Tensor.addDots(
          [product.narrow(0, start, layers[first].dimensions)], pairs: [(0, 0)], to: &square)
        start += layers[first].dimensions
        let (own, other) = (sums.diagonals[first], sums.diagonals[group.second])
        for (i, j) in order.enumerated() { square[0] -= own[i] * other[j] }
        return square[0]
      }
    }
  }

  private func byKernels(_ group: Group) throws -> Products {
    let second = try kernels.matrix(group.second)
    let firsts = try group.firsts.map { place in
      let kernel = try kernels.matrix(place)
      try kernel.diagonal().fill(0)
      return kernel
    }
    let pairs = firsts.indices.map { (0, $0 + 1) }
    return { order in
      var sums = [Double](repeating: 0, count: firsts.count)
      let columns = try Tensor(order).unsqueeze(0)
      // Rows that stay in the cache.
      for start in stride(from: 0, to: n, by: 64) {
        let height = min(64, n - start)
        let rows = try second.indexSelect(0, Tensor(Array(order[start..<start + height])))
        let ordered = try rows.gather(1, columns.expand([height, n]))
        try Tensor.addDots(
          [ordered] + firsts.map { try $0.narrow(0, start, height) }, pairs: pairs, to: &sums)
      }
      return sums
    }
  }

  /// HSIC of each of the group's first layers with the second in this order, and the product in it.
  private func hsic(
    _ group: Group, _ order: [Int], _ products: Products
  ) throws -> [(hsic: Double, product: Double)] {
    let diagonal = order.map { sums.diagonals[group.second][$0] }
    let rowSums = order.map { sums.rowSums[group.second][$0] }
    return zip(group.firsts, try products(order)).map { first, product in
      var ordered = KernelSums(n: n, layers: 0, pairs: 0)
      ordered.products = [product]
      ordered.diagonals = [sums.diagonals[first], diagonal]
      ordered.rowSums = [sums.rowSums[first], rowSums]
      return (isBiased ? ordered.biased(0, 0, 1) : ordered.debiased(0, 0, 1), product)
    }
  }
}
