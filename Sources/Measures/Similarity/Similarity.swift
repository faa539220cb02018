import Features
import Torch

/// How alike two layers arrange the same examples, by measures other than CKA; each says what it does not see.
public struct Similarity {
  /// What is measured.
  public struct Options: Sendable {
    /// Neighbours of an example, of mutual k-NN.
    public var neighbors = 10
    /// Share of the variance that SVCCA keeps of each layer.
    public var variance = 0.99

    /// Ten neighbours, 99 % of the variance.
    public init() {}
  }

  /// Measures two layers of the same examples in the same order. Throws `MeasureError` when they differ in their number, there are fewer
  /// than three, or numbers are not finite; what is undefined for the data is null in the result, with the reason.
  ///
  /// ```swift
  /// let alike = try Similarity.compare(TensorRows(a), TensorRows(b)).procrustes
  /// ```
  public static func compare(
    _ a: any RowSource, _ b: any RowSource, _ options: Options = Options()
  ) throws -> SimilarityResult {
    guard a.count == b.count else {
      throw MeasureError("features", found: "\(a.count) and \(b.count) examples", expected: "the same examples in both")
    }
    guard a.count >= 3 else {
      throw MeasureError("features", found: "\(a.count) examples", expected: "at least 3", file: a.place)
    }
    guard options.neighbors > 0 else {
      throw MeasureError("neighbors", found: "\(options.neighbors)", expected: "at least 1")
    }
    guard options.variance > 0, options.variance <= 1 else {
      throw MeasureError("variance", found: "\(options.variance)", expected: "a share above 0, at most 1")
    }
    return try withoutGradientRethrowing {
      let (x, y) = (try CenteredLayer(name: "first features", a), try CenteredLayer(name: "second features", b))
      var result = SimilarityResult(
        n: a.count, neighbors: min(options.neighbors, a.count - 1), variance: options.variance)
      func measure<Value>(_ name: String, _ body: () throws -> Value?, _ reason: String) rethrows -> Value? {
        let value = try body()
        if value == nil { result.reasons[name] = reason }
        return value
      }
      let constant = "the features of one set are constant"
      result.procrustes = try measure("procrustes", { try Procrustes.distance(x, y) }, constant)
      let rsa = try measure(
        "rsa", { try RepresentationalSimilarity.correlations(a, b) },
        "a feature vector is zero and has no direction, or all distances are equal")
      (result.rsa, result.rsaSpearman, result.rsaSpearmanExamples) = (rsa?.pearson, rsa?.spearman, rsa?.ranked)
      result.mutualKNN = try measure(
        "mutual_knn", { try MutualNeighbors.overlap(a, b, k: result.neighbors) },
        "a feature vector is zero and has no direction")
      result.svcca = try measure("svcca", { try SVCCA.meanCorrelation(x, y, variance: options.variance) }, constant)
      return result
    }
  }
}

/// What `Similarity` measures, with the keys of the tool's JSON.
public struct SimilarityResult: Encodable, Sendable {
  /// Examples.
  public let n: Int
  /// Distance after the best rotation, 0 (alike) to 1.
  public internal(set) var procrustes: Double?
  /// Correlation of the examples' cosine distances (Pearson).
  public internal(set) var rsa: Double?
  /// Their rank correlation (Spearman).
  public internal(set) var rsaSpearman: Double?
  /// Of how many examples, evenly spread.
  public internal(set) var rsaSpearmanExamples: Int?
  /// Mean share of neighbours that both have.
  public internal(set) var mutualKNN: Double?
  /// Mean canonical correlation of the leading directions.
  public internal(set) var svcca: Double?
  /// Neighbours of an example.
  public let neighbors: Int
  /// Share of the variance that SVCCA keeps.
  public let variance: Double
  /// Why values are nil.
  public internal(set) var reasons: [String: String] = [:]

  init(n: Int, neighbors: Int, variance: Double) {
    self.n = n
    self.neighbors = neighbors
    self.variance = variance
  }

  enum CodingKeys: String, CodingKey {
    case n, procrustes, rsa, svcca, neighbors, variance, reasons
    case rsaSpearman = "rsa_spearman"
    case rsaSpearmanExamples = "rsa_spearman_examples"
    case mutualKNN = "mutual_knn"
  }

  /// Writes nil as null; leaves `reasons` out when there are none.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(n, forKey: .n)
    try container.encode(procrustes, forKey: .procrustes)
    try container.encode(rsa, forKey: .rsa)
    try container.encode(rsaSpearman, forKey: .rsaSpearman)
    try container.encode(rsaSpearmanExamples, forKey: .rsaSpearmanExamples)
    try container.encode(mutualKNN, forKey: .mutualKNN)
    try container.encode(svcca, forKey: .svcca)
    try container.encode(neighbors, forKey: .neighbors)
    try container.encode(variance, forKey: .variance)
    if !reasons.isEmpty { try container.encode(reasons, forKey: .reasons) }
  }
}
