import Foundation

/// What a model says about each image: n rows of K probabilities, in double.
public struct ClassOutputs: Sendable {
  /// What the values were taken for.
  public enum Form: String, Codable, Sendable {
    /// Every row is at least 0 and sums to 1 within 1e-3: taken as it is.
    case probabilities
    /// Anything else: the softmax of each row was taken.
    case logits
  }

  /// Probabilities [count, classes].
  public let probabilities: [Double]
  /// Rows.
  public let count: Int
  /// Columns.
  public let classes: Int
  /// What the values were taken for.
  public let form: Form

  /// Outputs from logits or probabilities [count, classes], row after row; which of the two they are is decided for
  /// all rows together. Throws if the number of values is wrong, or one is NaN or plus infinity (minus infinity is the
  /// logit of a class that is out of the question, unless it is a whole row's).
  ///
  /// Give the array away (`ClassOutputs(consume values, ...)`): the softmax is then taken in place.
  public init(_ values: consuming [Double], count: Int, classes: Int) throws(DatasetError) {
    let (size, overflow) = count.multipliedReportingOverflow(by: classes)
    guard count > 0, classes > 1, !overflow, values.count == size else {
      throw DatasetError(
        .countMismatch, expected: "outputs of \(count) images for \(classes) classes (at least 1 and 2)",
        found: "\(values.count) values")
    }
    let summary = Self.look(at: values, classes: classes)
    if let row = summary.badRow {
      throw DatasetError(
        .badValue, expected: "outputs that are numbers", found: "NaN or infinity in row \(row) (from 0)",
        cure: "look at the model's outputs for this image")
    }
    form = summary.isProbabilities ? .probabilities : .logits
    if !summary.isProbabilities { Self.takeSoftmax(&values, classes: classes) }
    probabilities = values
    self.count = count
    self.classes = classes
  }

  /// The class of the largest probability of each row, the lowest of several.
  public func predictions() -> [Int] {
    probabilities.withUnsafeBufferPointer { values in
      (0..<count).map { row in
        var best = 0
        for k in 1..<classes where values[row * classes + k] > values[row * classes + best] { best = k }
        return best
      }
    }
  }

  /// Throws unless there is a label in 0..<classes for each row.
  func check(labels: [Int]) throws(DatasetError) {
    guard labels.count == count else {
      throw DatasetError(
        .countMismatch, expected: "a row of outputs for each of \(labels.count) images", found: "\(count) rows")
    }
    if let place = labels.firstIndex(where: { $0 < 0 || $0 >= classes }) {
      throw DatasetError(
        .labelOutOfRange, expected: "labels in 0..<\(classes), the columns of the outputs",
        found: "\(labels[place]) for image \(place)",
        cure: "use outputs of a model with all the classes of the set")
    }
  }

  private static func look(at values: borrowing [Double], classes: Int) -> (isProbabilities: Bool, badRow: Int?) {
    var isProbabilities = true
    var badRow: Int?
    values.withUnsafeBufferPointer { values in
      for start in stride(from: 0, to: values.count, by: classes) {
        var sum = 0.0
        var (least, most) = (Double.infinity, -Double.infinity)
        for k in start..<start + classes {
          sum += values[k]
          least = min(least, values[k])
          most = max(most, values[k])
        }
        // A NaN may be lost in min and max, not in the sum; nor is it made there without two infinities.
        if sum.isNaN || most == .infinity || most == -.infinity {
          badRow = start / classes
          return
        }
        if least < 0 || abs(sum - 1) > 1e-3 { isProbabilities = false }
      }
    }
    return (isProbabilities, badRow)
  }

  private static func takeSoftmax(_ values: inout [Double], classes: Int) {
    values.withUnsafeMutableBufferPointer { values in
      for start in stride(from: 0, to: values.count, by: classes) {
        var most = -Double.infinity
        for k in start..<start + classes { most = max(most, values[k]) }
        var sum = 0.0
        for k in start..<start + classes {
          values[k] = exp(values[k] - most)
          sum += values[k]
        }
        for k in start..<start + classes { values[k] /= sum }
      }
    }
  }
}
