import Features
import Foundation
import TestSupport
import Testing
import Torch

@testable import Transfer

private struct Known: Decodable {
  var dimensions, k: Int
  var train, test: [Float]
  var trainLabels, testLabels, cosine, euclidean: [Int]
  var accuracy: [String: Double]

  enum CodingKeys: String, CodingKey {
    case dimensions, k, train, test, cosine, euclidean, accuracy
    case trainLabels = "train_labels"
    case testLabels = "test_labels"
  }

  static func read() throws -> Known { try fixture("neighbors", as: Known.self) }
  func base() throws -> Tensor { try Tensor(train, shape: [trainLabels.count, dimensions]) }
  func queries() throws -> Tensor { try Tensor(test, shape: [testLabels.count, dimensions]) }
}

@Suite struct NearestNeighborsTests {
  @Test(arguments: KNNOptions.Distance.allCases)
  func hasFaissNeighbors(distance: KNNOptions.Distance) throws {
    let known = try Known.read()
    for type in [ElementType.f32, .f64] {
      let found = try NeighborSearch(known.base().to(type), distance: distance).nearest(
        known.k, of: known.queries())
      #expect(found.indices == (distance == .cosine ? known.cosine : known.euclidean))
    }
  }

  @Test func hasThePeersAccuracy() throws {
    let known = try Known.read()
    for (weighting, distance) in [
      (KNNOptions.Weighting.uniform, KNNOptions.Distance.euclidean), (.distance, .euclidean),
      (.softmax, .cosine),
    ] {
      let result = try NearestNeighbors.run(
        train: known.base(), trainLabels: known.trainLabels, test: known.queries(),
        testLabels: known.testLabels,
        options: KNNOptions(ks: [known.k], distances: [distance], weightings: [weighting], holdout: 0))
      #expect(result.accuracy == known.accuracy[weighting.rawValue])
      #expect(result.k == known.k && result.table.count == 1 && result.table[0].holdoutAccuracy == nil)
    }
  }

  /// Copies of one vector everywhere: every score ties, and the lowest rows win.
  @Test(arguments: KNNOptions.Distance.allCases)
  func tiesGoToTheLowerRow(distance: KNNOptions.Distance) throws {
    let row = [0.1, -0.7, 0.3] as [Float]
    let x = try Tensor((0..<200).flatMap { _ in row }, shape: [200, 3])
    let found = try NeighborSearch(x, distance: distance).nearest(5, of: x.narrow(0, 0, 3))
    #expect(found.indices == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
    #expect(found.rescued == 3)
  }

  /// Neighbours nearer to each other than single precision can tell are told apart.
  @Test(arguments: KNNOptions.Distance.allCases)
  func ordersWhatSinglePrecisionCannot(distance: KNNOptions.Distance) throws {
    let n = 500
    let x = try Tensor((0..<n).flatMap { [1, 1e-6 * Double(n - $0)] }, shape: [n, 2])
    let found = try NeighborSearch(x, distance: distance).nearest(
      4, of: Tensor([1, 0] as [Double], shape: [1, 2]))
    #expect(found.indices == [499, 498, 497, 496])
  }

