import Features
import Foundation
import Torch

/// Whether a classifier's probabilities, softmax(outputs), mean what they say.
public struct Calibration {
  /// Equal-width bins of confidence: [k/15, (k+1)/15), the last one closed.
  public static let binCount = 15

  /// The bin of a probability: the last whose lower edge k/15, rounded to double, is at most `value`, so that 0 falls
  /// in the first and 1 in the last.
  public static func bin(of value: Double) -> Int {
    var bin = min(max(Int(value * Double(binCount)), 0), binCount - 1)
    // The product may round across an edge.
    if bin > 0 && value < Double(bin) / Double(binCount) { bin -= 1 }
    if bin < binCount - 1 && value >= Double(bin + 1) / Double(binCount) { bin += 1 }
    return bin
  }

  /// Measures `outputs` [n, K] against `labels`; with a `temperature` T also those of outputs / T under `scaled`.
  public static func measure(
    outputs: Tensor, labels: [Int], temperature: Double? = nil
  ) throws -> CalibrationResult {
    let (n, classes) = try Accuracy.check(outputs: outputs, labels: labels)
    let logits = try outputs.detach().to(.f64)
    let raw = try figures(logits, labels: labels)
    var scaled: CalibrationResult.Figures?
    if let temperature {
      guard temperature > 0, temperature.isFinite else {
        throw MeasureError("temperature", found: "\(temperature)", expected: "a number above 0")
      }
      scaled = try figures(logits * (1 / temperature), labels: labels).figures
    }
    return CalibrationResult(
      n: n, classes: classes, figures: raw.figures, temperature: temperature, scaled: scaled, bins: raw.bins)
  }

  private static func figures(
    _ logits: Tensor, labels: [Int]
  ) throws -> (figures: CalibrationResult.Figures, bins: [CalibrationResult.Bin]) {
    let classes = logits.shape[1]
    let log = try logits.logSoftmax(1).doubles()
    let n = Double(labels.count)
    var nll = 0.0
    var brier = 0.0
    var hits = 0
    var confidences: [Double] = []
    var right: [Bool] = []
    var top = Bins()
    var ofClass = [Bins](repeating: Bins(), count: classes)
    for (row, label) in labels.enumerated() {
      let start = row * classes
      nll -= log[start + label]
      var best = 0
      for index in 0..<classes {
        let probability = exp(log[start + index])
        let error = probability - (index == label ? 1 : 0)
        brier += error * error
        ofClass[index].add(probability, index == label)
        if log[start + index] > log[start + best] { best = index }
      }
      let confidence = min(exp(log[start + best]), 1)
      confidences.append(confidence)
      right.append(best == label)
      top.add(confidence, best == label)
      if best == label { hits += 1 }
    }
    let figures = CalibrationResult.Figures(
      nll: nll / n, brier: brier / n, ece: top.error(n), eceAdaptive: adaptive(confidences, right),
      eceClasswise: ofClass.reduce(0) { $0 + $1.error(n) } / Double(classes), accuracy: Double(hits) / n)
    return (figures, top.reliability)
  }

  /// ECE over bins of (nearly) equal counts: an example with r others of lower confidence falls in bin floor(15 r / n),
  /// so that equal confidences share a bin and the order of the examples does not matter.
  static func adaptive(_ confidences: [Double], _ right: [Bool]) -> Double {
    let n = confidences.count
    let order = confidences.indices.sorted { confidences[$0] < confidences[$1] }
    var sums = [Double](repeating: 0, count: binCount)
    var lower = 0
    for (place, index) in order.enumerated() {
      if place > 0 && confidences[index] > confidences[order[place - 1]] { lower = place }
      sums[lower * binCount / n] += confidences[index] - (right[index] ? 1 : 0)
    }
    return sums.reduce(0) { $0 + abs($1) } / Double(n)
  }

  /// Sums over equal-width bins.
  private struct Bins {
    var counts = [Int](repeating: 0, count: binCount)
    var confidence = [Double](repeating: 0, count: binCount)
    var hits = [Int](repeating: 0, count: binCount)

    mutating func add(_ value: Double, _ isRight: Bool) {
      let bin = Calibration.bin(of: value)
      counts[bin] += 1
      confidence[bin] += value
      if isRight { hits[bin] += 1 }
    }

    /// sum over bins of (share of examples) |accuracy - confidence|.
    func error(_ n: Double) -> Double {
      zip(confidence, hits).reduce(0) { $0 + abs($1.0 - Double($1.1)) } / n
    }

    var reliability: [CalibrationResult.Bin] {
      (0..<binCount).map { bin in
        let count = Double(counts[bin])
        return CalibrationResult.Bin(
          low: Double(bin) / Double(binCount), high: Double(bin + 1) / Double(binCount), count: counts[bin],
          confidence: counts[bin] == 0 ? nil : confidence[bin] / count,
          accuracy: counts[bin] == 0 ? nil : Double(hits[bin]) / count)
      }
    }
  }
}
