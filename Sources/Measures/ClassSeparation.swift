import Datasets
import Features
import Foundation
import Torch

/// How far apart the classes stand: R^2 = 1 - d_within / d_total, the share of the mean distance between examples
/// that lies between classes (Kornblith and others 2021, "Why Do Better Loss Functions Lead to Less Transferable
/// Features?").
///
/// d_within is the mean over classes of the mean distance between the examples of a class, d_total the mean over
/// ordered pairs of classes of the mean distance between their examples. An example's pair with itself counts, and
/// classes weigh the same whatever their size. The debiased form leaves the self-pairs out of the within-class means
/// and, where a class is paired with itself, out of d_total; it needs two examples of every class.
///
/// All but the angle take one pass over the features (the centred cosine one more, for the centre), since for squared Euclidean
/// distances (half of which, on unit vectors, is the cosine distance) a mean over pairs is a difference of moments. The
/// moments of a class are taken about one of its own rows, so that neither a large common part of the features nor the distance of the
/// classes cancels anything: in double, or, of 2^24 numbers or more, in f32 with sums in double; where that loses digits (collapsed classes)
/// another pass takes double. The angle has no such form and takes every pair, block by block.
public struct ClassSeparation {
  /// A distance between two feature vectors x and y.
  public enum Distance: String, Codable, Hashable, Sendable, CaseIterable {
    /// 1 - cos(x, y).
    case cosine
    /// The same after subtracting the unweighted mean of the class means.
    case centeredCosine = "centered_cosine"
    /// |x - y|^2.
    case squaredEuclidean = "squared_euclidean"
    /// arccos cos(x, y), in radians.
    case angle
  }

  /// Most examples for which the angle is measured without being asked for: its cost grows with their square.
  public static let angleLimit = 20_000

  /// The distances measured by default for n examples: all up to `angleLimit`, above it all but the angle.
  public static func defaultDistances(count: Int) -> Set<Distance> {
    var distances = Set(Distance.allCases)
    if count > angleLimit { distances.remove(.angle) }
    return distances
  }

  /// Measures `features` [n, d] with the class of each row.
  public static func measure(
    features: Tensor, labels: [Int], distances: Set<Distance>? = nil, options: Options = Options()
  ) throws -> SeparationResult {
    try measure(TensorRows(features), labels: labels, distances: distances, options: options)
  }

  /// What is measured beside the figures.
  public struct Options: Sendable {
    /// Whether every class is listed.
    public var perClass = false
    /// Half samples for intervals of R^2; 0 for none. Each takes half of every class, at least two of its examples, or all of
    /// them.
    public var bootstrap = 0
    /// Share of half samples within the interval.
    public var confidence = 0.95
    /// Seed of the half samples.
    public var seed: UInt64 = 0

    /// Neither.
    public init() {}
  }

  /// Measures rows that may not fit in memory. Throws `MeasureError` when labels and rows do not fit or a feature is
  /// not finite; what is undefined for the data is null in the result, with the reason.
  public static func measure(
    _ source: some RowSource, labels: [Int], distances: Set<Distance>? = nil, options: Options = Options()
  ) throws -> SeparationResult {
    var result = try figures(source, labels: labels, distances: distances)
    if !options.perClass { result.update { $0.perClass = nil } }
    guard options.bootstrap > 0 else { return result }
    let classes = Classes(labels)
    let replicates = try (0..<options.bootstrap).map { replicate in
      let places = half(of: classes, seed: options.seed, replicate)
      return try figures(
        ChosenRows(source, places), labels: places.map { labels[$0] }, distances: distances)
    }
    for path in [\SeparationResult.cosine, \.centeredCosine, \.squaredEuclidean, \.angle] {
      guard var entry = result[keyPath: path] else { continue }
      func interval(_ figure: KeyPath<SeparationResult.Entry, Double?>) -> SeparationResult.Entry.Interval? {
        guard let value = entry[keyPath: figure] else { return nil }
        let values = replicates.map { $0[keyPath: path]?[keyPath: figure] }
        return HalfSamples.interval(around: value, values, options.confidence).map { .init(low: $0.low, high: $0.high) }
      }
      (entry.r2Interval, entry.r2DebiasedInterval) = (interval(\.r2), interval(\.r2Debiased))
      result[keyPath: path] = entry
    }
    return result
  }

  /// Half of every class, in the order of the rows.
  private static func half(of classes: Classes, seed: UInt64, _ replicate: Int) -> [Int] {
    var wanted = classes.sizes.map { min(max($0 / 2, 2), $0) }
    let order = CounterGenerator.permutation(
      count: classes.indices.count, seed: seed, purpose: .bootstrap, UInt64(replicate), 2)
    return order.filter { place in
      let of = classes.indices[place]
      wanted[of] -= 1
      return wanted[of] >= 0
    }.sorted()
  }

