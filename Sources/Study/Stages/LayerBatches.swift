import Datasets
import Torch
import Training

/// The blocks of a network on some images, a batch at a time, so that nothing is kept.
struct LayerBatches {
  /// How the pooled penultimate features are called, the last layer.
  static let pooled = "features"
  /// Numbers of all blocks that are kept at a time.
  private static let room = 1 << 26

  let model: TrainedModel
  let samples: Samples
  /// The blocks in network order, then the pooled features.
  let names: [String]
  /// Numbers of each for one image.
  private let sizes: [Int]

  init(_ model: TrainedModel, _ samples: Samples) throws {
    self.model = model
    self.samples = samples
    let first = samples.selecting([0])
    let blocks = try model.predict(first).layerNames
    let found = try model.predict(first, layers: blocks)
    names = blocks + [Self.pooled]
    sizes = names.map { name in (found.layers.first { $0.name == name }?.tensor ?? found.features).count }
  }

  /// How many images fit at a time, at most `most`.
  func batch(most: Int) -> Int {
    max(1, min(most, samples.count, Self.room / max(1, sizes.reduce(0, +))))
  }

  /// Every layer of the images at some places, as rows [n, d], first to last. Where not all fit, the images pass the
  /// network several times.
  func layers(_ range: Range<Int>, _ body: (Int, Tensor) throws -> Void) throws {
    let images = samples.selecting(Array(range))
    var start = 0
    while start < names.count {
      var end = start + 1
      var numbers = sizes[start]
      while end < names.count, (numbers + sizes[end]) * range.count <= Self.room {
        numbers += sizes[end]
        end += 1
      }
      let wanted = names[start..<end].filter { $0 != Self.pooled }
      let found = try model.predict(images, layers: wanted, batch: max(1, range.count))
      for place in start..<end {
        let tensor = found.layers.first { $0.name == names[place] }?.tensor ?? found.features
        try body(place, try tensor.contiguous().reshape([tensor.shape[0], -1]))
      }
      start = end
    }
  }
}

extension Samples {
  /// At most so many images, evenly spread over all, so that sets sorted by class keep every class.
  func spread(_ most: Int) -> Samples {
    guard count > most, most > 0 else { return self }
    return selecting((0..<most).map { $0 * count / most })
  }
}
