import Foundation
import Torch

extension Calibration {
  /// The temperature T > 0 that minimises the NLL of softmax(outputs / T), or nil with the reason when there is none.
  public struct FittedTemperature: Hashable, Sendable {
    /// T.
    public var value: Double?
    /// Why there is none.
    public var reason: String?
  }

  /// Fits a temperature on held-out `outputs` [n, K] (Guo and others 2017, "On Calibration of Modern Neural
  /// Networks"). The NLL is convex in b = 1/T with derivative sum_i (E_p[z] - z_label), so Newton steps kept inside a
  /// bracket find its only minimum to full precision. It has none at a finite T > 0 when the outputs put every label
  /// on top (b grows without bound) or when the labels' outputs are no better than the mean output (b <= 0).
  public static func fitTemperature(outputs: Tensor, labels: [Int]) throws -> FittedTemperature {
    let (n, classes) = try Accuracy.check(outputs: outputs, labels: labels)
    let values = try outputs.detach().to(.f64).doubles()
    // Differences to the row's largest, in units of their overall size, so that b is near 1.
    var gaps = [Double](repeating: 0, count: values.count)
    var scale = 0.0
    for row in 0..<n {
      let range = row * classes..<(row + 1) * classes
      let top = values[range].max() ?? 0
      for index in range {
        gaps[index] = values[index] - top
        scale = max(scale, -gaps[index])
      }
    }
    guard scale > 0 else { return .init(reason: "every example has equal outputs for all classes") }
    for index in gaps.indices { gaps[index] /= scale }

    func derivatives(_ b: Double) -> (first: Double, second: Double) {
      var first = 0.0
      var second = 0.0
      for row in 0..<n {
        let start = row * classes
        var (sum, mean, square) = (0.0, 0.0, 0.0)
        for index in start..<start + classes {
          let weight = exp(b * gaps[index])
          sum += weight
          mean += weight * gaps[index]
          square += weight * gaps[index] * gaps[index]
        }
        mean /= sum
        first += mean - gaps[start + labels[row]]
        second += max(square / sum - mean * mean, 0)
      }
      return (first, second)
    }

    guard derivatives(0).first < 0 else {
      return .init(
        reason: "the labels' outputs are no larger than the mean output: no temperature above 0 is best")
    }
    let isRight = (0..<n).allSatisfy { gaps[$0 * classes + labels[$0]] == 0 }
    guard !isRight else {
      return .init(reason: "every label has the largest output: the best temperature is 0")
    }
    var low = 0.0
    var high = 1.0
    while derivatives(high).first < 0 {
      low = high
      high *= 2
      guard high < 1e12 else { return .init(reason: "the best temperature is too close to 0 to be found") }
    }
    var b = (low + high) / 2
    for _ in 0..<200 {
      let (first, second) = derivatives(b)
      if first == 0 { break }
      if first < 0 { low = b } else { high = b }
      let newton = b - first / second
      let next = newton > low && newton < high ? newton : (low + high) / 2
      if abs(next - b) <= 1e-15 * b || high - low <= 1e-15 * high {
        b = next
        break
      }
      b = next
    }
    return .init(value: scale / b)
  }
}
