/// A figure of pairs of runs gathered by objective: every objective with every other and, on the diagonal, its own
/// seeds with each other.
struct PairTable: Sendable {
  /// [objective][objective], symmetric: the mean over pairs; nil where there are none.
  var means: [[Double?]]
  /// How many pairs each mean is over.
  var counts: [[Int]]
  /// Whether objectives could only be compared by runs of one seed, which share first weights and order of samples.
  var sharesSeeds: Bool

  /// Nil where no pair has the figure. Pairs with different seeds count alone where there are some: one seed gives the
  /// same first weights, which makes objectives look more alike.
  init?(_ summary: Summary, _ pairs: [StudyContents.Pair], _ value: (StudyContents.Pair) -> Double?) {
    let places = summary.runPlaces
    let known = pairs.compactMap { pair -> (a: RunPlace, b: RunPlace, value: Double)? in
      guard pair.first != pair.second, let a = places[pair.first], let b = places[pair.second],
        let value = value(pair), value.isFinite
      else { return nil }
      return (a, b, value)
    }
    guard !known.isEmpty else { return nil }
    let different = known.filter { $0.a.seed != $0.b.seed }
    sharesSeeds = different.isEmpty
    let count = summary.rows.count
    var sums = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
    counts = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
    for one in sharesSeeds ? known : different {
      for (row, column) in Set([[one.a.row, one.b.row], [one.b.row, one.a.row]]).map({ ($0[0], $0[1]) }) {
        sums[row][column] += one.value
        counts[row][column] += 1
      }
    }
    let found = counts
    means = sums.enumerated().map { row, line in
      line.enumerated().map { column, sum in
        found[row][column] > 0 ? sum / Double(found[row][column]) : nil
      }
    }
  }

  /// Means over the pairs of one objective and over those of two, with how many there are.
  var sameAndDifferent: (same: Double?, sameCount: Int, different: Double?, differentCount: Int) {
    var (same, different) = ((0.0, 0), (0.0, 0))
    for (row, line) in means.enumerated() {
      for (column, mean) in line.enumerated() where column >= row {
        guard let mean else { continue }
        let n = counts[row][column]
        if row == column { same = (same.0 + mean * Double(n), same.1 + n) }
        if row != column { different = (different.0 + mean * Double(n), different.1 + n) }
      }
    }
    return (
      same.1 > 0 ? same.0 / Double(same.1) : nil, same.1,
      different.1 > 0 ? different.0 / Double(different.1) : nil, different.1
    )
  }
}

/// Where a run stands: its objective's row, and its seed.
struct RunPlace: Sendable {
  var row: Int
  var seed: Int
}

extension Summary {
  /// Rows and seeds by the runs' digests.
  var runPlaces: [String: RunPlace] {
    var places: [String: RunPlace] = [:]
    for row in rows { for run in row.runs { places[run.digest] = RunPlace(row: row.index, seed: run.seed) } }
    return places
  }

  /// The rows by objective of a figure of pairs, of one layer with the same layer where one is named.
  func pairTable(_ name: String, layer: String = "") -> PairTable? {
    let own = contents.pairs.filter { $0.name == name && $0.firstLayer == layer && $0.secondLayer == layer }
    return PairTable(self, own) { $0.value }
  }

  /// Accuracy of two runs together less the mean of theirs.
  var ensembleGain: PairTable? {
    let top1 = Dictionary(
      contents.runs.map { ($0.digest, Column.top1.value($0).value) }, uniquingKeysWith: { first, _ in first })
    return PairTable(self, contents.pairs.filter { $0.name == "ensemble_top1" }) { pair in
      guard let value = pair.value, let a = top1[pair.first] ?? nil, let b = top1[pair.second] ?? nil else {
        return nil
      }
      return value - (a + b) / 2
    }
  }
}
