import Features
import Torch

/// How often a classifier is right.
public struct Accuracy {
  /// The share of examples whose label has the largest output; of equal outputs the lowest class counts.
  public static func top1(outputs: Tensor, labels: [Int]) throws -> Double {
    try top(1, outputs: outputs, labels: labels)
  }

  /// The share of examples whose label is among the five largest outputs.
  public static func top5(outputs: Tensor, labels: [Int]) throws -> Double {
    try top(5, outputs: outputs, labels: labels)
  }

  /// The share of examples whose label is among the `count` largest outputs [n, K]; of equal outputs the lower
  /// classes come first. Throws `MeasureError` when labels and outputs do not fit.
  public static func top(_ count: Int, outputs: Tensor, labels: [Int]) throws -> Double {
    let ranks = try ranks(outputs: outputs, labels: labels)
    return Double(ranks.count { $0 < count }) / Double(ranks.count)
  }

  /// Whether the label of each example has the largest output, as `top1` counts it.
  public static func right(outputs: Tensor, labels: [Int]) throws -> [Bool] {
    try ranks(outputs: outputs, labels: labels).map { $0 == 0 }
  }

  /// The ends of an interval of a share.
  public struct Interval: Codable, Hashable, Sendable {
    /// The ends, in 0...1.
    public var low, high: Double
  }

  /// The interval that holds the true share with 95 % confidence when `share` of `n` independent examples are right (Wilson 1927, without
  /// correction for continuity): (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), z = 1.96. Also right near 0 and 1.
  public static func interval(_ share: Double, n: Int) -> Interval {
    guard n > 0 else { return Interval(low: 0, high: 1) }
    let z = 1.959963984540054
    let (n, t) = (Double(n), z * z / Double(n))
    let half = z * (share * (1 - share) / n + t / (4 * n)).squareRoot()
    let (low, high) = ((share + t / 2 - half) / (1 + t), (share + t / 2 + half) / (1 + t))
    // At the ends the formula gives 0 and 1 but for rounding.
    return Interval(low: share <= 0 ? 0 : max(low, 0), high: share >= 1 ? 1 : min(high, 1))
  }

  /// The mean over classes that occur of the share of their examples that are right.
  public static func meanPerClass(outputs: Tensor, labels: [Int]) throws -> Double {
    meanPerClass(right: try right(outputs: outputs, labels: labels), labels: labels)
  }

  /// The mean over the labels that occur of the share of their examples that are `right`; nil without examples.
  public static func meanPerClass(predicted: [Int], labels: [Int]) -> Double? {
    labels.isEmpty ? nil : meanPerClass(right: zip(predicted, labels).map { $0 == $1 }, labels: labels)
  }

  private static func meanPerClass(right: [Bool], labels: [Int]) -> Double {
    let classes = Classes(labels)
    var hits = [Int](repeating: 0, count: classes.count)
    for (index, isRight) in zip(classes.indices, right) where isRight { hits[index] += 1 }
    let shares = zip(hits, classes.sizes).map { Double($0) / Double($1) }
    return shares.reduce(0, +) / Double(max(shares.count, 1))
  }

  /// The place of each label among its example's outputs, 0 for the largest.
  static func ranks(outputs: Tensor, labels: [Int]) throws -> [Int] {
    let (n, classes) = try check(outputs: outputs, labels: labels)
    let values = try outputs.detach().to(.f64).doubles()
    return labels.indices.map { row in
      let start = row * classes
      let own = values[start + labels[row]]
      var rank = 0
      for index in 0..<classes {
        let other = values[start + index]
        if other > own || (other == own && index < labels[row]) { rank += 1 }
      }
      return rank
    }.prefix(n).map { $0 }
  }

  /// Refuses outputs that are not [n, K] with n labels in 0..<K, or not finite.
  static func check(outputs: Tensor, labels: [Int]) throws -> (n: Int, classes: Int) {
    let shape = outputs.shape
    guard shape.count == 2, shape[0] > 0, shape[1] > 0 else {
      throw MeasureError("outputs", found: "shape \(shape)", expected: "[n, K] with n and K of at least 1")
    }
    guard labels.count == shape[0] else {
      throw MeasureError(
        "labels", found: "\(labels.count)", expected: "\(shape[0]), one a row of the outputs")
    }
    if let row = labels.firstIndex(where: { $0 < 0 || $0 >= shape[1] }) {
      throw MeasureError("labels[\(row)]", found: "\(labels[row])", expected: "a class in 0..<\(shape[1])")
    }
    guard try outputs.isAllFinite() else { throw try TensorRows(outputs).errorOfNotFinite("outputs") }
    return (shape[0], shape[1])
  }
}
