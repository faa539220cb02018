import Features
import Torch

/// The coordinates in which a probe is solved: features centred (the bias, free of penalty, takes up the mean) and rotated onto
/// the eigenvectors of their second moments (the penalty |W|^2 does not notice), where the Hessian is nearly diagonal. Weights there
/// are [L, K, d + 1], the bias last.
///
/// A penalized bias is the weight of one more feature that is always 1; then nothing is centred, and weights are [L, K, d].
struct ProbeCoordinates {
  let penalizesBias: Bool
  /// Numbers in a row: kept directions, and the bias where it is free.
  let size: Int
  private let rotation: Tensor  // [d0, d]
  private let mean: Tensor  // [d0]
  private let rotatedMean: Tensor  // [d]
  private let meanSquareOutside: Double

  /// From how many dimensions on single precision's eigenvectors are taken.
  private static let narrowFrom = 512
  /// Features a pass works on at a time, so that what is in double stays small.
  private static let block = 4096

  /// Those of `features` [n, d0] (any floating-point type), read twice.
  init(_ features: any RowSource, penalizesBias: Bool) throws {
    var work = ProbeWork()
    try self.init(features, penalizesBias: penalizesBias, team: ProbeTeam(), isRough: false, work: &work)
  }

  /// The same by several processes, each reading its share; adds to `work` what this one computes.
  /// `isRough`: directions need be eigenvectors only nearly, and none is left out.
  init(
    _ features: any RowSource, penalizesBias: Bool, team: ProbeTeam, isRough: Bool, work: inout ProbeWork
  ) throws {
    self.penalizesBias = penalizesBias
    let count = features.count
    let dimensions = features.dimensions + (penalizesBias ? 1 : 0)
    func block(_ range: Range<Int>) throws -> Tensor {
      let values = try features.rows(range).to(.f64)
      return penalizesBias ? try Tensor.concat([values, .ones([values.shape[0], 1], type: .f64)], 1) : values
    }
    func blocks(_ range: Range<Int>) -> [Range<Int>] {
      stride(from: range.lowerBound, to: range.upperBound, by: Self.block).map {
        $0..<min($0 + Self.block, range.upperBound)
      }
    }
    let own = try blocks(team.share(of: count))
    var mean = try Tensor.zeros([dimensions], type: .f64)
    if !penalizesBias {
      for range in own { mean = try mean + block(range).sum([0]) }
      mean = try team.sum(mean) / Double(count)
    }
    // Fewer examples than dimensions: all lies in the span of their differences from the mean.
    var basis: Tensor?
    if count < dimensions {
      let centered = try Tensor.concat(blocks(0..<count).map { try block($0) - mean })
      basis = try team.agreed(Tensor.call("aten::linalg_qr", [.tensor(centered.t())])[0])
      work.double += 4 * Double(dimensions * count * count)
    }
    let inner = basis?.shape[1] ?? dimensions
    var moments = try Tensor.zeros([inner, inner], type: .f64)
    for range in own {
      var values = try block(range) - mean
      if let basis { values = try values.matmul(basis) }
      moments = try moments + values.t().matmul(values)
      work.double += 2 * Double(range.count * inner) * Double(inner + (basis == nil ? 0 : dimensions))
    }
    moments = try team.sum(moments)
    let isNarrow = isRough && inner >= Self.narrowFrom
    let chosen: Tensor
    if isNarrow {
      chosen = try team.agreed(Self.roughVectors(moments))
    } else {
      let (squares, vectors) = try moments.eigh()
      // Directions without any variation get no weight; leaving them out saves time.
      let norms = try team.agreed(squares).doubles().map { max(0, $0).squareRoot() }
      let least = 1e-13 * (norms.max() ?? 0)
      var kept = norms.indices.filter { norms[$0] > least }
      if kept.isEmpty { kept = [0] }
      chosen = try team.agreed(vectors).indexSelect(1, Tensor(kept))
    }
    // Golub and Van Loan, "Matrix Computations", 8.3.
    let cube = Double(inner * inner * inner)
    if isNarrow { work.single += 9 * cube }
    work.double += (isNarrow ? 4 : 9) * cube
    rotation = try basis?.matmul(chosen) ?? chosen
    self.mean = mean
    rotatedMean = try mean.unsqueeze(0).matmul(rotation).squeeze(0)
    meanSquareOutside = max(0, try mean.square().sum().item() - rotatedMean.square().sum().item())
    size = chosen.shape[1] + (penalizesBias ? 0 : 1)
  }

