import Measures
import Torch

/// Features [n, d] with the class of each row, checked.
struct LabelledFeatures {
  let features: Tensor
  let labels: [Int]
  var count: Int { labels.count }
  var dimensions: Int

  /// Flattens rows; refuses what is empty, does not fit or is not finite. `name` is "train" or "test".
  init(_ features: Tensor, _ labels: [Int], name: String) throws {
    let shape = features.shape
    guard shape.count >= 2, shape[0] > 0, shape.dropFirst().reduce(1, *) > 0 else {
      throw TransferError("\(name) features", found: "shape \(shape)", expected: "[n, d], both at least 1")
    }
    guard labels.count == shape[0] else {
      throw TransferError(
        "\(name) labels", found: "\(labels.count)", expected: "\(shape[0]), one a row of the features")
    }
    guard features.elementType.isFloatingPoint else {
      throw TransferError(
        "\(name) features", found: "\(features.elementType.rawValue)", expected: "floating-point numbers")
    }
    guard try features.isAllFinite() else {
      throw TransferError("\(name) features", found: "NaN or infinity", expected: "finite numbers")
    }
    dimensions = shape.dropFirst().reduce(1, *)
    self.features = try features.detach().reshape([shape[0], dimensions])
    self.labels = labels
  }

  private init(features: Tensor, labels: [Int], dimensions: Int) {
    self.features = features
    self.labels = labels
    self.dimensions = dimensions
  }

  /// The rows at `indices`.
  func selecting(_ indices: [Int]) throws -> LabelledFeatures {
    LabelledFeatures(
      features: try features.indexSelect(0, Tensor(indices)), labels: indices.map { labels[$0] },
      dimensions: dimensions)
  }

  /// These examples and others after them.
  func joined(with other: LabelledFeatures) throws -> LabelledFeatures {
    LabelledFeatures(
      features: try Tensor.concat([features.to(.f64), other.features.to(.f64)]), labels: labels + other.labels,
      dimensions: dimensions)
  }

  /// Each vector at length 1; zero vectors stay.
  func normalized() throws -> LabelledFeatures { replacing(try features.unitRows()) }

  /// The same labels with other features [n, d].
  func replacing(_ features: Tensor) -> LabelledFeatures {
    LabelledFeatures(features: features, labels: labels, dimensions: dimensions)
  }
}

extension Tensor {
  /// Rows [n, d] at length 1 (f64); zero rows stay.
  func unitRows() throws -> Tensor {
    let values = try to(.f64)
    let largest = try values.abs().max([1], keep: true).clamp(.leastNormalMagnitude, .infinity)
    let scaled = try values / largest  // squares of very large or small numbers leave the doubles
    return try scaled / scaled.norm(1, keep: true).clamp(.leastNormalMagnitude, .infinity)
  }
}

/// Runs `body` without recording gradients, whatever it throws.
func withoutGradientRethrowing<Result>(_ body: () throws -> Result) throws -> Result {
  var outcome: Swift.Result<Result, any Error>?
  try withoutGradient { outcome = .init(catching: body) }
  guard let outcome else { throw TransferError("body", found: "no result", expected: "one") }
  return try outcome.get()
}