  private static func figures(
    _ source: some RowSource, labels: [Int], distances: Set<Distance>?
  ) throws -> SeparationResult {
    guard labels.count == source.count else {
      throw MeasureError(
        "labels", found: "\(labels.count)", expected: "\(source.count), one a row of the features", file: source.place)
    }
    guard source.count > 0 else {
      throw MeasureError("features", found: "no rows", expected: "at least one", file: source.place)
    }
    let classes = Classes(labels)
    let distances = distances ?? defaultDistances(count: source.count)
    return try withoutGradientRethrowing {
      var result = SeparationResult(n: source.count, classes: classes.count, dimensions: source.dimensions)
      if distances.contains(.squaredEuclidean) || distances.contains(.centeredCosine) {
        let raw = try Rows(source: source, classes: classes, center: nil, normalized: false).sums().sums
        if distances.contains(.squaredEuclidean) {
          let magnitude = try raw.shifts.select(0, 0).to(.f64).square().sum().item()
          result.squaredEuclidean = try moments(raw, classes, scale: 2, magnitude: magnitude)
        }
        if distances.contains(.centeredCosine) {
          let mean = try raw.shifts.to(.f64).mean([0]) + (raw.vectors / classes.sizesColumn()).mean([0])
          result.centeredCosine = try ofUnitVectors(
            Rows(source: source, classes: classes, center: mean, normalized: true))
        }
      }
      if distances.contains(.cosine) || distances.contains(.angle) {
        let unit = Rows(source: source, classes: classes, center: nil, normalized: true)
        let cosine = try ofUnitVectors(unit)
        if distances.contains(.cosine) { result.cosine = cosine }
        if distances.contains(.angle) {
          result.angle =
            cosine.within == nil ? .init(reason: cosine.reason ?? "no directions") : try AnglePairs(unit).entry()
        }
      }
      return result
    }
  }

  /// Cosine distances of unit vectors, by their moments.
  private static func ofUnitVectors(_ rows: Rows<some RowSource>) throws -> SeparationResult.Entry {
    let (sums, zeros) = try rows.sums()
    if let reason = rows.reasonAgainstNormalizing(zeros) { return .init(reason: reason) }
    return try moments(sums, rows.classes, scale: 1, magnitude: 1)
  }

  /// `scale` / 2 times the mean squared Euclidean distances, from sums about a row of each class: the mean square of two rows of a class is twice
  /// its variance, that of two classes their variances and the square between their means. `magnitude` is the squared size of the rows.
  private static func moments(
    _ sums: Tensor.ClassSums, _ classes: Classes, scale: Double, magnitude: Double
  ) throws -> SeparationResult.Entry {
    // Some classes at a time: copies of all would take as long to come into memory as the rows do to be read.
    let parts = classes.parts(dimensions: sums.vectors.shape[1])
    let sizes = try classes.sizesColumn()
    let squares = try (sums.squares / sizes.squeeze(1)).doubles()
    let first = try sums.shifts.narrow(0, 0, 1).to(.f64)
    func offsets(_ part: Range<Int>) throws -> Tensor {  // of the classes' means from their shifts
      try sums.vectors.narrow(0, part.lowerBound, part.count) / sizes.narrow(0, part.lowerBound, part.count)
    }
    func means(_ part: Range<Int>, _ offsets: Tensor) throws -> Tensor {
      try offsets + (sums.shifts.narrow(0, part.lowerBound, part.count).to(.f64) - first)
    }
    var within: [Double] = []
    var mean = try Tensor.zeros([1, sums.vectors.shape[1]], type: .f64)
    for part in parts {
      let offsets = try offsets(part)
      let shares = try offsets.square().sum([1]).doubles()
      within += zip(squares[part], shares).map { scale * max($0 - $1, 0) }
      mean = try mean + means(part, offsets).sum([0], keep: true) / Double(classes.count)
    }
    var between = 0.0
    for part in parts { between += try (means(part, offsets(part)) - mean).square().sum().item() }
    between /= Double(classes.count)
    let total = within.reduce(0, +) / Double(classes.count) + scale * between
    let debiased = zip(within, classes.sizes).map { $0 * Double($1) / Double($1 - 1) }
    return SeparationResult.Entry(
      within: within, debiased: debiased, total: total, classes: classes, rounding: 1e-28 * scale * magnitude)
  }
}

/// Runs `body` without recording gradients, whatever it throws.
func withoutGradientRethrowing<Result>(_ body: () throws -> Result) throws -> Result {
  var outcome: Swift.Result<Result, any Error>?
  try withoutGradient { outcome = .init(catching: body) }
  guard let outcome else { throw MeasureError("body", found: "no result", expected: "one") }
  return try outcome.get()
}
