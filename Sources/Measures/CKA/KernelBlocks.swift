import Torch

/// Sums of kernels by way of their entries, a block of examples against a block at a time; kernels are symmetric, so only entries
/// above the diagonal.
struct KernelBlocks {
  let layers: [CenteredLayer]
  let pairs: [LayerPair]
  /// For the RBF kernel each layer's 1 / (2 s^2); nil for the linear one.
  let scales: [Double]?

  private static let size = 512

  /// All examples.
  func sums(_ progress: (Double) -> Void) throws -> KernelSums {
    try pass(0..<layers[0].count, halves: nil, progress).sums
  }

  /// The examples of a batch alone.
  func sums(of range: Range<Int>) throws -> KernelSums { try pass(range, halves: nil) { _ in }.sums }

  /// All examples, and the sums of half samples.
  func sums(halves: HalfSamples, _ progress: (Double) -> Void) throws -> (KernelSums, HalfSums) {
    let (sums, samples) = try pass(0..<layers[0].count, halves: halves, progress)
    guard let samples else { throw MeasureError("bootstrap", found: "no half samples", expected: "some") }
    return (sums, samples)
  }

  private func pass(
    _ range: Range<Int>, halves: HalfSamples?, _ progress: (Double) -> Void
  ) throws -> (sums: KernelSums, samples: HalfSums?) {
    let n = range.count
    var sums = KernelSums(n: n, layers: layers.count, pairs: pairs.count)
    var samples = try halves.map { try HalfSums($0, layers: layers.count, pairs: pairs.count) }
    let places = pairs.map { ($0.a, $0.b) }
    let blocks = stride(from: range.lowerBound, to: range.upperBound, by: Self.size)
      .map { $0..<min($0 + Self.size, range.upperBound) }
    var cache = BlockCache(layers: layers, layout: .panels)
    let work = Double(blocks.count * (blocks.count + 1) / 2)
    var done = 0.0
    for (first, upper) in blocks.enumerated() {
      for (second, lower) in blocks.enumerated() where second >= first {
        var kernels: [Tensor] = []
        for layer in layers.indices {
          let a = try cache.block(layer, first, upper)
          var kernel = first == second ? try a.upperGram() : try a.gram(cache.block(layer, second, lower))
          if let scales {
            kernel = try rbf(kernel, cache.squares(layer), upper, lower, scales[layer])
            if first == second { kernel = try Tensor.call("aten::triu", [.tensor(kernel), .int(1)])[0] }
            try Self.add(kernel.sum([1]), at: upper.lowerBound - range.lowerBound, to: &sums.rowSums[layer])
            try Self.add(kernel.sum([0]), at: lower.lowerBound - range.lowerBound, to: &sums.rowSums[layer])
          }
          kernels.append(kernel)
        }
        try Tensor.addDots(kernels, pairs: places, factor: 2, to: &sums.products)
        try samples?.add(kernels, pairs, upper, lower)
        if second != first { cache.end(of: second) }
        done += 1
        progress(done / work)
      }
      cache.end(of: first)
    }
    for layer in layers.indices {
      if scales != nil {
        sums.diagonals[layer] = [Double](repeating: 1, count: n)
      } else {
        sums.diagonals[layer] = Array(cache.squares(layer)[range])
        // The mean that was taken off is that of all examples: of all of them rows sum to nothing, of some they do not.
        sums.rowSums[layer] =
          n == layers[layer].count
          ? sums.diagonals[layer].map { -$0 } : try rowSums(layer, range, sums.diagonals[layer])
      }
    }
    return (sums, samples)
  }

  /// Of the linear kernel: x_i · (sum of all x) - x_i · x_i.
  private func rowSums(_ layer: Int, _ range: Range<Int>, _ own: [Double]) throws -> [Double] {
    let rows = try layers[layer].rows(range).rows
    let all = try rows.to(.f64).matmul(rows.columnSums().unsqueeze(1)).squeeze(1).doubles()
    return zip(all, own).map { $0 - $1 }
  }

  /// One layer's whole kernel [n, n] f32.
  func matrix(_ layer: Int) throws -> Tensor {
    let all = 0..<layers[layer].count
    let (rows, squares) = try layers[layer].rows(all)
    let products = try rows.matmul(rows.t())
    guard let scales else { return products }
    let lengths = try squares.doubles()
    return try Tensor.concat(
      stride(from: 0, to: all.count, by: Self.size).map { start in
        let block = start..<min(start + Self.size, all.count)
        return try rbf(products.narrow(0, start, block.count), lengths, block, all, scales[layer])
      })
  }

  /// exp(-scale |x - y|^2) from products x y.
  private func rbf(
    _ products: Tensor, _ squares: [Double], _ upper: Range<Int>, _ lower: Range<Int>, _ scale: Double
  ) throws -> Tensor {
    func lengths(_ range: Range<Int>) throws -> Tensor { try Tensor(squares[range].map(Float.init)) }
    let inner = try products.narrow(0, 0, upper.count).narrow(1, 0, lower.count)
    let distances = try inner * 2 - lengths(upper).unsqueeze(1) - lengths(lower).unsqueeze(0)
    return try (distances.clamp(-.infinity, 0) * scale).exp()
  }

  private static func add(_ values: Tensor, at start: Int, to sums: inout [Double]) throws {
    for (place, value) in try values.doubles().enumerated() { sums[start + place] += value }
  }

  /// 1 / (2 s^2) in the units of centred rows, s being `bandwidth` times the median distance of two examples.
  static func scale(of layer: CenteredLayer, bandwidth: Double) throws -> Double {
    let most = 2000
    let n = layer.count
    let chosen = n <= most ? Array(0..<n) : (0..<most).map { $0 * n / most }
    var parts: [Tensor] = []
    if n <= most {
      parts = [try layer.rows(0..<n).rows]
    } else {
      for place in chosen { parts.append(try layer.rows(place..<place + 1).rows) }
    }
    let rows = try Tensor.concat(parts)
    let squares = try rows.to(.f64).square().sum([1])
    let distances = try (squares.unsqueeze(1) + squares.unsqueeze(0) - rows.matmul(rows.t()).to(.f64) * 2).doubles()
    var upper: [Double] = []
    upper.reserveCapacity(chosen.count * (chosen.count - 1) / 2)
    for i in chosen.indices { for j in 0..<i { upper.append(max(distances[i * chosen.count + j], 0)) } }
    upper.sort()
    let middle = upper.count / 2
    let median = upper.count % 2 == 1 ? upper[middle] : (upper[middle - 1] + upper[middle]) / 2
    // Constant features have no scale; every kernel then is 1 everywhere.
    return median > 0 ? 1 / (2 * bandwidth * bandwidth * median) : 0
  }
}
