/// Means of a tally's values: over all queries, over those of a class, and the same of each half.
struct RetrievalMeans {
  let plan: RetrievalPlan
  /// Queries of each class.
  let sizes: [Int]
  /// Queries of each class in each half [K * halves].
  private let inHalves: [Int]

  /// Why recall and mAP@R are nil where no class has two examples.
  static let nothingToFind = "every query is alone in its class"

  init(_ plan: RetrievalPlan) {
    self.plan = plan
    var sizes = [Int](repeating: 0, count: plan.classes.count)
    var inHalves = [Int](repeating: 0, count: plan.sizes.count)
    for query in plan.queries {
      let own = plan.classes.indices[query]
      sizes[own] += 1
      for half in 0..<plan.halves where plan.members[query * plan.halves + half] == 1 {
        inHalves[own * plan.halves + half] += 1
      }
    }
    (self.sizes, self.inHalves) = (sizes, inHalves)
  }

  /// Queries that count in a measure.
  func count(_ measure: Int) -> Int { measure == plan.votes ? plan.queries.count : plan.queries.count - plan.lone }

  /// The mean of the values that are not nil; nil where all are.
  func mean(_ values: [Double?]) -> Double? {
    let known = values.compactMap { $0 }
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }

  /// The mean of each class.
  func classMeans(_ values: [Double?]) -> [Double?] {
    var sums = [Double](repeating: 0, count: sizes.count)
    var counts = [Int](repeating: 0, count: sizes.count)
    for (query, value) in zip(plan.queries, values) {
      guard let value else { continue }
      sums[plan.classes.indices[query]] += value
      counts[plan.classes.indices[query]] += 1
    }
    return zip(sums, counts).map { $1 == 0 ? nil : $0 / Double($1) }
  }

  /// The mean in each half that has a query that counts, from sums [K * halves] by class; of one class, or of all.
  func halves(_ sums: [Double], _ measure: Int, of chosen: Int? = nil) -> [Double] {
    (0..<plan.halves).compactMap { half in
      var (sum, count) = (0.0, 0)
      for index in chosen.map({ $0..<$0 + 1 }) ?? 0..<sizes.count {
        let entry = index * plan.halves + half
        guard measure == plan.votes || plan.sizes[entry] > 1 else { continue }
        sum += sums[entry]
        count += inHalves[entry]
      }
      return count == 0 ? nil : sum / Double(count)
    }
  }
}
