import Features
import Foundation
import Torch

/// How well a classifier tells unfamiliar examples from familiar ones, by scores that should be higher for the familiar.
///
/// - `msp`: the highest probability (Hendrycks and Gimpel 2017); `max_logit` (Hendrycks and others 2022); `energy`: log-sum-exp of
///   the logits (Liu and others 2020); `entropy`: minus that of the probabilities;
/// - with features of training examples: `mahalanobis`: minus the smallest squared distance to a class mean under the covariance within
///   classes (Lee and others 2018); `knn`: minus the distance to the k-th nearest training example, features of unit length (Sun and
///   others 2022).
///
/// Each has `auroc`, `aupr_in` and `aupr_out` (average precision with the familiar or the unfamiliar as positive, ties taken as one
/// threshold) and `fpr95`: the share of unfamiliar examples at or above the highest threshold that keeps 95 % of the familiar.
/// Exact. Cost n K; Mahalanobis n d^2; k-NN n m d for m training examples.
public struct OutOfDistribution {
  /// Examples of one kind: outputs [n, K], features [n, d], or both.
  public struct Examples {
    /// Logits.
    public let outputs: (any RowSource)?
    /// Features.
    public let features: (any RowSource)?

    /// Whatever is known.
    public init(outputs: (any RowSource)?, features: (any RowSource)?) {
      (self.outputs, self.features) = (outputs, features)
    }
  }

  /// Training examples, for the scores by features.
  public struct Training {
    /// Features [m, d].
    public let features: any RowSource
    /// Their labels; Mahalanobis needs them.
    public let labels: [Int]?

    /// Features with or without labels.
    public init(features: any RowSource, labels: [Int]?) { (self.features, self.labels) = (features, labels) }
  }

  /// Measures `familiar` against `unfamiliar`. Throws `MeasureError` when shapes do not fit or numbers are not finite.
  public static func measure(
    familiar: Examples, unfamiliar: Examples, training: Training? = nil, neighbors: Int = 50
  ) throws -> OutOfDistributionResult {
    guard let n = familiar.outputs?.count ?? familiar.features?.count,
      let m = unfamiliar.outputs?.count ?? unfamiliar.features?.count, n > 0, m > 0
    else {
      let empty = [familiar, unfamiliar].lazy.compactMap { $0.outputs ?? $0.features }.first { $0.count == 0 }
      throw MeasureError(
        "examples", found: "none", expected: "outputs or features of both kinds", file: empty?.place)
    }
    return try withoutGradientRethrowing {
      var result = OutOfDistributionResult(familiar: n, unfamiliar: m)
      if let a = familiar.outputs, let b = unfamiliar.outputs {
        guard a.dimensions == b.dimensions else {
          throw MeasureError(
            "outputs", found: "\(b.dimensions) classes", expected: "\(a.dimensions), as the familiar ones",
            file: b.place)
        }
        let (p, q) = (try outputScores(a), try outputScores(b))
        for name in p.keys { result.scores[name] = figures(p[name] ?? [], q[name] ?? []) }
      } else {
        result.explain(["msp", "max_logit", "energy", "entropy"], "needs outputs of both kinds")
      }
      try measureFeatures(familiar.features, unfamiliar.features, training, neighbors, into: &result)
      return result
    }
  }

  private static func outputScores(_ source: any RowSource) throws -> [String: [Double]] {
    var scores: [String: [Double]] = [:]
    for range in source.blocks() {
      let logits = try source.rows(range).to(.f64)
      guard try logits.isAllFinite() else { throw try source.errorOfNotFinite("outputs") }
      let log = try logits.logSoftmax(1)
      let largest = try log.max([1])
      scores["msp", default: []] += try largest.exp().doubles()
      scores["max_logit", default: []] += try logits.max([1]).doubles()
      scores["energy", default: []] += try logits.logSumExp(1).doubles()
      scores["entropy", default: []] += try (log.exp() * log).sum([1]).doubles()
    }
    return scores
  }

