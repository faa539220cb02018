import Datasets
import Features
import Foundation
import Measures
import Torch

/// Classification by the nearest training examples: cosine or Euclidean, every k, weighting and temperature from one
/// search. The holdout chooses among them; the test set chooses nothing.
public struct NearestNeighbors {
  /// Searches, chooses and tests. `train` and `test` are [n, d] (further sides are flattened); labels may be any whole
  /// numbers. Throws `TransferError` for input that does not fit.
  public static func run(
    train: Tensor, trainLabels: [Int], test: Tensor, testLabels: [Int], options: KNNOptions = .init()
  ) throws -> KNNResult {
    try run {
      try classify(
        LabelledFeatures(train, trainLabels, name: "train"), LabelledFeatures(test, testLabels, name: "test"),
        options)
    }
  }

  /// The same of rows that are read block by block, so that they need not fit into memory.
  public static func run(
    train: any RowSource, trainLabels: [Int], test: any RowSource, testLabels: [Int], options: KNNOptions = .init()
  ) throws -> KNNResult {
    try run {
      try classify(
        LabelledFeatures(train, trainLabels, name: "train"), LabelledFeatures(test, testLabels, name: "test"),
        options)
    }
  }

  private static func run(_ body: () throws -> KNNResult) throws -> KNNResult {
    let clock = ContinuousClock()
    let start = clock.now
    var result = try withoutGradientRethrowing(body)
    let elapsed = (clock.now - start).components
    result.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    return result
  }

  private static func classify(
    _ train: LabelledFeatures, _ test: LabelledFeatures, _ options: KNNOptions
  ) throws -> KNNResult {
    guard train.dimensions == test.dimensions else {
      throw TransferError(
        "test features", found: "\(test.dimensions) columns",
        expected: "\(train.dimensions), as in the training set")
    }
    if let groups = options.groups, groups.count != train.count {
      throw TransferError(
        "groups", found: "\(groups.count)", expected: "\(train.count), one a training example")
    }
    let (kept, held) =
      options.holdout > 0 && options.holdout < 1
      ? Holdout.split(
        labels: train.labels, groups: options.groups, fraction: options.holdout, seed: options.seed,
        purpose: .transfer)
      : (Array(0..<train.count), [])
    try options.validate(count: kept.count)
    if options.holdout > 0 && held.isEmpty {
      throw TransferError(
        "holdout", found: "\(options.holdout) of \(train.count) examples",
        expected: "a share that holds at least one")
    }
    var options = options
    if options.ks.isEmpty { options.ks = KNNOptions.standardKs.filter { $0 <= kept.count } }
    let classes = Classes(train.labels)
    var table = ways(options)
    if !held.isEmpty {
      let (base, queries) = (try train.selecting(kept), try train.selecting(held))
      for distance in options.distances {
        let places = table.indices.filter { table[$0].distance == distance }
        let predictions = try predict(queries, from: base, classes, places.map { table[$0] }, distance).predictions
        for (place, predicted) in zip(places, predictions) {
          let hits = zip(predicted, queries.labels).count { $0 == $1 }
          table[place].holdoutAccuracy = Double(hits) / Double(queries.count)
        }
      }
    }
    // Of equal accuracies the first: the smallest k, then the order of the lists.
    var chosen = table[0]
    for entry in table where (entry.holdoutAccuracy ?? 0) > (chosen.holdoutAccuracy ?? 0) { chosen = entry }
    let most = options.retrieves ? max(classes.sizes.max() ?? 1, options.ks.max() ?? 1) : chosen.k
    let found = try predict(test, from: train, classes, [chosen], chosen.distance, most: most)
    let predicted = found.predictions[0]
    let hits = zip(predicted, test.labels).count { $0 == $1 }
    return KNNResult(
      n: train.count, queries: test.count, dimensions: train.dimensions, classes: classes.count, k: chosen.k,
      distance: chosen.distance, weighting: chosen.weighting, temperature: chosen.temperature,
      accuracy: Double(hits) / Double(test.count),
      meanPerClassAccuracy: Accuracy.meanPerClass(predicted: predicted, labels: test.labels),
      holdoutAccuracy: chosen.holdoutAccuracy, seconds: 0,
      retrieval: options.retrieves
        ? retrieval(found.neighbors, train.labels, test.labels, classes, ks: Set(options.ks).sorted()) : nil,
      table: table)
  }

