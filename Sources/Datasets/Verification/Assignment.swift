/// The best pairing of rows with columns.
enum Assignment {
  /// For each row of a square matrix of scores [size, size] its column, each column once, so that the sum is as large
  /// as it can be.
  ///
  /// Shortest augmenting paths with potentials (Jonker and Volgenant, "A shortest augmenting path algorithm for dense
  /// and sparse linear assignment problems", Computing 38, 1987), from a greedy start in place of their reductions.
  /// O(size^3), and exact: integers throughout.
  static func maximizing(_ scores: [Int], size: Int) -> [Int] {
    guard size > 0, scores.count == size * size else { return [] }
    // Reduced costs u[i] - score[i][j] + v[j] stay >= 0, and are 0 on the pairs made.
    var u = (0..<size).map { i in scores[i * size..<(i + 1) * size].max() ?? 0 }
    var v = [Int](repeating: 0, count: size)
    var rowOf = [Int](repeating: -1, count: size)
    var columnOf = [Int](repeating: -1, count: size)
    for i in 0..<size {
      if let j = (0..<size).first(where: { rowOf[$0] < 0 && scores[i * size + $0] == u[i] }) {
        rowOf[j] = i
        columnOf[i] = j
      }
    }
    scores.withUnsafeBufferPointer { scores in
      for start in 0..<size where columnOf[start] < 0 {
        augment(from: start, scores, size, &u, &v, &rowOf, &columnOf)
      }
    }
    return columnOf
  }

  /// Gives an unpaired row a column along the cheapest alternating path.
  private static func augment(
    from start: Int, _ scores: UnsafeBufferPointer<Int>, _ size: Int, _ u: inout [Int], _ v: inout [Int],
    _ rowOf: inout [Int], _ columnOf: inout [Int]
  ) {
    var distance = [Int](repeating: .max, count: size)
    var previous = [Int](repeating: -1, count: size)
    var open = Array(0..<size)
    var closed: [Int] = []
    var row = start
    var length = 0
    var end = -1
    while end < 0 {
      var nearest = 0
      for place in open.indices {
        let j = open[place]
        let reached = length + u[row] - scores[row * size + j] + v[j]
        if reached < distance[j] {
          distance[j] = reached
          previous[j] = row
        }
        let best = open[nearest]
        // A free column ends the search, so it goes first among equals.
        if distance[j] < distance[best] || distance[j] == distance[best] && rowOf[j] < 0 && rowOf[best] >= 0 {
          nearest = place
        }
      }
      let column = open.remove(at: nearest)
      length = distance[column]
      if rowOf[column] < 0 {
        end = column
      } else {
        closed.append(column)
        row = rowOf[column]
      }
    }
    u[start] -= length
    for j in closed {
      u[rowOf[j]] -= length - distance[j]
      v[j] += length - distance[j]
    }
    var column = end
    while column >= 0 {
      let i = previous[column]
      let next = columnOf[i]
      rowOf[column] = i
      columnOf[i] = column
      column = i == start ? -1 : next
    }
  }
}