  /// Rows handed out block by block, with ties across blocks: the neighbours that sorting all scores gives.
  @Test(arguments: KNNOptions.Distance.allCases)
  func streamedRowsHaveTheSameNeighbors(distance: KNNOptions.Distance) throws {
    let (n, d, q, k) = (20_000, 3, 700, 9)
    // Few directions and lengths, so that many scores are equal.
    let values = counterNumbers(8, n * d).map { ($0 * 3).rounded() + 0.5 }
    let x = try Tensor(values, shape: [n, d])
    let streamed = ChangedRows(source: try TensorRows(x)) { $0 }
    let queries = try x.narrow(0, 5_000, q)
    let found = try NeighborSearch(streamed, distance: distance).nearest(
      k, of: ChangedRows(source: TensorRows(queries)) { $0 })
    for query in [0, 1, 350, 511, 512, q - 1] {
      let own = Array(values[(5_000 + query) * d..<(5_001 + query) * d])
      let length = own.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let scores = (0..<n).map { row in
        let other = values[row * d..<(row + 1) * d]
        let gap = zip(own, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        if distance == .euclidean { return -gap.squareRoot() }
        let size = other.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return zip(own, other).reduce(0) { $0 + $1.0 * $1.1 } / (length * size)
      }
      let order = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }.prefix(k)
      let known = found.scores[query * k..<(query + 1) * k]
      for (score, row) in zip(known, order) { #expect(abs(score - scores[row]) < 1e-12) }
    }
    let whole = try NeighborSearch(x, distance: distance).nearest(k, of: queries)
    #expect(whole.indices == found.indices && whole.scores == found.scores)
  }

  /// By products of bf16: the neighbours that sorting all scores in double gives, where these lie far apart and where
  /// neither bf16 nor f32 can tell most of them apart.
  @Test(
    .enabled(if: Machine.multipliesPairs, "the processor does not multiply pairs of bf16 fast"),
    arguments: KNNOptions.Distance.allCases, [(1.0, true), (0.004, false)])
  func roughProductsFindTheSameNeighbors(distance: KNNOptions.Distance, spread: (size: Double, isEnough: Bool)) throws {
    let (n, d, q, k) = (5_003, 37, 301, 7)
    func rows(_ stream: UInt64, _ count: Int) throws -> Tensor {
      let values = counterNumbers(stream, count * d).enumerated()
      return try Tensor(values.map { Double($0 % d % 3) + 1 + spread.size * $1 }, shape: [count, d])
    }
    for type in [ElementType.f32, .f64] {
      let (x, queries) = (try rows(11, n).to(type), try rows(12, q).to(type))
      let search = try NeighborSearch(x, distance: distance)
      // Centred, the small spread is all that the Euclidean distance sees.
      #expect(try search.isRoughEnough(queries, k) == (spread.isEnough || distance == .euclidean))
      let found = try search.search(queries, k, isRough: true)
      let (wide, points) = (try x.to(.f64), try queries.to(.f64))
      let scores: Tensor
      if distance == .cosine {
        scores = try points.matmul(wide.t()) / (points.rowNorms().unsqueeze(1) * wide.rowNorms().unsqueeze(0))
      } else {
        scores = try Tensor.stack((0..<q).map { try (wide - points.narrow(0, $0, 1)).rowNorms() }).neg()
      }
      let all = try scores.doubles()
      for query in 0..<q {
        let order = (0..<n).sorted { all[query * n + $0] > all[query * n + $1] }.prefix(k)
        #expect(try Array(order) == found.indices.narrow(0, query, 1).ints())
      }
      #expect(found.rescued == 0 || !spread.isEnough)
    }
  }

  /// Numbers whose squares leave single precision, as few rows as neighbours: no place stays empty.
  @Test(arguments: [3, 300]) func numbersBeyondSinglePrecisionAreNeighbors(count: Int) throws {
    let x = try Tensor((0..<count).map { Double($0) * 1e25 }, shape: [count, 1])
    let found = try NeighborSearch(x, distance: .euclidean).nearest(3, of: x.narrow(0, 0, 1))
    #expect(found.indices == [0, 1, 2] && found.rescued == 1)
  }

  @Test func zeroVectorsAreAtDistanceOneFromAll() throws {
    let x = try Tensor([0, 0, 1, 0, -1, 0] as [Float], shape: [3, 2])
    let found = try NeighborSearch(x, distance: .cosine).nearest(
      3, of: Tensor([2, 0] as [Float], shape: [1, 2]))
    #expect(found.indices == [1, 0, 2] && found.scores == [1, 0, -1])
  }

  @Test func choosesOnTheHoldout() throws {
    let known = try Known.read()
    let options = KNNOptions(ks: [1, 5, 20], temperatures: [0.07, 0.2], holdout: 0.2, seed: 4)
    func run(_ labels: [Int]) throws -> KNNResult {
      try NearestNeighbors.run(
        train: known.base(), trainLabels: known.trainLabels, test: known.queries(), testLabels: labels,
        options: options)
    }
    let result = try run(known.testLabels)
    #expect(result.table.count == 3 * 2 * 4)
    #expect(result.holdoutAccuracy == result.table.compactMap(\.holdoutAccuracy).max())
    let other = try run(known.testLabels.map { ($0 + 1) % 5 })
    #expect(other.table == result.table && other.k == result.k && other.weighting == result.weighting)
    let data = try JSONEncoder().encode(result)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    for key in ["seconds", "k", "distance", "weighting", "accuracy", "mean_per_class_accuracy", "table"] {
      #expect(object.keys.contains(key))
    }
    #expect(try JSONDecoder().decode(KNNResult.self, from: data) == result)
  }

  @Test func neighborsAtDistanceZeroVoteAlone() {
    let way = KNNResult.Entry(k: 3, distance: .euclidean, weighting: .distance)
    #expect(Vote.winner([2, 1, 1], [0, -1e-9, -1e-9], way, classes: 3) == 2)
    #expect(Vote.winner([2, 1, 1], [-1, -1.5, -1.5], way, classes: 3) == 1)
    let even = KNNResult.Entry(k: 2, distance: .euclidean, weighting: .uniform)
    #expect(Vote.winner([2, 1], [-1, -2], even, classes: 3) == 1)
    let sharp = KNNResult.Entry(k: 3, distance: .cosine, weighting: .softmax, temperature: 0.01)
    #expect(Vote.winner([2, 1, 1], [0.9, 0.8, 0.8], sharp, classes: 3) == 2)
  }

  @Test func withoutHoldoutNothingIsLeftToChoose() throws {
    let known = try Known.read()
    for options in [
      KNNOptions(holdout: 0),
      KNNOptions(ks: [1, 2], distances: [.cosine], weightings: [.uniform], holdout: 0),
      KNNOptions(ks: [1], distances: [.cosine], weightings: [.softmax], temperatures: [1, 2], holdout: 0),
      KNNOptions(ks: [301], distances: [.cosine], weightings: [.uniform], holdout: 0), KNNOptions(ks: [0]),
      KNNOptions(temperatures: [0]), KNNOptions(holdout: -0.1), KNNOptions(distances: []),
    ] {
      #expect(throws: TransferError.self) {
        try NearestNeighbors.run(
          train: known.base(), trainLabels: known.trainLabels, test: known.queries(),
          testLabels: known.testLabels,
          options: options)
      }
    }
  }

