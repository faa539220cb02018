import Features
import Foundation
import Torch

/// Whether a classifier's probabilities mean what they say. Of p = softmax(outputs), or of probabilities as they are, with c the largest p of an
/// example, a whether the first class that has it is the label, over n examples:
///
/// - `nll`: mean of -log p(label); `brier`: mean of sum_k (p_k - [k = label])^2 (Brier 1950); `accuracy`: mean of a;
/// - `ece`: sum over bins of (share of examples) |mean c - mean a|, in 15 equal widths of c (Naeini and others 2015; Guo and others 2017),
///   `ece_adaptive` in 15 equal counts, `ece_classwise` the mean over classes k of the same with p_k and [k = label] in place of c and a.
///   Biased upwards, the more the fewer examples there are in a bin;
/// - `ece_debiased`: from each bin's term is taken what it would gain by noise, E|N(g, s^2)| - |g| with g = mean c - mean a and s^2 = mean a
///   (1 - mean a) / (m - 1), m examples; `calibration_error_squared_debiased`: sum of shares (g^2 - s^2) (Kumar, Liang, Ma 2019, definition
///   4.3), which may be below 0. Bins with one example stay as they are;
/// - `ece_smooth`: the width s at which the integral of |E (a - c) K_s(t, c)| over t in 0...1 is s itself, K_s the Gaussian of that width reflected
///   at 0 and 1 (Blasiok and Nakkiran 2023). No bins, continuous in the outputs; biased upwards by about 1/sqrt(n);
/// - `aurc`: the mean error rate of the examples with the largest c, over every number of them, equal c in the mean over their orders
///   (Geifman and El-Yaniv 2017); `aurc_excess`: less that of the best order.
///
/// Cost n K for one pass, in double, and n log n. Memory: one block of outputs, and four numbers an example.
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

  /// What is measured beside the figures.
  public struct Options: Sendable {
    /// Half samples for intervals; 0 for none.
    public var bootstrap = 0
    /// Share of half samples within the interval.
    public var confidence = 0.95
    /// Seed of the half samples.
    public var seed: UInt64 = 0

    /// None.
    public init() {}
  }

  /// Measures `outputs` [n, K] (logits) against `labels`; with a `temperature` T also those of outputs / T under `scaled`.
  public static func measure(
    outputs: Tensor, labels: [Int], temperature: Double? = nil
  ) throws -> CalibrationResult {
    try measure(ClassifierOutputs(outputs, labels: labels), temperature: temperature)
  }

  /// Measures outputs as they are; with a `temperature` T also softmax(log p / T), with `vector` also softmax(scale log p + offset). Throws
  /// `MeasureError` naming the first row that is not finite or holds no probabilities.
  public static func measure(
    _ outputs: ClassifierOutputs, temperature: Double? = nil, vector: ClassScaling? = nil, options: Options = Options()
  ) throws -> CalibrationResult {
    if let temperature {
      guard temperature > 0, temperature.isFinite else {
        throw MeasureError("temperature", found: "\(temperature)", expected: "a number above 0")
      }
    }
    guard options.bootstrap == 0 || outputs.count >= 8 else {
      throw MeasureError("bootstrap", found: "\(outputs.count) examples", expected: "at least 8 for half samples")
    }
    let classes = outputs.classes
    let raw = try ExampleScores(outputs)
    var result = CalibrationResult(n: outputs.count, classes: classes, figures: raw.figures(), bins: raw.reliability)
    result.intervals = try raw.intervals(options)
    if let temperature {
      let scaling = ClassScaling(
        scale: [Double](repeating: 1 / temperature, count: classes), offset: [Double](repeating: 0, count: classes))
      let scaled = try ExampleScores(outputs, scaling)
      (result.temperature, result.scaled) = (temperature, scaled.figures())
      result.scaledBins = scaled.reliability
    }
    if let vector { result.vectorScaled = try ExampleScores(outputs, vector).figures() }
    return result
  }
}