  /// All combinations, k outermost and ascending.
  private static func ways(_ options: KNNOptions) -> [KNNResult.Entry] {
    Set(options.ks).sorted().flatMap { k in
      options.distances.flatMap { distance in
        options.weightings.flatMap { weighting in
          (weighting == .softmax ? options.temperatures.map(Optional.some) : [nil]).map {
            KNNResult.Entry(k: k, distance: distance, weighting: weighting, temperature: $0)
          }
        }
      }
    }
  }

  /// Recall and mean average precision of the neighbours of each query.
  private static func retrieval(
    _ neighbors: NeighborSearch.Neighbors, _ gallery: [Int], _ labels: [Int], _ classes: Classes, ks: [Int]
  ) -> KNNResult.Retrieval? {
    var hits = [Int](repeating: 0, count: ks.count)
    var (sum, queries) = (0.0, 0)
    for (query, label) in labels.enumerated() {
      guard let own = classes.index(of: label) else { continue }
      queries += 1
      let isRight = neighbors.indices[query * neighbors.k..<(query + 1) * neighbors.k].map { gallery[$0] == label }
      if let first = isRight.firstIndex(of: true) {
        for (place, k) in ks.enumerated() where first < k { hits[place] += 1 }
      }
      var (right, precision) = (0, 0.0)
      for (rank, hit) in isRight.prefix(classes.sizes[own]).enumerated() where hit {
        right += 1
        precision += Double(right) / Double(rank + 1)
      }
      sum += precision / Double(classes.sizes[own])
    }
    guard queries > 0 else { return nil }
    return KNNResult.Retrieval(
      recall: Dictionary(uniqueKeysWithValues: zip(ks, hits.map { Double($0) / Double(queries) })),
      mapAtR: sum / Double(queries), queries: queries)
  }

  /// The label that each way gives each query [ways][queries], from one search.
  private static func predict(
    _ queries: LabelledFeatures, from base: LabelledFeatures, _ classes: Classes, _ ways: [KNNResult.Entry],
    _ distance: KNNOptions.Distance, most: Int? = nil
  ) throws -> (predictions: [[Int]], neighbors: NeighborSearch.Neighbors) {
    let most = most ?? ways.map(\.k).max() ?? 1
    let neighbors = try NeighborSearch(base.rows, distance: distance).nearest(most, of: queries.rows)
    let classOf = base.labels.map { classes.index(of: $0) ?? 0 }
    var predictions = [[Int]](repeating: [], count: ways.count)
    for query in 0..<queries.count {
      let range = query * most..<(query + 1) * most
      let found = neighbors.indices[range].map { classOf[$0] }
      let scores = Array(neighbors.scores[range])
      for (place, way) in ways.enumerated() {
        let winner = Vote.winner(found.prefix(way.k), scores.prefix(way.k), way, classes: classes.count)
        predictions[place].append(classes.values[winner])
      }
    }
    return (predictions, neighbors)
  }
}

/// What neighbours' votes come to.
enum Vote {
  /// The class with the largest sum of votes; of equals the lowest.
  static func winner(
    _ found: ArraySlice<Int>, _ scores: ArraySlice<Double>, _ way: KNNResult.Entry, classes: Int
  ) -> Int {
    var votes = [Double](repeating: 0, count: classes)
    let nearest = scores.first ?? 0
    // Cosines of equal vectors may miss 1 by rounding.
    let zero = way.distance == .cosine ? 1e-15 : 0
    let distances = { (score: Double) in way.distance == .cosine ? 1 - score : -score }
    let hasZero = distances(nearest) <= zero
    for (index, score) in zip(found, scores) {
      switch way.weighting {
      case .uniform: votes[index] += 1
      case .distance:
        let distance = distances(score)
        votes[index] += hasZero ? (distance <= zero ? 1 : 0) : 1 / distance
      case .softmax: votes[index] += exp((score - nearest) / (way.temperature ?? 0.07))
      }
    }
    var best = 0
    for index in votes.indices where votes[index] > votes[best] { best = index }
    return best
  }
}
