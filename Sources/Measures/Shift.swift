import Features
import Torch

/// What a classifier loses on images unlike those it knows: accuracy and calibration of a clean set and of shifted ones, and the mean
/// corruption error (Hendrycks and Dietterich 2019, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations").
///
/// With E(c, s) the error, 1 - top-1, on corruption c at severity s, E the clean error, and R(c, s), R those of a reference model:
///
/// - mean corruption error: the mean over c of the mean over s of E(c, s);
/// - CE(c) = sum_s E(c, s) / sum_s R(c, s), and mCE their mean over c: 1 is the reference;
/// - relative CE(c) = sum_s (E(c, s) - E) / sum_s (R(c, s) - R), and relative mCE their mean over c.
///
/// Corruptions weigh the same whatever the number of their severities. CE is over the severities that sets and reference share, mCE over
/// the corruptions that have one; what only one side has is listed as missing. A denominator that is not above 0 leaves the figure nil, with
/// the reason. Published figures are over all 15 corruptions of ImageNet-C and 5 severities: with anything missing they do not compare.
///
/// Intervals of accuracies are Wilson's, of 95 %. Sets made of the same images are not independent, so differences to the clean set are
/// surer than two intervals tell. ECE is `Calibration`'s, high where examples are few. Exact otherwise. Cost n K for each set, a block of
/// rows in memory at a time.
public struct Shift {
  /// A classifier's outputs on one set.
  public struct Examples {
    /// What the set is called.
    public let name: String
    /// The corruption's name and severity; nil for a plain shifted set.
    public let corruption: String?, severity: Int?
    /// Outputs (logits) [n, K].
    public let outputs: any RowSource
    /// The class of each example, in 0..<K.
    public let labels: [Int]

    /// A set; without a severity one that is shifted in another way.
    public init(
      name: String, corruption: String? = nil, severity: Int? = nil, outputs: any RowSource, labels: [Int]
    ) {
      (self.name, self.outputs, self.labels) = (name, outputs, labels)
      (self.corruption, self.severity) = severity == nil ? (nil, nil) : (corruption ?? name, severity)
    }
  }

  /// Measures the clean set and the others. With a `temperature` also NLL, Brier and ECE of outputs / temperature. Throws `MeasureError`,
  /// with the file where that is known, when outputs and labels do not fit, are not finite, differ in their classes from the clean
  /// set's, or two sets are of one corruption and severity. `progress` gets the number of sets done.
  public static func measure(
    clean: Examples, sets: [Examples], temperature: Double? = nil, reference: Reference? = nil,
    progress: (Int) -> Void = { _ in }
  ) throws -> ShiftResult {
    var names: [String: String] = [:]
    for set in sets {
      guard let corruption = set.corruption, let severity = set.severity else { continue }
      if let other = names.updateValue(set.name, forKey: "\(corruption) \(severity)") {
        throw MeasureError(
          "sets", found: "\(corruption) at severity \(severity) in \(other) and in \(set.name)",
          expected: "one set for each corruption and severity", file: set.outputs.place)
      }
    }
    var result = ShiftResult(
      temperature: temperature, reference: reference?.name, clean: try entry(clean, classes: nil, temperature))
    for (place, set) in sets.enumerated() {
      var entry = try entry(set, classes: clean.outputs.dimensions, temperature)
      entry.change = entry.figures.less(result.clean.figures)
      result.sets.append(entry)
      progress(place + 1)
    }
    result.summarize(reference)
    return result
  }

  private static func entry(
    _ set: Examples, classes: Int?, _ temperature: Double?
  ) throws -> ShiftResult.Entry {
    do {
      if let classes, set.outputs.dimensions != classes {
        throw MeasureError(
          "outputs", found: "\(set.outputs.dimensions) classes", expected: "\(classes), as the clean set")
      }
      let found = try Calibration.measure(
        ClassifierOutputs(set.outputs, labels: set.labels), temperature: temperature)
      return ShiftResult.Entry(
        name: set.name, corruption: set.corruption, severity: set.severity, n: found.n,
        interval: Accuracy.interval(found.figures.accuracy, n: found.n),
        figures: ShiftResult.Figures(found.figures, scaled: found.scaled))
    } catch var error as MeasureError {
      error.file = error.file ?? set.outputs.place ?? set.name
      throw error
    }
  }
}
