import Datasets
import Features
import Foundation
import Torch

/// How well an example finds its class: every example is a query, all others are the gallery, near is what has a high cosine
/// (of equally near examples the lower row comes first; cosines that differ by less than 1e-12 count as equal).
///
/// - `recall_at_k`: share of queries with an example of their class among the k nearest;
/// - `map_at_r`, the mean of AP@R = 1/R sum over i = 1...R of P(i) rel(i), R being the number of other examples of the query's class,
///   rel(i) whether the i-th nearest is one of them and P(i) the share of them among the i nearest (Musgrave, Belongie and Lim 2020,
///   "A Metric Learning Reality Check");
/// - `knn_accuracy`: share of queries whose class is the most frequent among the 10 nearest; of equally frequent ones the class of the
///   nearest. Where there are fewer others than k, all of them are the k nearest.
///
/// Queries that are alone in their class have nothing to find: recall and mAP@R leave them out, `knn_accuracy` counts them wrong.
///
/// Chance of recall@1 is the share of the class among the others. All rise with more examples of the same classes (mAP@R: little),
/// so files of different length do not compare. Neither lengths nor rotations are seen; shifts are.
///
/// How sure a mean is cannot be told from the queries' spread: they share the gallery, and where a class is well placed all of its
/// queries gain. For embeddings of equal worth a test of mAP@R that takes queries for independent calls three in ten different
/// at the 5 % level. So the measure is taken again in random halves of the examples (McCarthy 1969; queries and gallery), whose spread
/// is that of the whole about the truth; it errs towards too wide. Halves reuse the ranking.
///
/// Cost as `NeighborRanking`; halves: 200 simple steps for each neighbour looked at, about R of a query. Memory besides: 200 bytes an
/// example.
public struct Retrieval {
  /// What is measured.
  public struct Options: Sendable {
    /// Numbers of neighbours of recall.
    public var ks = [1, 5, 10]
    /// Neighbours that vote.
    public var voters = 10
    /// Examples that are queries; nil for all, of more than `Retrieval.queryLimit` that many at random.
    public var queries: Int?
    /// Random halves of the examples.
    public var halves = 200
    /// Decides halves and queries.
    public var seed: UInt64 = 0

    /// Recall at 1, 5 and 10, and ten voters.
    public init() {}
  }

  /// Most queries that are taken without being asked for.
  public static let queryLimit = 20_000

  /// Measures features with the class of each row. Throws `MeasureError` when these do not fit, for fewer than two examples, or numbers
  /// that are not finite; what is undefined is null, with the reason.
  public static func measure(
    _ source: any RowSource, labels: [Int], _ options: Options = Options(), progress: (Double) -> Void = { _ in }
  ) throws -> RetrievalResult {
    let plan = try RetrievalPlan(count: source.count, labels: labels, options)
    let found = try withoutGradientRethrowing { try tally(source, plan, progress) }
    return RetrievalResult(plan, found, dimensions: source.dimensions)
  }

  /// Measures two embeddings of the same examples in the same order; their dimensions may differ. Throws as `measure`.
  public static func compare(
    _ old: any RowSource, _ new: any RowSource, labels: [Int], _ options: Options = Options(),
    progress: (Double) -> Void = { _ in }
  ) throws -> PairedRetrieval {
    guard old.count == new.count else {
      throw MeasureError(
        "features", found: "\(old.count) and \(new.count) examples", expected: "the same examples in both")
    }
    let plan = try RetrievalPlan(count: old.count, labels: labels, options)
    return try withoutGradientRethrowing {
      let before = try tally(old, plan) { progress($0 / 2) }
      let after = try tally(new, plan) { progress(0.5 + $0 / 2) }
      return PairedRetrieval(plan, before, after)
    }
  }

  /// The rows that are queries, ascending.
  public static func queries(count: Int, _ options: Options) throws -> [Int] {
    if let wanted = options.queries, wanted < 1 {
      throw MeasureError("queries", found: "\(wanted)", expected: "at least 1")
    }
    let wanted = options.queries ?? queryLimit
    guard wanted < count else { return Array(0..<count) }
    return CounterGenerator.permutation(count: count, seed: options.seed, purpose: .bootstrap, 0, 3).prefix(wanted)
      .sorted()
  }

  /// Every query's values, or why there are none.
  private static func tally(
    _ source: any RowSource, _ plan: RetrievalPlan, _ progress: (Double) -> Void
  ) throws -> Result<RetrievalTally, Undefined> {
    guard let ranking = try NeighborRanking(source) else {
      return .failure(Undefined(reason: try reasonWithoutDirection(source)))
    }
    var tally = RetrievalTally(plan)
    try ranking.forEach(of: plan.queries, depths: plan.depths, progress: progress) { tally.add($0, $1) }
    return .success(tally)
  }

  private static func reasonWithoutDirection(_ source: any RowSource) throws -> String {
    var zeros = 0
    for range in source.blocks() {
      zeros += try source.rows(range).to(.f64).abs().max([1]).doubles().count { $0 == 0 }
    }
    return "\(zeros) of \(source.count) feature vectors are zero: they have no direction"
  }

  /// Why there are no values.
  struct Undefined: Error { let reason: String }
}