  /// Recall and precision of the neighbours, counted here one by one.
  @Test func answersForRetrieval() throws {
    let known = try Known.read()
    var options = KNNOptions(ks: [5], distances: [.cosine], weightings: [.uniform], holdout: 0)
    func run(_ ks: [Int]) throws -> KNNResult {
      options.ks = ks
      return try NearestNeighbors.run(
        train: known.base(), trainLabels: known.trainLabels, test: known.queries(), testLabels: known.testLabels,
        options: options)
    }
    let plain = try run([5])
    #expect(plain.retrieval == nil)
    options.retrieves = true
    let result = try run([5])
    let retrieval = try #require(result.retrieval)
    #expect(result.accuracy == plain.accuracy)
    let sizes = known.trainLabels.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    let all = try NeighborSearch(known.base(), distance: .cosine).nearest(known.trainLabels.count, of: known.queries())
    var (hits, sum, queries) = (0, 0.0, 0)
    for (query, label) in known.testLabels.enumerated() {
      guard let size = sizes[label] else { continue }
      queries += 1
      let order = all.indices[query * all.k..<(query + 1) * all.k].map { known.trainLabels[$0] == label }
      hits += order.prefix(5).contains(true) ? 1 : 0
      var right = 0
      for rank in 0..<size where order[rank] {
        right += 1
        sum += Double(right) / Double(rank + 1) / Double(size)
      }
    }
    #expect(retrieval.queries == queries && retrieval.recall == [5: Double(hits) / Double(queries)])
    #expect(abs(retrieval.mapAtR - sum / Double(queries)) < 1e-12)
  }
}
