import Foundation
import Torch

/// Multinomial logistic regression on one set of features, in the coordinates in which it is solved: features centred
/// (the bias, free of penalty, takes up the mean) and rotated onto the eigenvectors of their second moments (the
/// penalty |W|^2 does not notice), where the Hessian is nearly diagonal. Weights are [L, K, d + 1], the bias last;
/// L penalties are worked on side by side, so that products are wide.
struct LogisticProblem {
  /// [d + 1, n]: rotated features, the last row ones.
  let features: Tensor
  /// The same in f32; nil for problems too small to gain by it.
  let narrowFeatures: Tensor?
  /// [d + 1]: 1 where the penalty counts, 0 for the bias.
  let penalized: Tensor
  let examples: SoftmaxLikelihood.Examples
  let classes: Int
  let count: Int
  /// Gradient norm at zero weights, in the original coordinates.
  let gradientNormAtZero: Double

  private let squares: Tensor
  private let rotation: Tensor  // [d0, d]
  private let mean: Tensor  // [d0]
  private let rotatedMean: Tensor  // [d]
  private let meanSquareOutside: Double

  var size: Int { features.shape[0] }

  /// `features` [n, d0] (any floating-point type), `labels` in 0..<classes. `prefersNarrow`: products that may be worked
  /// out in f32 are, however small.
  init(features raw: Tensor, labels: [Int], classes: Int, prefersNarrow: Bool = false) throws {
    let values = try raw.to(.f64)
    count = labels.count
    self.classes = classes
    mean = try values.mean([0])
    let centered = try values - mean
    let vectors = try centered.t().matmul(centered).eigh().vectors
    let rotated = try vectors.t().matmul(centered.t())
    // Directions without any variation get no weight; leaving them out saves time when n < d.
    let norms = try rotated.norm(1).doubles()
    let least = 1e-13 * (norms.max() ?? 0)
    var kept = norms.indices.filter { norms[$0] > least }
    if kept.isEmpty { kept = [0] }
    let places = try Tensor(kept)
    rotation = try vectors.indexSelect(1, places)
    features = try Tensor.concat([rotated.indexSelect(0, places), .ones([1, count], type: .f64)], 0)
    squares = try features.square()
    let isLarge = features.shape[0] * classes * count >= Self.narrowFrom
    narrowFeatures = prefersNarrow || isLarge ? try features.to(.f32) : nil
    penalized = try Tensor([Double](repeating: 1, count: kept.count) + [0])
    rotatedMean = try mean.unsqueeze(0).matmul(rotation).squeeze(0)
    meanSquareOutside = max(0, try mean.square().sum().item() - rotatedMean.square().sum().item())
    examples = try SoftmaxLikelihood.Examples(labels: labels, classes: classes)
    let residual = try (1 / Double(classes)) - examples.member.squeeze(0)
    let weightPart = try residual.matmul(values).square().sum().item()
    gradientNormAtZero = (weightPart + (try residual.sum([1]).square().sum().item())).squareRoot()
  }

  /// From how many multiplications on for one product of one lambda f32 is worth its copy of the features.
  static let narrowFrom = 1 << 24

  /// Logits [L, K, n] of weights [L, K, d + 1], worked out and given in `precision`.
  func logits(_ weights: Tensor, precision: ElementType = .f64) throws -> Tensor {
    let shape = weights.shape
    let matrix = precision == .f32 ? narrowFeatures ?? features : features
    let flat = try weights.reshape([shape[0] * shape[1], shape[2]]).to(matrix.elementType)
    return try flat.matmul(matrix).reshape([shape[0], shape[1], count])
  }

  /// Sums of derivatives by the logits [L, K, n] times features: [L, K, d + 1] (f64), worked out in the derivatives'
  /// precision.
  func transposed(_ values: Tensor) throws -> Tensor {
    let matrix = values.elementType == .f32 ? narrowFeatures ?? features : features
    return try product(values.to(matrix.elementType), matrix.t()).to(.f64)
  }

  /// The same with squared features, for the Hessian's diagonal.
  func transposedSquares(_ values: Tensor) throws -> Tensor { try product(values, squares.t()) }

  private func product(_ values: Tensor, _ matrix: Tensor) throws -> Tensor {
    let shape = values.shape
    return try values.reshape([shape[0] * shape[1], count]).matmul(matrix).reshape([shape[0], shape[1], size])
  }

  /// Norms of gradients [L, K, d + 1] as they are in the original coordinates.
  func originalNorms(_ gradients: Tensor) throws -> [Double] {
    let d = size - 1
    let bias = try gradients.narrow(2, d, 1)
    let weight = try gradients.narrow(2, 0, d) + bias * rotatedMean
    let inside = try weight.square().sum([1, 2]).doubles()
    let outside = try bias.square().sum([1, 2]).doubles()
    return zip(inside, outside).map { ($0 + (1 + meanSquareOutside) * $1).squareRoot() }
  }

  /// Weights [L, K, d0] and biases [L, K] in the original coordinates.
  func original(_ weights: Tensor) throws -> (weights: Tensor, biases: Tensor) {
    let d = size - 1
    let weight = try weights.narrow(2, 0, d).matmul(rotation.t())
    let bias = try weights.select(2, d) - weight.matmul(mean.unsqueeze(1)).squeeze(2)
    return (weight, bias)
  }

  /// The reverse of `original`, less what lies in directions without variation.
  func rotated(weights: Tensor, biases: Tensor) throws -> Tensor {
    let bias = try biases + weights.matmul(mean.unsqueeze(1)).squeeze(2)
    return try Tensor.concat([weights.matmul(rotation), bias.unsqueeze(2)], 2)
  }
}
