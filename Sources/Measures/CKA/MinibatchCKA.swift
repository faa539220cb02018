import Features
import Torch

/// Minibatch CKA (Nguyen and others 2021) of layers that come batch by batch and are not kept: the debiased HSICs of batches of one size,
/// summed, then one ratio. Memory does not depend on the number of batches, but for some numbers each.
///
/// ```swift
/// var cka = MinibatchCKA()
/// for batch in batches { try cka.add([layers(of: first, batch), layers(of: second, batch)]) }
/// let table = try cka.result().pairs[0].cka
/// ```
public struct MinibatchCKA {
  private let options: CKA.Options
  private var batches: [[Double]] = []
  private var first: CKAComparison?

  /// Without any batch yet. `bootstrap`: halves of the batches for an interval.
  public init(bootstrap: Int = 0, confidence: Double = 0.95, seed: UInt64 = 0) {
    var options = CKA.Options()
    options.estimator = .minibatch
    options.bootstrap = bootstrap
    options.confidence = confidence
    options.seed = seed
    self.options = options
  }

  /// Takes in the layers of every set for one batch of at least four examples: as many in every batch, and the same layers. Throws
  /// `MeasureError` otherwise, or when a number is not finite.
  public mutating func add(_ sets: [[CKA.Layer]]) throws {
    guard let n = sets.first?.first?.rows.count, n >= 4, sets.joined().allSatisfy({ $0.rows.count == n }) else {
      throw MeasureError(
        "batch", found: "fewer than 4 examples, or not the same in all layers", expected: "at least 4 in each layer")
    }
    if let first, sets.map({ $0.map(\.name) }) != first.sets.map({ $0.map(\.name) }) || n != first.batch {
      throw MeasureError(
        "batch", found: "\(n) examples, or other layers", expected: "\(first.batch), and the layers of the first batch")
    }
    try withoutGradientRethrowing {
      // HSICs of batches add up in one unit only: that of the first.
      let comparison = try CKAComparison(sets, options, batch: n, scales: first?.layers.map(\.scale))
      batches.append(try comparison.ofBatch())
      if first == nil { first = comparison.withoutRows() }
    }
  }

  /// CKA of every layer of every set with every layer of every other set, over the batches so far.
  public func result() throws -> CKAResult {
    guard let first else { throw MeasureError("batches", found: "none", expected: "at least one") }
    return first.result(ofBatches: batches, n: batches.count * first.batch)
  }
}