  /// Eigenvectors of `moments` as single precision has them, several times sooner, but orthogonal to some 1e-12: what of Q'Q differs
  /// from 1 is squared by the step Q (3 - Q'Q) / 2 (Newton and Schulz).
  private static func roughVectors(_ moments: Tensor) throws -> Tensor {
    let scale = try moments.diagonal(0, 1).max().item()
    let vectors = try (moments / max(scale, .leastNormalMagnitude)).to(.f32).eigh().1.to(.f64)
    return try vectors * 1.5 - vectors.matmul(vectors.t().matmul(vectors)) * 0.5
  }

  /// Features' rows in these coordinates [n, size] f64.
  func rows(_ features: Tensor) throws -> Tensor {
    let values = try features.to(.f64)
    let ones = try Tensor.ones([values.shape[0], 1], type: .f64)
    if penalizesBias { return try Tensor.concat([values, ones], 1).matmul(rotation) }
    return try Tensor.concat([(values - mean).matmul(rotation), ones], 1)
  }

  /// Some rows of `features` in f32, padded with zeros to a multiple of 16 numbers.
  func narrowRows(_ features: any RowSource, _ range: Range<Int>) throws -> Tensor {
    let padding = (16 - size % 16) % 16
    return try Tensor.concat(
      stride(from: range.lowerBound, to: range.upperBound, by: Self.block).map { first in
        let rows = try rows(features.rows(first..<min(first + Self.block, range.upperBound))).to(.f32)
        return padding == 0 ? rows : try Tensor.concat([rows, .zeros([rows.shape[0], padding])], 1)
      })
  }

  /// [size]: 1 where the penalty counts, 0 for a free bias.
  func penalized() throws -> Tensor {
    try Tensor([Double](repeating: 1, count: penalizesBias ? size : size - 1) + (penalizesBias ? [] : [0]))
  }

  /// Norms of gradients [L, K, size] as they are in the original coordinates.
  func originalNorms(_ gradients: Tensor) throws -> [Double] {
    if penalizesBias { return try gradients.square().sum([1, 2]).doubles().map { $0.squareRoot() } }
    let d = size - 1
    let bias = try gradients.narrow(2, d, 1)
    let weight = try gradients.narrow(2, 0, d) + bias * rotatedMean
    let inside = try weight.square().sum([1, 2]).doubles()
    let outside = try bias.square().sum([1, 2]).doubles()
    return zip(inside, outside).map { ($0 + (1 + meanSquareOutside) * $1).squareRoot() }
  }

  /// Weights [L, K, d0] and biases [L, K] in the original coordinates.
  func original(_ weights: Tensor) throws -> (weights: Tensor, biases: Tensor) {
    if penalizesBias {
      let all = try weights.matmul(rotation.t())
      let last = all.shape[2] - 1
      return (try all.narrow(2, 0, last).contiguous(), try all.select(2, last).contiguous())
    }
    let d = size - 1
    let weight = try weights.narrow(2, 0, d).matmul(rotation.t())
    let bias = try weights.select(2, d) - weight.matmul(mean.unsqueeze(1)).squeeze(2)
    return (weight, bias)
  }

  /// The reverse of `original`, less what lies in directions without variation.
  func rotated(weights: Tensor, biases: Tensor) throws -> Tensor {
    if penalizesBias { return try Tensor.concat([weights, biases.unsqueeze(2)], 2).matmul(rotation) }
    let bias = try biases + weights.matmul(mean.unsqueeze(1)).squeeze(2)
    return try Tensor.concat([weights.matmul(rotation), bias.unsqueeze(2)], 2)
  }
}