  private static func measureFeatures(
    _ a: (any RowSource)?, _ b: (any RowSource)?, _ training: Training?, _ neighbors: Int,
    into result: inout OutOfDistributionResult
  ) throws {
    guard let training else {
      return result.explain(["mahalanobis", "knn"], "needs features of training examples (--fit)")
    }
    guard let a, let b else { return result.explain(["mahalanobis", "knn"], "needs features of both kinds") }
    for other in [a, b] where other.dimensions != training.features.dimensions {
      throw MeasureError(
        "features", found: "\(other.dimensions) numbers",
        expected: "\(training.features.dimensions), as the training examples", file: other.place)
    }
    guard neighbors > 0, neighbors <= training.features.count else {
      throw MeasureError(
        "neighbors", found: "\(neighbors)", expected: "1 to \(training.features.count), the training examples")
    }
    if let distances = try NeighborDistances(training.features, neighbors) {
      let (p, q) = (try distances.scores(a), try distances.scores(b))
      if let p, let q {
        result.scores["knn"] = figures(p, q)
      } else {
        result.explain(["knn"], "a feature vector is zero and has no direction")
      }
    } else {
      result.explain(["knn"], "a training feature vector is zero and has no direction")
    }
    guard let labels = training.labels else {
      return result.explain(["mahalanobis"], "needs labels of the training examples")
    }
    guard let model = try ClassGaussians(training.features, labels) else {
      return result.explain(["mahalanobis"], "training features do not vary within classes")
    }
    result.scores["mahalanobis"] = figures(try model.scores(a), try model.scores(b))
  }

  /// Figures of scores that should be higher for the familiar.
  static func figures(_ familiar: [Double], _ unfamiliar: [Double]) -> OutOfDistributionResult.Figures {
    // Thresholds from the highest down; equal scores pass together.
    let all = (familiar.map { ($0, true) } + unfamiliar.map { ($0, false) }).sorted { $0.0 > $1.0 }
    let (n, m) = (Double(familiar.count), Double(unfamiliar.count))
    var (hits, alarms, area, precision) = (0.0, 0.0, 0.0, 0.0)
    var fpr95: Double?
    var precisionOut = 0.0
    var start = 0
    while start < all.count {
      var end = start
      var (more, wrong) = (0.0, 0.0)
      while end < all.count, all[end].0 == all[start].0 {
        if all[end].1 { more += 1 } else { wrong += 1 }
        end += 1
      }
      // From the other side: those not above this threshold, the unfamiliar as positive.
      let (belowIn, belowOut) = (n - hits, m - alarms)
      if wrong > 0 { precisionOut += wrong / m * belowOut / (belowIn + belowOut) }
      area += wrong * (hits + more / 2)
      hits += more
      alarms += wrong
      if more > 0 { precision += more / n * hits / (hits + alarms) }
      if fpr95 == nil, hits >= 0.95 * n - 1e-9 { fpr95 = alarms / m }
      start = end
    }
    return .init(auroc: area / (n * m), auprIn: precision, auprOut: precisionOut, fpr95: fpr95 ?? 1)
  }
}

/// Distances to the k-th nearest training example.
private struct NeighborDistances {
  let training: UnitRows
  let k: Int

  init?(_ training: any RowSource, _ k: Int) throws {
    guard let unit = try UnitRows(training) else { return nil }
    (self.training, self.k) = (unit, k)
  }

  /// Minus the distance of each row; nil where a row is zero.
  func scores(_ source: any RowSource) throws -> [Double]? {
    guard let unit = try UnitRows(source) else { return nil }
    var scores: [Double] = []
    for start in stride(from: 0, to: source.count, by: 1024) {
      let range = start..<min(start + 1024, source.count)
      let queries = try unit.rows(range).to(.f32)
      let values = try Tensor.full([range.count, k], -.infinity)
      let indices = try Tensor.full([range.count, k], -1, type: .i64)
      for first in stride(from: 0, to: training.source.count, by: 4096) {
        let width = min(4096, training.source.count - first)
        try queries.matmul(training.rows(first..<first + width).to(.f32).t())
          .mergeTopK(offset: first, values: values, indices: indices)
      }
      // |u - v|^2 = 2 - 2 u v
      scores += try values.select(1, k - 1).doubles().map { -max(2 - 2 * $0, 0).squareRoot() }
    }
    return scores
  }
}

