import Features
import Foundation
import Torch

/// Logistic regression on one set of features, in `ProbeCoordinates`, in double; L penalties are worked on side by side, so that
/// products are wide.
struct LogisticProblem {
  let coordinates: ProbeCoordinates
  /// [size, n]: rows in those coordinates, as columns.
  let features: Tensor
  /// The same in f32; nil for problems too small to gain by it.
  let narrowFeatures: Tensor?
  /// [size]: 1 where the penalty counts, 0 for a free bias.
  let penalized: Tensor
  let examples: Likelihood.Examples
  let classes: Int
  let count: Int
  /// Gradient norm at zero weights, in the original coordinates.
  let gradientNormAtZero: Double

  private let squares: Tensor

  var size: Int { features.shape[0] }

  /// `features` [n, d0] (any floating-point type), `labels` in 0..<classes.
  init(features: Tensor, labels: [Int], classes: Int) throws {
    try self.init(
      features: features, examples: Likelihood.Examples(labels: labels, classes: classes), classes: classes)
  }

  /// The same with what else examples may have.
  init(features raw: Tensor, examples: Likelihood.Examples, classes: Int, penalizesBias: Bool = false) throws {
    coordinates = try ProbeCoordinates(TensorRows(raw), penalizesBias: penalizesBias)
    features = try coordinates.rows(raw).t().contiguous()
    count = features.shape[1]
    self.classes = classes
    self.examples = examples
    squares = try features.square()
    narrowFeatures = features.shape[0] * classes * count >= Self.narrowFrom ? try features.to(.f32) : nil
    penalized = try coordinates.penalized()
    let residual = try Likelihood(logits: .zeros([1, classes, count], type: .f64), examples).residual()
    let gradient = try residual.squeeze(0).matmul(features.t()).unsqueeze(0)
    gradientNormAtZero = try coordinates.originalNorms(gradient)[0]
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
}
