/// What the queries of one embedding come to, for all examples and for each half of them.
struct RetrievalTally {
  let plan: RetrievalPlan
  /// Each query's value of each measure; nil where it has nothing to find [measures][queries].
  private(set) var values: [[Double?]]
  /// Sums over the queries of a class in a half that have something to find there [measures][K * halves].
  private(set) var sums: [[Double]]

  // Of one query, for each half: neighbours passed, those of its class, the place of the first of these, and the sum of P(i) rel(i).
  private var passed, found, first: [Int32]
  private var precision: [Float]
  private var counts: [Int]

  init(_ plan: RetrievalPlan) {
    self.plan = plan
    values = plan.names.map { _ in [Double?](repeating: nil, count: plan.queries.count) }
    sums = plan.names.map { _ in [Double](repeating: 0, count: plan.classes.count * plan.halves) }
    passed = [Int32](repeating: 0, count: plan.halves)
    (found, first) = (passed, passed)
    precision = [Float](repeating: 0, count: plan.halves)
    counts = [Int](repeating: 0, count: plan.classes.count)
  }

  /// Takes in the neighbours of the query at `place`, nearest first, itself left out.
  mutating func add(_ place: Int, _ neighbors: ArraySlice<Int>) {
    let query = plan.queries[place]
    let own = plan.classes.indices[query]
    let neighbors = neighbors.prefix(plan.depths[place])
    addWhole(place, own, neighbors)
    if plan.halves > 0 { addHalves(query, own, neighbors) }
  }

  private mutating func addWhole(_ place: Int, _ own: Int, _ neighbors: ArraySlice<Int>) {
    values[plan.votes][place] = vote(neighbors.prefix(plan.options.voters)) == own ? 1 : 0
    let mates = plan.classes.sizes[own] - 1
    guard mates > 0 else { return }
    var (found, first, sum) = (0, Int.max, 0.0)
    for (rank, row) in neighbors.enumerated() where plan.classes.indices[row] == own {
      found += 1
      first = min(first, rank)
      if rank < mates { sum += Double(found) / Double(rank + 1) }
    }
    for (measure, k) in plan.options.ks.enumerated() { values[measure][place] = first < k ? 1 : 0 }
    values[plan.precision][place] = sum / Double(mates)
  }

  /// The same with the examples of each half that holds the query.
  private mutating func addHalves(_ query: Int, _ own: Int, _ neighbors: ArraySlice<Int>) {
    let halves = plan.halves
    for half in 0..<halves { (passed[half], found[half], first[half], precision[half]) = (0, 0, .max, 0) }
    plan.members.withUnsafeBufferPointer { members in
      plan.sizes.withUnsafeBufferPointer { sizes in
        let sizes = UnsafeBufferPointer(rebasing: sizes[own * halves..<(own + 1) * halves])
        for row in neighbors {
          let isIn = UnsafeBufferPointer(rebasing: members[row * halves..<(row + 1) * halves])
          if plan.classes.indices[row] == own { find(isIn, sizes) } else { pass(isIn) }
        }
      }
    }
    for half in 0..<halves where plan.members[query * halves + half] == 1 {
      let entry = own * halves + half
      sums[plan.votes][entry] += vote(inHalf: half, neighbors) == own ? 1 : 0
      let mates = plan.sizes[entry] - 1
      guard mates > 0 else { continue }
      for (measure, k) in plan.options.ks.enumerated() where Int(first[half]) <= k { sums[measure][entry] += 1 }
      sums[plan.precision][entry] += Double(precision[half]) / Double(mates)
    }
  }

  /// A neighbour of another class: every half that holds it is one further.
  private mutating func pass(_ isIn: UnsafeBufferPointer<UInt8>) {
    passed.withUnsafeMutableBufferPointer { passed in
      for half in 0..<isIn.count { passed[half] &+= Int32(isIn[half]) }
    }
  }

  /// A neighbour of the query's class.
  private mutating func find(_ isIn: UnsafeBufferPointer<UInt8>, _ sizes: UnsafeBufferPointer<Int32>) {
    passed.withUnsafeMutableBufferPointer { passed in
      found.withUnsafeMutableBufferPointer { found in
        first.withUnsafeMutableBufferPointer { first in
          precision.withUnsafeMutableBufferPointer { precision in
            for half in 0..<isIn.count {
              let one = Int32(isIn[half])
              passed[half] &+= one
              found[half] &+= one
              if one == 1 { first[half] = min(first[half], passed[half]) }
              let counts = one == 1 && passed[half] < sizes[half]
              precision[half] += counts ? Float(found[half]) / Float(passed[half]) : 0
            }
          }
        }
      }
    }
  }

  /// The class that most have; of equals that of the nearest. -1 without neighbours.
  private mutating func vote(_ neighbors: some Collection<Int>) -> Int {
    for row in neighbors { counts[plan.classes.indices[row]] += 1 }
    var (winner, most) = (-1, 0)
    for row in neighbors where counts[plan.classes.indices[row]] > most {
      winner = plan.classes.indices[row]
      most = counts[winner]
    }
    for row in neighbors { counts[plan.classes.indices[row]] = 0 }
    return winner
  }

  private mutating func vote(inHalf half: Int, _ neighbors: ArraySlice<Int>) -> Int {
    vote(neighbors.lazy.filter { [plan] in plan.members[$0 * plan.halves + half] == 1 }.prefix(plan.options.voters))
  }
}
