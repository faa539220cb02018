import Features
import Foundation
import Torch

/// How many directions a layer uses, from the singular values s_i of its centred features.
///
/// Participation ratio (sum s^2)^2 / sum s^4 and effective rank exp(H(s / sum s)) (Roy and Vetterli 2007) of the centred features;
/// RankMe, the same entropy of the uncentred ones (Garrido and others 2023); alpha, the decay of the covariance's eigenvalues l_j ~
/// j^-alpha by least squares of log l_j on log j over the ranks stated (Stringer and others 2019, Agrawal and others 2022).
///
/// All but alpha do not see rotations and a common factor. Bias: low where examples are few, since n examples have n - 1 directions at
/// most. Cost n d^2 + d^3 operations in double for min(n, d) = d, memory d^2.
public struct Spectrum {
  /// Measures features. `alphaRanks`: the ranks that alpha is fitted on, from 1; by default 11 to 500 (fewer where there are fewer), or
  /// all where there are no 50. Throws `MeasureError` for fewer than two rows, ranks that there are not, or numbers that are not finite.
  public static func measure(_ source: any RowSource, alphaRanks: ClosedRange<Int>? = nil) throws -> SpectrumResult {
    guard source.count >= 2 else {
      throw MeasureError("features", found: "\(source.count) examples", expected: "at least 2", file: source.place)
    }
    return try withoutGradientRethrowing {
      let layer = try CenteredLayer(name: "features", source)
      let (scatter, isOfRows) = try layer.scatter()
      let centred = try singularValues(scatter, layer)
      // X'X of the uncentred rows is that of the centred ones plus n mean mean'; XX' adds (x_i + m)(x_j + m) - x_i x_j.
      let mean = try layer.mean * layer.scale
      let uncentred: Tensor
      if isOfRows {
        let rows = try layer.doubles(0..<layer.count) + mean
        uncentred = try rows.matmul(rows.t())
      } else {
        uncentred = try scatter + mean.unsqueeze(1).matmul(mean.unsqueeze(0)) * Double(layer.count)
      }
      var result = SpectrumResult(
        n: source.count, dimensions: source.dimensions, singularValues: centred)
      result.rankMe = effectiveRank(try singularValues(uncentred, layer))
      let squares = centred.map { $0 * $0 }
      let sum = squares.reduce(0, +)
      guard sum > 0,
        centred[0] > 1e-12 * (try mean.square().sum().item() * Double(source.count)).squareRoot() / layer.scale
      else {
        result.singularValues = centred.map { _ in 0 }
        result.reasons = ["participation_ratio", "effective_rank", "alpha"].reduce(into: [:]) {
          $0[$1] = "the features are constant"
        }
        if result.rankMe == nil { result.reasons["rankme"] = "all features are zero" }
        return result
      }
      result.participationRatio = sum * sum / squares.reduce(0) { $0 + $1 * $1 }
      result.effectiveRank = effectiveRank(centred)
      try fitAlpha(squares, alphaRanks, into: &result)
      return result
    }
  }

  /// Descending, in the units of the features.
  private static func singularValues(_ scatter: Tensor, _ layer: CenteredLayer) throws -> [Double] {
    try scatter.eigh().values.doubles().reversed().map { max($0, 0).squareRoot() / layer.scale }
  }

  /// exp of the entropy of the values as shares of their sum; nil when all are 0.
  static func effectiveRank(_ values: [Double]) -> Double? {
    let sum = values.reduce(0, +)
    guard sum > 0 else { return nil }
    return exp(values.reduce(0) { $1 > 0 ? $0 - $1 / sum * log($1 / sum) : $0 })
  }

  private static func fitAlpha(_ eigenvalues: [Double], _ wanted: ClosedRange<Int>?, into result: inout SpectrumResult)
    throws
  {
    let known = eigenvalues.prefix { $0 > 1e-12 * eigenvalues[0] }.count
    let ranks = wanted ?? (known >= 50 ? 11...min(500, known) : 1...max(known, 1))
    guard ranks.lowerBound >= 1, ranks.upperBound <= eigenvalues.count else {
      throw MeasureError(
        "alpha ranks", found: "\(ranks.lowerBound):\(ranks.upperBound)", expected: "ranks in 1:\(eigenvalues.count)")
    }
    guard ranks.upperBound <= known, ranks.count >= 2 else {
      result.reasons["alpha"] =
        "only \(known) eigenvalues above 0: too few for ranks \(ranks.lowerBound) to \(ranks.upperBound)"
      return
    }
    let points = ranks.map { (log(Double($0)), log(eigenvalues[$0 - 1])) }
    let count = Double(points.count)
    let (x, y) = (points.reduce(0) { $0 + $1.0 } / count, points.reduce(0) { $0 + $1.1 } / count)
    let slope =
      points.reduce(0) { $0 + ($1.0 - x) * ($1.1 - y) } / points.reduce(0) { $0 + ($1.0 - x) * ($1.0 - x) }
    result.alpha = -slope
    result.alphaRanks = [ranks.lowerBound, ranks.upperBound]
  }
}

/// What `Spectrum` measures, with the keys of the tool's JSON.
public struct SpectrumResult: Encodable, Sendable {
  /// Examples, and numbers of each.
  public let n, dimensions: Int
  /// Of the centred features, descending; min(n, d) of them.
  public internal(set) var singularValues: [Double]
  /// Directions of equal variance that would have the same concentration.
  public internal(set) var participationRatio: Double?
  /// exp of the entropy of the singular values.
  public internal(set) var effectiveRank: Double?
  /// The same of the uncentred features.
  public internal(set) var rankMe: Double?
  /// Decay of the eigenvalues.
  public internal(set) var alpha: Double?
  /// The first and the last rank that alpha was fitted on.
  public internal(set) var alphaRanks: [Int]?
  /// Why values are nil.
  public internal(set) var reasons: [String: String] = [:]

  init(n: Int, dimensions: Int, singularValues: [Double]) {
    self.n = n
    self.dimensions = dimensions
    self.singularValues = singularValues
  }

  enum CodingKeys: String, CodingKey {
    case n, dimensions, alpha, reasons
    case singularValues = "singular_values"
    case participationRatio = "participation_ratio"
    case effectiveRank = "effective_rank"
    case rankMe = "rankme"
    case alphaRanks = "alpha_ranks"
  }

  /// Writes nil as null; leaves `reasons` out when there are none.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(n, forKey: .n)
    try container.encode(dimensions, forKey: .dimensions)
    try container.encode(singularValues, forKey: .singularValues)
    try container.encode(participationRatio, forKey: .participationRatio)
    try container.encode(effectiveRank, forKey: .effectiveRank)
    try container.encode(rankMe, forKey: .rankMe)
    try container.encode(alpha, forKey: .alpha)
    try container.encode(alphaRanks, forKey: .alphaRanks)
    if !reasons.isEmpty { try container.encode(reasons, forKey: .reasons) }
  }
}
