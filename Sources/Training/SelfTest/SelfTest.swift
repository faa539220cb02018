import Networks
import Torch

/// Compares a device with the processor: every operation of the binding, objective, network and optimizer of the lists, forward
/// and gradient. The reference is the processor in f64; against it the processor itself can be tested, too.
public struct SelfTest {
  /// What came of one comparison.
  public struct Row: Encodable, Sendable {
    /// operation, objective, network, gradient (of a network), images or training.
    public let kind: String
    /// What was compared.
    public let name: String
    /// The type on the device.
    public let type: String
    /// The largest over all results of max |a - b| / max |b|, b the reference; for `gradient` and `training`
    /// ||a - b|| / ||b||. Nil where there was none.
    public let difference: Double?
    /// What it may be.
    public let tolerance: Double
    /// Whether it is at most that.
    public let passed: Bool
    /// Why there is no difference.
    public let reason: String?
  }

  /// One comparison.
  struct Case {
    let kind, name: String
    var type = ElementType.f32
    let tolerance: Double
    /// Where rounding may put a number on the other side of a ReLU, a few of many differ by much: Euclidean norms then.
    var isEuclidean = false
    /// The same results, once as the reference, once as measured.
    let results: () throws -> [(reference: Tensor, measured: Tensor)]
  }

  let device: Device
  let catalog: Catalog

  /// A test of `device` with the lists of `catalog`.
  public init(_ device: Device, catalog: Catalog = .standard) {
    self.device = device
    self.catalog = catalog
  }

  /// Runs all; `progress` hears each row. An operation that throws fails its row and no other.
  public func run(progress: (Row) -> Void = { _ in }) throws(TrainingError) -> [Row] {
    try wrapping { try device.use() }
    // Some operators of the list have no form that always gives the same bits; training needs none of those.
    var rows = try self.rows(operations, deterministic: false, progress)
    rows += try self.rows(images + objectives + networks + training, deterministic: true, progress)
    return rows
  }

  private func rows(
    _ cases: [Case], deterministic: Bool, _ progress: (Row) -> Void
  ) throws(TrainingError) -> [Row] {
    if device.kind == "cuda" { try wrapping { try Machine.setNumerics(deterministic: deterministic) } }
    return cases.map { each in
      let row = Self.row(each)
      progress(row)
      return row
    }
  }

  private static func row(_ each: Case) -> Row {
    var (difference, reason): (Double?, String?) = (nil, nil)
    do {
      let measure = each.isEuclidean ? distance : gap
      let worst = try each.results().map { try measure($0.measured, $0.reference) }.reduce(0) { max($0, $1) }
      if worst.isFinite { difference = worst } else { reason = "the difference is not finite" }
    } catch {
      reason = "\(error)"
    }
    return Row(
      kind: each.kind, name: each.name, type: each.type.rawValue, difference: difference, tolerance: each.tolerance,
      passed: difference.map { $0 <= each.tolerance } ?? false, reason: reason)
  }

  /// max |a - b| / max |b|; max |a - b| where b is zero; infinite where shapes differ or a is not finite where b is.
  static func gap(_ a: Tensor, _ b: Tensor) throws -> Double {
    guard a.shape == b.shape else { return .infinity }
    let (x, y) = (try a.doubles(), try b.doubles())
    var (worst, size) = (0.0, 0.0)
    for (x, y) in zip(x, y) where !(x == y || (x.isNaN && y.isNaN)) {
      guard (x - y).isFinite else { return .infinity }
      worst = max(worst, abs(x - y))
    }
    for y in y where y.isFinite { size = max(size, abs(y)) }
    return size > 0 ? worst / size : worst
  }

  /// ||a - b|| / ||b||; ||a|| where b is zero; infinite where shapes differ or a number is not finite.
  static func distance(_ a: Tensor, _ b: Tensor) throws -> Double {
    guard a.shape == b.shape else { return .infinity }
    let (x, y) = (try a.doubles(), try b.doubles())
    let size = y.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let far = zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    return far.isFinite ? (size > 0 ? far / size : far) : .infinity
  }

  /// Numbers in low..<high that are the same in f32 and f64, a function of shape and stream.
  static func numbers(_ shape: [Int], _ low: Double, _ high: Double, stream: UInt64) throws -> Tensor {
    let count = shape.reduce(1, *)
    let draws = SampleRandomness(seed: 1, epoch: 0, samples: [0])
    return try (draws.uniform(width: count, stream: stream).reshape(shape) * (high - low) + low).to(.f32)
  }
}
