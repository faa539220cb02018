/// What `Retrieval.compare` finds: the same measures of two embeddings, and how much they differ.
public struct PairedRetrieval: Sendable {
  /// Fewest queries of a class whose difference is tested.
  public static let fewestOfClass = 10

  /// Rows that were queries, ascending.
  public let queries: [Int]
  /// How many of them are alone in their class, which recall and mAP@R leave out.
  public let leftOut: Int
  /// Recall at every k, mAP@R and the accuracy of the nearest neighbours' vote.
  public let measures: [PairedMeasure]
  /// The same of each class, in ascending order of label; those without a query have measures without values.
  public let perClass: [[PairedMeasure]]

  init(
    _ plan: RetrievalPlan, _ old: Result<RetrievalTally, Retrieval.Undefined>,
    _ new: Result<RetrievalTally, Retrieval.Undefined>
  ) {
    (queries, leftOut) = (plan.queries, plan.lone)
    guard case .success(let before) = old, case .success(let after) = new else {
      var reasons: [String] = []
      if case .failure(let undefined) = old { reasons.append("old: \(undefined.reason)") }
      if case .failure(let undefined) = new { reasons.append("new: \(undefined.reason)") }
      let undefined = plan.names.map { PairedMeasure($0, reason: reasons.joined(separator: "; ")) }
      measures = undefined
      perClass = plan.classes.values.map { _ in undefined }
      return
    }
    let means = RetrievalMeans(plan)
    var (measures, perClass) = ([PairedMeasure](), [[PairedMeasure]](repeating: [], count: plan.classes.count))
    for (measure, name) in plan.names.enumerated() {
      let change = zip(after.sums[measure], before.sums[measure]).map { $0 - $1 }
      if let first = means.mean(before.values[measure]), let second = means.mean(after.values[measure]) {
        measures.append(
          PairedMeasure(
            name, n: means.count(measure), old: first, new: second, halves: means.halves(change, measure),
            untested: "too few examples for a test"))
      } else {
        measures.append(PairedMeasure(name, reason: RetrievalMeans.nothingToFind))
      }
      let (first, second) = (means.classMeans(before.values[measure]), means.classMeans(after.values[measure]))
      for index in perClass.indices {
        guard let before = first[index], let after = second[index] else {
          let none = means.sizes[index] == 0 ? "no query of this class" : RetrievalMeans.nothingToFind
          perClass[index].append(PairedMeasure(name, n: means.sizes[index], reason: none))
          continue
        }
        let enough = means.sizes[index] >= Self.fewestOfClass
        perClass[index].append(
          PairedMeasure(
            name, n: means.sizes[index], old: before, new: after,
            halves: enough ? means.halves(change, measure, of: index) : [],
            untested: "fewer than \(Self.fewestOfClass) examples"))
      }
    }
    (self.measures, self.perClass) = (measures, perClass)
  }
}
