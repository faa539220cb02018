import Features
import Measures
import Torch

/// Whether a new embedding of the same examples is better than an old one, for what, by how much, and how sure that is.
///
/// Every measure gives each example a value under both, so that what the examples have in common cancels: `Retrieval`'s recall and mAP@R
/// (for search), the vote of the nearest neighbours, a linear probe by cross-validation (for a classifier on top), and, where both hold
/// outputs, how often the largest is the label's. `PairedMeasure` says what is made of the differences.
///
/// Beside them, without a verdict: class separation R^2 of both, of which more is not better (Kornblith and others 2021: objectives that
/// raise it transfer worse), and the debiased linear CKA of old with new, 1 for the same up to a rotation and a factor.
///
/// With more than `Retrieval.queryLimit` examples that many at random are queries; probe and outputs then look at these alone.
public struct Comparison {
  /// One of the two.
  public struct Embedding {
    /// A row of features for each example.
    public var rows: any RowSource
    /// Outputs [n, K] of a classifier, column k for label k; nil without.
    public var outputs: (any RowSource)?

    /// An embedding with or without outputs.
    public init(_ rows: any RowSource, outputs: (any RowSource)? = nil) {
      (self.rows, self.outputs) = (rows, outputs)
    }
  }

  /// What may be left out.
  public enum Part: String, Sendable, CaseIterable { case probe, separation, cka }

  /// What is compared.
  public struct Options: Sendable {
    /// Neighbours, queries, halves and their seed.
    public var retrieval = Retrieval.Options()
    /// Folds of the probe. More are nearer to a probe that learns from all, at a cost that grows with them.
    public var folds = 2
    /// The probe's penalties and accuracy; its seed decides folds and holdouts.
    public var probe = ProbeOptions(
      lambdas: ProbeOptions.grid(low: 1e-3, high: 1e4, count: 8), accuracy: .protocolBound)
    /// What is left out.
    public var skipped: Set<Part> = []

    /// Everything; two folds, a penalty for every power of ten.
    public init() {}
  }

  /// Compares. Throws `MeasureError` or `TransferError` when examples and labels do not fit, for fewer than two examples, or numbers
  /// that are not finite; what is undefined is null, with the reason.
  public static func run(
    old: Embedding, new: Embedding, labels: [Int], _ options: Options = Options(),
    progress: (String, Double) -> Void = { _, _ in }
  ) throws -> ComparisonFindings {
    let retrieval = try Retrieval.compare(old.rows, new.rows, labels: labels, options.retrieval) {
      progress("neighbours", $0)
    }
    let queries = retrieval.queries
    let asked = queries.map { labels[$0] }
    var reasons: [String: String] = [:]
    // Whether each query's answer was right, under both.
    var answers: [(name: String, old: [Bool], new: [Bool], factor: Double)] = []
    if !options.skipped.contains(.probe) {
      switch try probe(old, new, queries, asked, options, progress) {
      case .success(let pair):
        answers.append(("probe_accuracy", pair.old, pair.new, CrossValidation.factor(folds: options.folds)))
      case .failure(let undefined): reasons["probe_accuracy"] = undefined.reason
      }
    }
    switch try outputs(old, new, queries, asked) {
    case .success(let pair): answers.append(("output_accuracy", pair.old, pair.new, 1))
    case .failure(let undefined): reasons["output_accuracy"] = undefined.reason
    }
    var measures =
      retrieval.measures + answers.map { PairedMeasure($0.name, old: $0.old, new: $0.new, factor: $0.factor) }
    PairedMeasure.correct(&measures)
    var result = ComparisonFindings(
      n: labels.count, queries: queries.count, leftOut: retrieval.leftOut,
      dimensions: (old.rows.dimensions, new.rows.dimensions), measures: measures,
      perClass: ClassComparison.all(retrieval, labels: labels, asked: asked, answers: answers), reasons: reasons)
    try describe(old, new, labels, options, into: &result)
    return result
  }

  private static func probe(
    _ old: Embedding, _ new: Embedding, _ queries: [Int], _ labels: [Int], _ options: Options,
    _ progress: (String, Double) -> Void
  ) throws -> Result<(old: [Bool], new: [Bool]), Undefined> {
    guard labels.count >= options.folds else {
      return .failure(Undefined(reason: "fewer examples than folds: \(labels.count) for \(options.folds)"))
    }
    let validation = try CrossValidation(labels: labels, folds: options.folds, options.probe)
    if let reason = validation.reason() { return .failure(Undefined(reason: reason)) }
    func right(_ embedding: Embedding, _ start: Double) throws -> [Bool] {
      let rows = try ChosenRows(embedding.rows, queries).allRows()
      let wide = rows.elementType == .f64 ? rows : try rows.to(.f32)
      let answers = try validation.answers(wide) { progress("linear probes", start + $0 / 2) }
      return zip(answers, labels).map { $0 == $1 }
    }
    return .success((try right(old, 0), try right(new, 0.5)))
  }

  private static func outputs(
    _ old: Embedding, _ new: Embedding, _ queries: [Int], _ labels: [Int]
  ) throws -> Result<(old: [Bool], new: [Bool]), Undefined> {
    guard let before = old.outputs, let after = new.outputs else {
      let holds = old.outputs == nil && new.outputs == nil ? "neither file holds" : "one file alone holds"
      return .failure(Undefined(reason: "\(holds) outputs"))
    }
    let classes = min(before.dimensions, after.dimensions)
    if let label = labels.first(where: { $0 < 0 || $0 >= classes }) {
      return .failure(Undefined(reason: "label \(label) is no column of the outputs, 0..<\(classes)"))
    }
    func right(_ outputs: any RowSource) throws -> [Bool] {
      let chosen = ChosenRows(outputs, queries)
      var answers: [Int] = []
      for range in chosen.blocks() {
        let rows = try chosen.rows(range)
        guard try rows.isAllFinite() else {
          throw MeasureError("outputs", found: "NaN or infinity", expected: "finite numbers")
        }
        answers += try rows.argmax(1).ints()
      }
      return zip(answers, labels).map { $0 == $1 }
    }
    return .success((try right(before), try right(after)))
  }

  /// What has no verdict.
  private static func describe(
    _ old: Embedding, _ new: Embedding, _ labels: [Int], _ options: Options, into result: inout ComparisonFindings
  ) throws {
    if !options.skipped.contains(.separation) {
      func separation(_ rows: any RowSource) throws -> SeparationResult.Entry? {
        try ClassSeparation.measure(rows, labels: labels, distances: [.cosine]).cosine
      }
      let (before, after) = (try separation(old.rows), try separation(new.rows))
      (result.separationOld, result.separationNew) = (before?.r2Debiased, after?.r2Debiased)
      if let reason = before?.reason ?? after?.reason { result.reasons["r2_debiased"] = reason }
    }
    if !options.skipped.contains(.cka) {
      guard labels.count >= 4 else {
        result.reasons["cka"] = "fewer than 4 examples"
        return
      }
      let pair = try CKA.compare([
        [CKA.Layer(name: "old", rows: old.rows)], [CKA.Layer(name: "new", rows: new.rows)],
      ]).pairs.first
      result.cka = pair?.cka.first?.first ?? nil
      if result.cka == nil { result.reasons["cka"] = pair?.reasons.first ?? "not defined" }
    }
  }

  /// Why there are no values.
  private struct Undefined: Error { let reason: String }
}
