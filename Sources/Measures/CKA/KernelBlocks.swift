import Torch

/// Sums of kernels by way of their entries, a block of examples against a block at a time; of symmetric kernels half the blocks.
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
    var cache = BlockCache(layers: layers, isTransposed: false)
    let work = Double(blocks.count * (blocks.count + 1) / 2)
    var done = 0.0
    for (first, upper) in blocks.enumerated() {
      for (second, lower) in blocks.enumerated() where second >= first {
        let factor = first == second ? 1.0 : 2.0
        var kernels: [Tensor] = []
        for layer in layers.indices {
          let (a, b) = (try cache.rows(layer, first, upper), try cache.rows(layer, second, lower))
          var block = try a.matmul(b.t())
          if let scales {
            let squares = try (cache.squares(layer, upper).unsqueeze(1), cache.squares(layer, lower).unsqueeze(0))
            block = try ((block * 2 - squares.0 - squares.1).clamp(-.infinity, 0) * scales[layer]).exp()
          }
          if first == second { try Self.clearDiagonal(block) }
          if scales != nil {
            try Self.add(block.sum([1]), at: upper.lowerBound - range.lowerBound, to: &sums.rowSums[layer])
            if first != second {
              try Self.add(block.sum([0]), at: lower.lowerBound - range.lowerBound, to: &sums.rowSums[layer])
            }
          }
          kernels.append(block)
        }
        try Tensor.addDots(kernels, pairs: places, factor: factor, to: &sums.products)
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
          n == layers[layer].count ? sums.diagonals[layer].map { -$0 } : try rowSums(layer, range, sums.diagonals[layer])
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

  private static func clearDiagonal(_ block: Tensor) throws {
    try block.diagonal().fill(0)
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

extension BlockCache {
  /// The squared lengths of some rows that were read, [m] f32.
  func squares(_ layer: Int, _ range: Range<Int>) throws -> Tensor {
    try Tensor(squares(layer)[range].map(Float.init))
  }
}
