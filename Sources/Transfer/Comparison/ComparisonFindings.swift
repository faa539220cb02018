import Measures

/// What `Comparison` finds, with the keys of the tool's JSON.
public struct ComparisonFindings: Encodable, Sendable {
  /// All measures that have a verdict together.
  public enum Verdict: String, Encodable, Sendable {
    case better, worse, mixed
    case unsettled = "no difference seen"
  }

  /// Examples, those whose values are compared, and how many of these are alone in their class, which recall and mAP@R leave out.
  public let n, queries, leftOut: Int
  /// Numbers in a feature vector of each.
  public let dimensionsOld, dimensionsNew: Int
  /// Recall at every k, mAP@R, "knn_accuracy", and where there are such "probe_accuracy" and "output_accuracy".
  public let measures: [PairedMeasure]
  /// The same of every class, in ascending order of label.
  public let perClass: [ClassComparison]
  /// Debiased class separation R^2 by cosine; more is not better.
  public internal(set) var separationOld, separationNew: Double?
  /// Debiased linear CKA of old with new.
  public internal(set) var cka: Double?
  /// Why values are nil or missing.
  public internal(set) var reasons: [String: String]

  init(
    n: Int, queries: Int, leftOut: Int, dimensions: (old: Int, new: Int), measures: [PairedMeasure],
    perClass: [ClassComparison], reasons: [String: String]
  ) {
    (self.n, self.queries, self.leftOut) = (n, queries, leftOut)
    (dimensionsOld, dimensionsNew) = dimensions
    (self.measures, self.perClass, self.reasons) = (measures, perClass, reasons)
  }

  /// The measure called `name`.
  public subscript(name: String) -> PairedMeasure? { measures.first { $0.name == name } }

  /// What all measures say together; nil where none has a test.
  public var verdict: Verdict? {
    let all = measures.compactMap(\.verdict)
    guard !all.isEmpty else { return nil }
    switch (all.contains(.better), all.contains(.worse)) {
    case (true, true): return .mixed
    case (true, false): return .better
    case (false, true): return .worse
    case (false, false): return .unsettled
    }
  }

  enum CodingKeys: String, CodingKey {
    case n, queries, verdict, summary, measures, separation, cka, reasons
    case leftOut = "left_out"
    case dimensionsOld = "dimensions_old"
    case dimensionsNew = "dimensions_new"
    case perClass = "per_class"
  }

  /// Writes measures by name, and nil as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(n, forKey: .n)
    try container.encode(queries, forKey: .queries)
    try container.encode(leftOut, forKey: .leftOut)
    try container.encode(dimensionsOld, forKey: .dimensionsOld)
    try container.encode(dimensionsNew, forKey: .dimensionsNew)
    try container.encode(verdict, forKey: .verdict)
    try container.encode(summary, forKey: .summary)
    try container.encode(
      Dictionary(measures.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }), forKey: .measures)
    try container.encode(["r2_debiased_old": separationOld, "r2_debiased_new": separationNew], forKey: .separation)
    try container.encode(cka, forKey: .cka)
    try container.encode(perClass, forKey: .perClass)
    try container.encode(reasons, forKey: .reasons)
  }
}
