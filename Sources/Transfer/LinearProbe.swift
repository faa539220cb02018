import Datasets
import Foundation
import Measures
import Torch

/// L2-regularised multinomial logistic regression on features, the transfer protocol of Kornblith and others ("Do
/// Better ImageNet Models Transfer Better?", 2019): minimise sum_i xent_i + lambda/2 |W|^2, the bias free of penalty,
/// for each lambda of a list; choose lambda by accuracy on a holdout; fit once more on training set and holdout.
///
/// The test set chooses nothing. Every fit comes with its gradient norm in the result.
public struct LinearProbe {
  /// How far a probe is, for people who wait.
  public struct Progress: Sendable {
    /// Fits done, of how many.
    public var done, total: Int
  }

  /// The result, and the weights behind it.
  public struct Outcome {
    /// What the tool prints.
    public var result: ProbeResult
    /// The label that each row of the weights stands for, ascending.
    public let classes: [Int]
    /// The path's weights [L, K, d] and biases [L, K] (f64), always K rows.
    public let weights, biases: Tensor
    /// The fit on training set and holdout [K, d], [K]; nil when no lambda was chosen.
    public let finalWeight, finalBias: Tensor?
    /// Mean and deviation [d] that features were standardized by; nil when they were not.
    public let standardization: (mean: Tensor, deviation: Tensor)?
  }

  /// Fits, chooses and tests. `train` and `test` are [n, d] (further sides are flattened); labels may be any whole
  /// numbers. Without a test set accuracies are nil. Throws `TransferError` for input that does not fit.
  public static func run(
    train: Tensor, trainLabels: [Int], test: Tensor?, testLabels: [Int], options: ProbeOptions = .init(),
    progress: ((Progress) -> Void)? = nil
  ) throws -> Outcome {
    let clock = ContinuousClock()
    let start = clock.now
    var outcome = try withoutGradientRethrowing {
      try fit(train, trainLabels, test, testLabels, options, progress)
    }
    let elapsed = (clock.now - start).components
    outcome.result.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    return outcome
  }

  private static func fit(
    _ train: Tensor, _ trainLabels: [Int], _ test: Tensor?, _ testLabels: [Int], _ options: ProbeOptions,
    _ progress: ((Progress) -> Void)?
  ) throws -> Outcome {
    try options.validate()
    var all = try LabelledFeatures(train, trainLabels, name: "train")
    var tested = try test.map { try LabelledFeatures($0, testLabels, name: "test") }
    if let tested, tested.dimensions != all.dimensions {
      throw TransferError(
        "test features", found: "\(tested.dimensions) columns",
        expected: "\(all.dimensions), as in the training set")
    }
    let classes = Classes(all.labels)
    guard classes.count > 1 else {
      throw TransferError("train labels", found: "one class only", expected: "at least two")
    }
    if let groups = options.groups, groups.count != all.count {
      throw TransferError(
        "groups", found: "\(groups.count)", expected: "\(all.count), one a training example")
    }
    let (kept, held) =
      options.holdout == 0
      ? (Array(0..<all.count), [])
      : Holdout.split(
        labels: all.labels, groups: options.groups, fraction: options.holdout, seed: options.seed,
        purpose: .transfer)
    if options.holdout > 0 && held.isEmpty {
      throw TransferError(
        "holdout", found: "\(options.holdout) of \(all.count) examples",
        expected: "a share that holds at least one")
    }
    var standardization: (mean: Tensor, deviation: Tensor)?
    if options.standardizes {
      let values = try all.features.to(.f64)
      let mean = try values.mean([0])
      let deviation = try (values - mean).square().mean([0]).sqrt()
      let divisor = try Tensor.where(
        deviation.equals(.zeros([], type: .f64)), .ones([], type: .f64), deviation)
      all = all.replacing(try (values - mean) / divisor)
      tested = try tested.map { $0.replacing(try ($0.features.to(.f64) - mean) / divisor) }
      standardization = (mean, divisor)
    }
    let total = options.lambdas.count + (held.isEmpty ? 0 : 1)
    let fitted = held.isEmpty ? all : try all.selecting(kept)
    let path = try ProbeFit(fitted, classes, options.lambdas, start: nil, accuracy: options.accuracy) {
      progress?(Progress(done: $0, total: total))
    }
    let testAccuracies = try tested.map { try path.accuracies(on: $0) }
    var entries = path.entries
    for index in entries.indices { entries[index].testAccuracy = testAccuracies?[index] }
    var result = ProbeResult(
      n: all.count, dimensions: all.dimensions, classes: classes.count, holdoutCount: held.count,
      gradientNormAtZero: path.gradientNormAtZero, largestGradientRatio: path.largestRatio, seconds: 0,
      path: [])
    if tested == nil { result.reason = "no test set was given" }
    var final: ProbeFit?
    if held.isEmpty {
      result.reason = "nothing was held out, so no lambda was chosen"
    } else {
      let accuracies = try path.accuracies(on: all.selecting(held))
      for index in entries.indices { entries[index].holdoutAccuracy = accuracies[index] }
      let best = accuracies.indices.max {
        (accuracies[$0], options.lambdas[$0]) < (accuracies[$1], options.lambdas[$1])
      }
      if let best {
        let refit = try ProbeFit(
          all, classes, [options.lambdas[best]], start: path.weightsAndBiases(best),
          accuracy: options.accuracy)
        result.lambda = options.lambdas[best]
        result.holdoutAccuracy = accuracies[best]
        result.refit = refit.entries[0]
        result.largestGradientRatio = max(result.largestGradientRatio, refit.largestRatio)
        if let tested {
          let predicted = try refit.predictions(on: tested)[0]
          let hits = zip(predicted, tested.labels).count { $0 == $1 }
          result.accuracy = Double(hits) / Double(tested.count)
          result.meanPerClassAccuracy = Accuracy.meanPerClass(predicted: predicted, labels: tested.labels)
          result.refit?.testAccuracy = result.accuracy
        }
        final = refit
        progress?(Progress(done: total, total: total))
      }
    }
    result.path = entries
    return Outcome(
      result: result, classes: classes.values, weights: path.weights, biases: path.biases,
      finalWeight: try final?.weights.select(0, 0), finalBias: try final?.biases.select(0, 0),
      standardization: standardization)
  }
}

extension LinearProbe.Outcome {
  /// Writes `lambdas` [L], `weights` [L, K, d], `biases` [L, K], `classes` [K] (the labels) and, where a lambda was
  /// chosen, `weight` [K, d] and `bias` [K] of the final fit.
  public func write(to url: URL) throws {
    let lambdas = try Tensor(result.path.map(\.lambda))
    var tensors: [(String, Tensor)] = [
      ("lambdas", lambdas), ("weights", weights), ("biases", biases), ("classes", try Tensor(classes)),
    ]
    if let finalWeight, let finalBias { tensors += [("weight", finalWeight), ("bias", finalBias)] }
    if let standardization {
      tensors += [("mean", standardization.mean), ("deviation", standardization.deviation)]
    }
    let items = try tensors.map { name, tensor in
      SafeTensorsFile.Item(
        name: name, type: tensor.elementType == .i64 ? .i64 : .f64, shape: tensor.shape,
        bytes: try tensor.bytes())
    }
    var metadata: [String: String] = [:]
    if let lambda = result.lambda { metadata["lambda"] = "\(lambda)" }
    try SafeTensorsFile.write(items, metadata: metadata, to: url)
  }
}
