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
    guard let found = Self.each([values], level: level, resamples: resamples, seed: seed).first ?? nil else {
      return nil
    }
    self = found
  }

  /// Of several tables, each as alone: those of one shape share their draws, which cost more than the sums do.
  /// - Returns: one for each table in order, nil where `init` is.
  public static func each(
    _ tables: [[[Double]]], level: Double = 0.95, resamples: Int = 2000, seed: UInt64 = 0
  ) -> [HierarchicalBootstrap?] {
    var found = [HierarchicalBootstrap?](repeating: nil, count: tables.count)
    let shapes = Dictionary(grouping: tables.indices.filter { resamples > 0 && isSound(tables[$0]) }) { place in
      Shape(runs: tables[place].count, examples: tables[place].first?.count ?? 0)
    }
    for (shape, places) in shapes {
      let draws = shape.draws(places.map { tables[$0] }, resamples: resamples, seed: seed)
      for (place, own) in zip(places, draws) {
        guard let interval = ConfidenceInterval(of: own, level: level) else { continue }
        let sum = tables[place].reduce(0) { $0 + $1.reduce(0, +) / Double(shape.examples) }
        found[place] = HierarchicalBootstrap(
          runs: shape.runs, examples: shape.examples, mean: sum / Double(shape.runs), interval: interval)
      }
    }
    return found
  }

  private init(runs: Int, examples: Int, mean: Double, interval: ConfidenceInterval) {
    (self.runs, self.examples, self.mean, self.interval) = (runs, examples, mean, interval)
  }

  /// Two rows at least, of equal length, two at least, all finite.
  private static func isSound(_ values: [[Double]]) -> Bool {
    guard values.count > 1, let width = values.first?.count, width > 1 else { return false }
    return values.allSatisfy { $0.count == width && $0.allSatisfy(\.isFinite) }
  }

  private struct Shape: Hashable {
    var runs: Int
    var examples: Int

    /// The means of each table over drawn runs and examples, the same draws for all.
    func draws(_ tables: [[[Double]]], resamples: Int, seed: UInt64) -> [[Double]] {
      var generator = CounterGenerator(seed: seed, purpose: .bootstrap)
      var draws = [[Double]](repeating: [], count: tables.count)
      for _ in 0..<resamples {
        var times = [Double](repeating: 0, count: runs)
        for _ in 0..<runs { times[generator.below(runs)] += 1 }
        var weights = [Double](repeating: 0, count: examples)
        for _ in 0..<examples { weights[generator.below(examples)] += 1 }
        for (number, table) in tables.enumerated() {
          var sum = 0.0
          for (row, factor) in zip(table, times) where factor > 0 {
            var own = 0.0
            for place in 0..<examples { own += row[place] * weights[place] }
            sum += factor * own
          }
          draws[number].append(sum / Double(examples) / Double(runs))
        }
      }
      return draws
    }
  }
}
