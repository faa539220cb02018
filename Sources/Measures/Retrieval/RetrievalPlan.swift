import Features

/// What is asked of an embedding: which rows are queries, how many neighbours of each are needed, and which halves of the examples are
/// looked at. The same for two embeddings that are compared.
struct RetrievalPlan {
  let options: Retrieval.Options
  let classes: Classes
  /// Rows, ascending.
  let queries: [Int]
  /// Neighbours needed of each query.
  let depths: [Int]
  /// 1 where a half holds an example [n * halves].
  let members: [UInt8]
  /// Examples of each class in each half [K * halves].
  let sizes: [Int32]
  /// recall_at_k for every k, map_at_r, knn_accuracy.
  let names: [String]

  var count: Int { classes.indices.count }
  var halves: Int { options.halves }
  /// Places of the last two measures.
  var precision: Int { options.ks.count }
  var votes: Int { options.ks.count + 1 }
  /// Queries that are alone in their class.
  var lone: Int { queries.count { classes.sizes[classes.indices[$0]] == 1 } }

  init(count: Int, labels: [Int], _ options: Retrieval.Options) throws {
    guard labels.count == count else {
      throw MeasureError("labels", found: "\(labels.count)", expected: "\(count), one a row of the features")
    }
    guard count >= 2 else { throw MeasureError("features", found: "\(count) examples", expected: "at least 2") }
    guard !options.ks.isEmpty, options.ks.allSatisfy({ $0 > 0 }) else {
      throw MeasureError("ks", found: "\(options.ks)", expected: "numbers of neighbours, each at least 1")
    }
    guard options.voters > 0 else {
      throw MeasureError("voters", found: "\(options.voters)", expected: "at least 1")
    }
    guard options.halves >= 0 else {
      throw MeasureError("halves", found: "\(options.halves)", expected: "0 or more")
    }
    var options = options
    options.ks = Set(options.ks).sorted()
    // In a half of one example there is nothing to find.
    if count < 4 { options.halves = 0 }
    self.options = options
    let classes = Classes(labels)
    self.classes = classes
    queries = try Retrieval.queries(count: count, options)
    names = options.ks.map { "recall_at_\($0)" } + ["map_at_r", "knn_accuracy"]
    let fewest = Self.depth(min(max(options.ks.last ?? 1, options.voters), count), of: 2)
    depths = queries.map { query in
      min(max(fewest, Self.depth(classes.sizes[classes.indices[query]] - 1, of: 1)), count - 1)
    }
    var members = [UInt8](repeating: 0, count: count * options.halves)
    var sizes = [Int32](repeating: 0, count: classes.count * options.halves)
    for half in 0..<options.halves {
      for row in HalfSamples.half(of: count, seed: options.seed, half) {
        members[row * options.halves + half] = 1
        sizes[classes.indices[row] * options.halves + half] += 1
      }
    }
    (self.members, self.sizes) = (members, sizes)
  }

  /// How far a list must go for the first `wanted` that are in a half, or for all `wanted` examples of a class that are, to be
  /// in it but for chances of 1e-9.
  private static func depth(_ wanted: Int, of factor: Int) -> Int {
    let mean = Double(wanted * factor)
    return Int(mean + 6 * mean.squareRoot()) + 16
  }
}
