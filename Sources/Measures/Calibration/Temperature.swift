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

  /// Fits a temperature on held-out `outputs` [n, K], logits.
  public static func fitTemperature(outputs: Tensor, labels: [Int]) throws -> FittedTemperature {
    try fitTemperature(ClassifierOutputs(outputs, labels: labels))
  }

  /// Fits a temperature on held-out outputs (Guo and others 2017, "On Calibration of Modern Neural Networks"). The NLL is convex in
  /// b = 1/T with derivative sum_i (E_p[z] - z_label), so Newton steps kept inside a bracket find its only minimum to full precision. It has none
  /// at a finite T > 0 when the outputs put every label on top (b grows without bound) or when the labels' outputs are no better than the
  /// mean output (b <= 0). Of probabilities, their logarithms are divided. Some ten passes over the outputs.
  public static func fitTemperature(_ outputs: ClassifierOutputs) throws -> FittedTemperature {
    if outputs.kind == .probabilities { try outputs.check() }
    func slopes(_ b: Double) throws -> Tensor.OutputSlopes {
      let scaling = ClassScaling(
        scale: [Double](repeating: b, count: outputs.classes), offset: [Double](repeating: 0, count: outputs.classes))
      var sums = Tensor.OutputSlopes()
      try outputs.forEachBlock(asLogits: true) { rows, labels, kind in
        try rows.addOutputSlopes(labels: labels, kind: kind, scaling: scaling, to: &sums)
      }
      return sums
    }

    let plain = try slopes(1)
    guard plain.labelGap > -.infinity else {
      return .init(reason: "a label has probability 0: the negative log-likelihood is infinite at every temperature")
    }
    guard plain.widest < 0 else { return .init(reason: "every example has equal outputs for all classes") }
    guard plain.labelGap < 0 else {
      return .init(reason: "every label has the largest output: the best temperature is 0")
    }
    guard plain.uniform < 0 else {
      return .init(
        reason: "the labels' outputs are no larger than the mean output: no temperature above 0 is best")
    }
    // A bracket, from 1 or, for outputs of another size, from where they are of size 1.
    let size = plain.widest.isFinite ? -plain.widest : 1
    var (low, high) = (0.0, (1e-3...1e3).contains(size) ? 1 : 1 / size)
    var atHigh = high == 1 ? plain : try slopes(high)
    while atHigh.first < 0 {
      low = high
      high *= 2
      guard high * size < 1e12 else { return .init(reason: "the best temperature is too close to 0 to be found") }
      atHigh = try slopes(high)
    }
    var (b, sums) = (high, atHigh)
    for _ in 0..<200 {
      if sums.first == 0 { break }
      if sums.first < 0 { low = b } else { high = b }
      let newton = b * (1 - sums.first / sums.second)
      let next = newton > low && newton < high ? newton : (low + high) / 2
      if abs(next - b) <= 1e-15 * b || high - low <= 1e-15 * high {
        b = next
        break
      }
      b = next
      sums = try slopes(b)
    }
    return .init(value: 1 / b)
  }
}
