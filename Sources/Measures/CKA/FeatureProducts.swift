import Torch

/// Sums of linear kernels by way of features: sum_ij K_ij L_ij = ||X'Y||^2 for centred X and Y.
struct FeatureProducts {
  let layers: [CenteredLayer]
  let pairs: [LayerPair]

  /// Operations by way of features against those by way of kernels.
  static func isCheaper(_ layers: [CenteredLayer], _ pairs: [LayerPair]) -> Bool {
    let n = Double(layers[0].count)
    let features = pairs.reduce(0) { $0 + 2 * n * Double(layers[$1.a].dimensions) * Double(layers[$1.b].dimensions) }
    let kernels = n * n * (layers.reduce(0) { $0 + Double($1.dimensions) } + Double(pairs.count))
    // Kernels' blocks are smaller products, and their entries go through memory once more.
    return features <= 1.2 * kernels
  }

  /// Numbers that a group of pairs may keep at a time.
  private static let room = 1 << 28

  func sums(_ progress: (Double) -> Void) throws -> KernelSums {
    let n = layers[0].count
    var sums = KernelSums(n: n, layers: layers.count, pairs: pairs.count)
    let width = layers.reduce(0) { $0 + $1.dimensions }
    let height = min(max((1 << 27) / max(width, 1), 512), 8192)
    let blocks = stride(from: 0, to: n, by: height).map { $0..<min($0 + height, n) }
    var cache = BlockCache(layers: layers, layout: .transposed)
    let work = pairs.reduce(0.0) { $0 + size(of: $1) }
    var done = 0.0
    var rest = pairs.indices[...]
    while !rest.isEmpty {
      var group: [Int] = []
      var numbers = 0.0
      while let next = rest.first, group.isEmpty || numbers + size(of: pairs[next]) <= Double(Self.room) {
        group.append(next)
        numbers += size(of: pairs[next])
        rest.removeFirst()
      }
      var products: [Tensor?] = group.map { _ in nil }
      // Which layer stands on the left is the layers' own, not the pair's order: the product's rounding may depend on it.
      var isTurned = [Bool](repeating: false, count: group.count)
      for (place, block) in blocks.enumerated() {
        for (slot, index) in group.enumerated() {
          let (a, b) = (pairs[index].a, pairs[index].b)
          let (x, y) = (try cache.block(a, place, block), try cache.block(b, place, block))
          if place == 0 {
            let (left, right) = (layers[a].dimensions, layers[b].dimensions)
            isTurned[slot] =
              left < right || left == right && cache.squares(a).lexicographicallyPrecedes(cache.squares(b))
          }
          let product = try isTurned[slot] ? y.matmul(x.t()) : x.matmul(y.t())
          products[slot] = try products[slot].map { try $0 + product } ?? product
          done += size(of: pairs[index]) / Double(blocks.count)
          progress(done / work)
        }
        cache.end(of: place)
      }
      for (slot, index) in group.enumerated() {
        guard let product = products[slot] else { continue }
        var square = [0.0]
        try Tensor.addDots([product], pairs: [(0, 0)], to: &square)
        sums.products[index] = square[0]
      }
    }
    for layer in layers.indices { sums.diagonals[layer] = cache.squares(layer) }
    for (index, pair) in pairs.enumerated() {
      sums.products[index] -= zip(sums.diagonals[pair.a], sums.diagonals[pair.b]).reduce(0) { $0 + $1.0 * $1.1 }
    }
    // Centred rows sum to nothing.
    sums.rowSums = sums.diagonals.map { $0.map { -$0 } }
    return sums
  }

  private func size(of pair: LayerPair) -> Double {
    Double(layers[pair.a].dimensions) * Double(layers[pair.b].dimensions)
  }
}

/// Blocks of centred layers, kept as long as all of them fit in a limited memory, else for the time of one block.
struct BlockCache {
  /// How a block of m rows lies.
  enum Layout {
    /// [d, m], for sums over features.
    case transposed
    /// In panels, for kernels.
    case panels
  }

  let layers: [CenteredLayer]
  let layout: Layout
  private let keeps: Bool
  private var blocks: [[Int: Tensor]]
  private var lengths: [[Double]]

  /// Numbers that are kept: 2 GiB of them.
  static let room = 1 << 29

  init(layers: [CenteredLayer], layout: Layout) {
    self.layers = layers
    self.layout = layout
    keeps = layers.reduce(0) { $0 + $1.dimensions * $1.count } <= Self.room
    blocks = layers.map { _ in [:] }
    lengths = layers.map { [Double](repeating: -1, count: $0.count) }
  }

  mutating func block(_ layer: Int, _ place: Int, _ range: Range<Int>) throws -> Tensor {
    if let block = blocks[layer][place] { return block }
    let (rows, squares) =
      layout == .panels ? try layers[layer].panels(range) : try layers[layer].rows(range)
    lengths[layer].replaceSubrange(range, with: try squares.doubles())
    let block = layout == .transposed ? try rows.t().contiguous() : rows
    blocks[layer][place] = block
    return block
  }

  /// Forgets a block where memory is short.
  mutating func end(of place: Int) {
    guard !keeps else { return }
    for layer in layers.indices { blocks[layer][place] = nil }
  }

  /// The squared lengths of the rows seen.
  func squares(_ layer: Int) -> [Double] { lengths[layer] }
}
