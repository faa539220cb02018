import Datasets

/// The mean of a figure that every run (a seed) has for every test example, with an interval for both: other seeds,
/// other examples.
///
/// Runs share the test examples, so the two are crossed, not nested: each resample draws runs with replacement, and
/// examples with replacement, the same ones for all runs (Owen 2007, "The pigeonhole bootstrap"). Its variance is never
/// below the true one by more than terms of order 1/runs and 1/examples; it errs towards too wide. With under five runs
/// it is a rough guide only, as every bootstrap over so few.
///
/// ```swift
/// // Whether each run has each test image right, of two objectives: the difference of their accuracies.
/// let difference = zip(cosine, softmax).map { zip($0, $1).map { $0 - $1 } }
/// HierarchicalBootstrap(difference)?.interval
/// ```
public struct HierarchicalBootstrap: Codable, Hashable, Sendable {
  /// Runs.
  public var runs: Int
  /// Test examples, the same for every run.
  public var examples: Int
  /// The mean over both.
  public var mean: Double
  /// The percentile interval of the mean.
  public var interval: ConfidenceInterval

  /// Of one row a run, one value an example: answers right (1) or wrong (0), or differences of them.
  /// - Parameters:
  ///   - values: at least two rows of equal length, at least two long, all finite; else nil.
  ///   - level: the confidence.
  ///   - resamples: how many samples are drawn; each costs runs times examples operations.
  ///   - seed: of the drawing.
  public init?(_ values: [[Double]], level: Double = 0.95, resamples: Int = 2000, seed: UInt64 = 0) {
    guard values.count > 1, let width = values.first?.count, width > 1, resamples > 0,
      values.allSatisfy({ $0.count == width && $0.allSatisfy(\.isFinite) })
    else { return nil }
    let count = Double(width)
    let total = values.reduce(0) { $0 + $1.reduce(0, +) / count } / Double(values.count)
    var generator = CounterGenerator(seed: seed, purpose: .bootstrap)
    var draws: [Double] = []
    draws.reserveCapacity(resamples)
    for _ in 0..<resamples {
      var times = [Double](repeating: 0, count: values.count)
      for _ in values.indices { times[generator.below(values.count)] += 1 }
      var weights = [Double](repeating: 0, count: width)
      for _ in 0..<width { weights[generator.below(width)] += 1 }
      var sum = 0.0
      for (row, factor) in zip(values, times) where factor > 0 {
        var own = 0.0
        for place in 0..<width { own += row[place] * weights[place] }
        sum += factor * own
      }
      draws.append(sum / count / Double(values.count))
    }
    guard let interval = ConfidenceInterval(of: draws, level: level) else { return nil }
    (runs, examples, mean, self.interval) = (values.count, width, total, interval)
  }
}
