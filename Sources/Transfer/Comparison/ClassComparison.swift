import Measures

/// How one class fares under the old and the new embedding. Its p values are corrected over classes, measure by measure (Holm 1979), so
/// `isSettled` marks what stands out among all classes. Neighbours of fewer than 10 examples are not tested.
public struct ClassComparison: Encodable, Sendable {
  /// The class, and how many of its examples are compared.
  public let label, n: Int
  /// As the comparison's.
  public internal(set) var measures: [PairedMeasure]

  /// The measure called `name`.
  public subscript(name: String) -> PairedMeasure? { measures.first { $0.name == name } }

  /// Every class in ascending order of label. `answers` are right or wrong for each query, `asked` the queries' labels.
  static func all(
    _ retrieval: PairedRetrieval, labels: [Int], asked: [Int],
    answers: [(name: String, old: [Bool], new: [Bool], factor: Double)]
  ) -> [ClassComparison] {
    let classes = Classes(labels)
    let queries = Dictionary(grouping: asked.indices, by: { asked[$0] })
    var all = zip(classes.values, retrieval.perClass).map { label, measures in
      let places = queries[label] ?? []
      return ClassComparison(
        label: label, n: places.count,
        measures: measures
          + answers.map { name, old, new, factor in
            PairedMeasure(name, old: places.map { old[$0] }, new: places.map { new[$0] }, factor: factor)
          })
    }
    for measure in 0..<(all.first?.measures.count ?? 0) {
      var column = all.map { $0.measures[measure] }
      PairedMeasure.correct(&column)
      for (place, corrected) in column.enumerated() { all[place].measures[measure] = corrected }
    }
    return all
  }

  enum CodingKeys: String, CodingKey { case label, n, measures }

  /// Writes measures by name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(label, forKey: .label)
    try container.encode(n, forKey: .n)
    try container.encode(
      Dictionary(measures.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }), forKey: .measures)
  }
}
