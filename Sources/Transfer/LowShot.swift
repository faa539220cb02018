import Datasets
import Foundation
import Measures
import Torch

/// Linear probes from few examples: for each number of examples a class, several draws from the training set, each a probe tested on
/// the whole test set. Draws of one number are nested in those of larger ones, and equal for every embedding of the same examples,
/// so that comparisons are paired.
///
/// lambda is chosen inside each draw by folds, at most five; where one example a class leaves nothing to choose on, it is the mean
/// squared length of the centred features, which follows their scale.
public struct LowShot {
  /// What to draw.
  public struct Options: Codable, Hashable, Sendable {
    /// Examples a class.
    public var shots = [1, 2, 5, 10, 20, 50]
    /// Draws of each.
    public var draws = 10
    /// Decides the draws.
    public var seed: UInt64 = 0
    /// Penalties to choose among.
    public var lambdas = ProbeOptions.grid(low: 1e-3, high: 1e4, count: 15)
    /// Whether each feature vector is brought to length 1 first.
    public var normalizes = false

    /// The defaults.
    public init() {}
  }

  /// What came of it, with the keys of the tool's JSON.
  public struct Result: Codable, Hashable, Sendable {
    /// One number of examples a class.
    public struct Entry: Codable, Hashable, Sendable {
      /// Examples a class.
      public var shots: Int
      /// Test accuracy of each draw.
      public var accuracies: [Double]
      /// Their mean; nil where there were none.
      public var accuracy: Double?
      /// Its standard error over draws; nil below two.
      public var standardError: Double?
      /// Mean per class, over draws.
      public var meanPerClassAccuracy: Double?
      /// Why there were no draws.
      public var reason: String?

      enum CodingKeys: String, CodingKey {
        case shots, accuracies, accuracy, reason
        case standardError = "standard_error"
        case meanPerClassAccuracy = "mean_per_class_accuracy"
      }

      /// Writes nil as null; leaves `reason` out when there is none.
      public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(shots, forKey: .shots)
        try keys.encode(accuracies, forKey: .accuracies)
        try keys.encode(accuracy, forKey: .accuracy)
        try keys.encode(standardError, forKey: .standardError)
        try keys.encode(meanPerClassAccuracy, forKey: .meanPerClassAccuracy)
        try keys.encodeIfPresent(reason, forKey: .reason)
      }
    }

    /// Training examples, test examples, numbers in a feature vector, classes, draws.
    public var n, testCount, dimensions, classes, draws: Int
    /// In the order asked for.
    public var curve: [Entry]

    enum CodingKeys: String, CodingKey {
      case n, dimensions, classes, draws, curve
      case testCount = "test_n"
    }
  }

  /// Draws, fits and tests. Throws `TransferError` for input that does not fit.
  public static func run(
    train: Tensor, trainLabels: [Int], test: Tensor, testLabels: [Int], options: Options = .init(),
    progress: ((_ done: Int, _ total: Int) -> Void)? = nil
  ) throws -> Result {
    try withoutGradientRethrowing {
      let (train, test) = (
        try LabelledFeatures(train, trainLabels, name: "train"), try LabelledFeatures(test, testLabels, name: "test")
      )
      guard train.dimensions == test.dimensions else {
        throw TransferError(
          "test features", found: "\(test.dimensions) columns", expected: "\(train.dimensions), as in the training set")
      }
      guard let most = options.shots.max(), options.shots.allSatisfy({ $0 > 0 }) else {
        throw TransferError("shots", found: "\(options.shots)", expected: "numbers of at least 1")
      }
      guard options.draws > 0 else { throw TransferError("draws", found: "\(options.draws)", expected: "at least 1") }
      let classes = Classes(train.labels)
      guard classes.count > 1 else {
        throw TransferError("train labels", found: "one class only", expected: "at least two")
      }
      let smallest = classes.sizes.min() ?? 0
      let possible = Set(options.shots.filter { $0 <= smallest }).sorted()
      let members = Dictionary(grouping: train.labels.indices, by: { train.labels[$0] })
      var found: [Int: [(accuracy: Double, perClass: Double?)]] = [:]
      var done = 0
      for draw in 0..<options.draws {
        // Each class's examples in an order of the draw's own; shots take the first.
        let orders = classes.values.map { label in
          let own = members[label] ?? []
          return CounterGenerator.permutation(
            count: own.count, seed: options.seed, purpose: .transfer, UInt64(bitPattern: Int64(label)), UInt64(2 + draw)
          ).prefix(most).map { own[$0] }
        }
        for shots in possible {
          let chosen = try train.selecting(orders.flatMap { $0.prefix(shots) }.sorted())
          found[shots, default: []].append(try probe(chosen, test, shots, options))
          done += 1
          progress?(done, possible.count * options.draws)
        }
      }
      let curve = options.shots.map { shots in
        guard let results = found[shots] else {
          return Result.Entry(
            shots: shots, accuracies: [], reason: "the smallest class has \(smallest) training examples")
        }
        let accuracies = results.map(\.accuracy)
        let count = Double(accuracies.count)
        let mean = accuracies.reduce(0, +) / count
        let square = accuracies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let perClass = results.compactMap(\.perClass)
        return Result.Entry(
          shots: shots, accuracies: accuracies, accuracy: mean,
          standardError: count > 1 ? (square / (count - 1) / count).squareRoot() : nil,
          meanPerClassAccuracy: perClass.isEmpty ? nil : perClass.reduce(0, +) / Double(perClass.count))
      }
      return Result(
        n: train.count, testCount: test.count, dimensions: train.dimensions, classes: classes.count,
        draws: options.draws, curve: curve)
    }
  }

  private static func probe(
    _ train: LabelledFeatures, _ test: LabelledFeatures, _ shots: Int, _ options: Options
  ) throws -> (accuracy: Double, perClass: Double?) {
    var probe = ProbeOptions(lambdas: options.lambdas, seed: options.seed, accuracy: .protocolBound)
    probe.normalizes = options.normalizes
    if shots > 1 {
      probe.folds = min(5, shots)
    } else {
      let values = try options.normalizes ? train.features.unitRows() : train.features.to(.f64)
      let spread = try (values - values.mean([0])).square().sum().item() / Double(train.count)
      probe.lambdas = [max(spread, .leastNormalMagnitude)]
      probe.holdout = 0
    }
    let outcome = try LinearProbe.run(
      train: train.features, trainLabels: train.labels, test: test.features, testLabels: test.labels, options: probe)
    if shots > 1 { return (outcome.result.accuracy ?? 0, outcome.result.meanPerClassAccuracy) }
    // Nothing was chosen: the one fit there is.
    let values = try options.normalizes ? test.features.unitRows() : test.features.to(.f64)
    let logits = try values.matmul(outcome.weights.select(0, 0).t()) + outcome.biases.select(0, 0)
    let predicted = try logits.argmax(1).ints().map { outcome.classes[$0] }
    let right = zip(predicted, test.labels).count { $0 == $1 }
    return (
      Double(right) / Double(test.count), Accuracy.meanPerClass(predicted: predicted, labels: test.labels)
    )
  }
}