/// Class means and one covariance within classes.
private struct ClassGaussians {
  /// [d, r]: brings the covariance to the identity, in the directions that vary.
  private let whitening: Tensor
  /// Whitened class means [K, r].
  private let means: Tensor

  init?(_ source: any RowSource, _ labels: [Int]) throws {
    guard labels.count == source.count else {
      throw MeasureError("labels", found: "\(labels.count)", expected: "\(source.count), one a training example")
    }
    let classes = Classes(labels)
    var sums = try Tensor.zeros([classes.count, source.dimensions], type: .f64)
    for range in source.blocks() {
      let rows = try source.rows(range).to(.f64)
      guard try rows.isAllFinite() else { throw try source.errorOfNotFinite("training features") }
      sums = try sums.indexAdd(0, Tensor(Array(classes.indices[range])), rows)
    }
    let plain = try sums / Tensor(classes.sizes.map(Double.init)).unsqueeze(1)
    var scatter = try Tensor.zeros([source.dimensions, source.dimensions], type: .f64)
    for range in source.blocks() {
      let rest = try source.rows(range).to(.f64) - plain.indexSelect(0, Tensor(Array(classes.indices[range])))
      scatter = try scatter + rest.t().matmul(rest)
    }
    let (values, vectors) = try (scatter / Double(source.count)).eigh()
    let spread = try values.doubles()
    let rank = spread.count { $0 > 1e-10 * (spread.last ?? 0) }
    guard rank > 0, let most = spread.last, most > 0 else { return nil }
    let leading = try vectors.narrow(1, spread.count - rank, rank)
    whitening = try leading * Tensor(spread.suffix(rank).map { 1 / $0.squareRoot() }).unsqueeze(0)
    means = try plain.matmul(whitening)
  }

  /// Minus the smallest squared distance of each row to a class mean.
  func scores(_ source: any RowSource) throws -> [Double] {
    var scores: [Double] = []
    let lengths = try means.square().sum([1])
    for range in source.blocks() {
      let rows = try source.rows(range).to(.f64)
      guard try rows.isAllFinite() else { throw try source.errorOfNotFinite("features") }
      let white = try rows.matmul(whitening)
      let distances = try white.square().sum([1], keep: true) + lengths - white.matmul(means.t()) * 2
      scores += try distances.min([1]).doubles().map { -$0 }
    }
    return scores
  }
}

/// What `OutOfDistribution` measures, with the keys of the tool's JSON.
public struct OutOfDistributionResult: Encodable, Sendable {
  /// Figures of one score.
  public struct Figures: Encodable, Hashable, Sendable {
    /// Area under the curve of true against false positives, ties counted half.
    public let auroc: Double
    /// Average precision with the familiar as positive, and with the unfamiliar.
    public let auprIn, auprOut: Double
    /// Share of the unfamiliar that pass where 95 % of the familiar do.
    public let fpr95: Double

    enum CodingKeys: String, CodingKey {
      case auroc, fpr95
      case auprIn = "aupr_in"
      case auprOut = "aupr_out"
    }
  }

  /// Examples of both kinds.
  public let familiar, unfamiliar: Int
  /// Figures by score; missing where it could not be had.
  public internal(set) var scores: [String: Figures] = [:]
  /// Why.
  public internal(set) var reasons: [String: String] = [:]

  init(familiar: Int, unfamiliar: Int) { (self.familiar, self.unfamiliar) = (familiar, unfamiliar) }

  /// Every score, in the order they are shown.
  public static let names = ["msp", "max_logit", "energy", "entropy", "mahalanobis", "knn"]

  mutating func explain(_ names: [String], _ reason: String) {
    for name in names { reasons[name] = reason }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }

  /// Writes every score at the top level, null where there is none.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(familiar, forKey: Key("n_in"))
    try container.encode(unfamiliar, forKey: Key("n_out"))
    for name in Self.names { try container.encode(scores[name], forKey: Key(name)) }
    if !reasons.isEmpty { try container.encode(reasons, forKey: Key("reasons")) }
  }
}
