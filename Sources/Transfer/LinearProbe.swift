import Datasets
import Features
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
  /// numbers. Without a test set accuracies are nil. With a `validation` set lambda is chosen on it in place of a holdout.
  /// The processes of `group`, each called with the same, share the passes over examples and get the same result.
  /// Throws `TransferError` for input that does not fit.
  public static func run(
    train: Tensor, trainLabels: [Int], validation: Tensor? = nil, validationLabels: [Int] = [], test: Tensor?,
    testLabels: [Int], options: ProbeOptions = .init(), group: ProcessGroup? = nil,
    progress: ((Progress) -> Void)? = nil
  ) throws -> Outcome {
    try timed {
      try fit(
        LabelledFeatures(train, trainLabels, name: "train"),
        validation.map { try LabelledFeatures($0, validationLabels, name: "validation") },
        test.map { try LabelledFeatures($0, testLabels, name: "test") }, options, ProbeTeam(group), progress)
    }
  }

  /// The same of rows that are read block by block, so that they need not fit into memory.
  public static func run(
    train: any RowSource, trainLabels: [Int], validation: (any RowSource)? = nil, validationLabels: [Int] = [],
    test: (any RowSource)?, testLabels: [Int], options: ProbeOptions = .init(), group: ProcessGroup? = nil,
    progress: ((Progress) -> Void)? = nil
  ) throws -> Outcome {
    try timed {
      try fit(
        LabelledFeatures(train, trainLabels, name: "train"),
        validation.map { try LabelledFeatures($0, validationLabels, name: "validation") },
        test.map { try LabelledFeatures($0, testLabels, name: "test") }, options, ProbeTeam(group), progress)
    }
  }

  private static func timed(_ body: () throws -> Outcome) throws -> Outcome {
    let clock = ContinuousClock()
    let start = clock.now
    var outcome = try withoutGradientRethrowing(body)
    let elapsed = (clock.now - start).components
    outcome.result.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    return outcome
  }

  private static func fit(
    _ train: LabelledFeatures, _ validation: LabelledFeatures?, _ test: LabelledFeatures?, _ options: ProbeOptions,
    _ team: ProbeTeam, _ progress: ((Progress) -> Void)?
  ) throws -> Outcome {
    try options.validate()
    for (other, name) in [(validation, "validation"), (test, "test")] {
      if let other, other.dimensions != train.dimensions {
        throw TransferError(
          "\(name) features", found: "\(other.dimensions) columns",
          expected: "\(train.dimensions), as in the training set")
      }
    }
    let classes = Classes(train.labels + (validation?.labels ?? []))
    guard classes.count > 1 else {
      throw TransferError("train labels", found: "one class only", expected: "at least two")
    }
    for (values, name) in [
      (options.groups?.count, "groups"), (options.sampleWeights?.count, "sample weights"),
      (options.superclasses?.count, "superclasses"),
    ] {
      if let values, values != train.count {
        throw TransferError(name, found: "\(values)", expected: "\(train.count), one a training example")
      }
    }
    let superclasses = try options.superclasses.map { try Superclasses($0, of: train.labels, classes) }
    let choice = try Choice(train, validation, options)
    // What is fitted in the end: the training set, and a validation set after it.
    var all = try validation.map { try train.joined(with: $0) } ?? train
    var tested = test
    if options.normalizes {
      all = try all.normalized()
      tested = try tested?.normalized()
    }
    var standardization: (mean: Tensor, deviation: Tensor)?
    if options.standardizes {
      let (mean, deviation) = try all.standardization(count: train.count)
      let standardize = { (rows: Tensor) in try (rows.to(.f64) - mean) / deviation }
      all = try all.changed(standardize)
      tested = try tested?.changed(standardize)
      standardization = (mean, deviation)
    }
    let count = options.lambdas.count
    let paths = choice.parts.count + (choice.fitsAll ? 1 : 0)
    let total = paths * count + (choice.fitsAll || choice.parts.isEmpty ? 0 : 1)
    var done = 0
    var work = ProbeWork()
    func path(_ places: [Int]?) throws -> ProbeFit {
      let set = try places.map { try all.selecting($0) } ?? all
      defer { done += count }
      let fit = try ProbeFit(
        set, classes, options.lambdas, start: nil, options.manner(set.labels, places: places, team)
      ) { progress?(Progress(done: done + $0, total: total)) }
      work.add(fit.work)
      return fit
    }
    // The right answers of each lambda on what was held out, and the path that is told of.
    var right = [Double](repeating: 0, count: count)
    var told: ProbeFit?
    for part in choice.parts {
      let fitted = try path(part.kept)
      let held = try all.selecting(part.held)
      for (index, accuracy) in try fitted.accuracies(on: held, by: team).enumerated() {
        right[index] += (accuracy * Double(held.count)).rounded()
      }
      if !choice.fitsAll { told = fitted }
    }
    let shown = try told ?? path(nil)
    let heldCount = choice.parts.reduce(0) { $0 + $1.held.count }
    let testAccuracies = try tested.map { try shown.accuracies(on: $0, by: team) }
    var entries = shown.entries
    for index in entries.indices {
      entries[index].testAccuracy = testAccuracies?[index]
      if heldCount > 0 { entries[index].holdoutAccuracy = right[index] / Double(heldCount) }
    }
    var result = ProbeResult(
      n: all.count, dimensions: all.dimensions, classes: classes.count, holdoutCount: heldCount, folds: options.folds,
      gradientNormAtZero: shown.gradientNormAtZero, largestGradientRatio: shown.largestRatio, seconds: 0, path: entries)
    if tested == nil { result.reason = "no test set was given" }
    var final: (weight: Tensor, bias: Tensor)?
    if heldCount == 0 {
      result.reason = "nothing was held out, so no lambda was chosen"
    } else if let best = right.indices.max(by: {
      (right[$0], options.lambdas[$0]) < (right[$1], options.lambdas[$1])
    }) {
      var refit = shown
      var place = best
      if !choice.fitsAll {
        refit = try ProbeFit(
          all, classes, [options.lambdas[best]], start: shown.weightsAndBiases(best),
          options.manner(all.labels, places: nil, team))
        work.add(refit.work)
        place = 0
      }
      result.lambda = options.lambdas[best]
      result.holdoutAccuracy = right[best] / Double(heldCount)
      let lambdas = options.lambdas
      result.atEdge = count > 1 && (lambdas[best] == lambdas.min() || lambdas[best] == lambdas.max())
      result.refit = refit.entries[place]
      result.largestGradientRatio = max(result.largestGradientRatio, refit.largestRatio)
      if let tested {
        let logits = try refit.logits(place, of: tested.rows)
        let predicted = try logits.argmax(0).ints()
        result.tell(predicted.map { classes.values[$0] }, tested.labels, classes)
        if let superclasses {
          (result.superclassAccuracy, result.withinSuperclassAccuracy) = try superclasses.judge(
            logits, predicted, tested.labels.map(classes.index))
        }
      }
      final = try refit.weightsAndBiases(place)
      progress?(Progress(done: total, total: total))
    }
    result.work = work
    return Outcome(
      result: result, classes: classes.values, weights: shown.weights, biases: shown.biases,
      finalWeight: final?.weight, finalBias: final?.bias, standardization: standardization)
  }
}

extension ProbeResult {
  /// Takes in the chosen fit's answers on the test set.
  fileprivate mutating func tell(_ predicted: [Int], _ labels: [Int], _ classes: Classes) {
    let hits = zip(predicted, labels).map { $0 == $1 }
    accuracy = Double(hits.count { $0 }) / Double(labels.count)
    meanPerClassAccuracy = Accuracy.meanPerClass(predicted: predicted, labels: labels)
    refit?.testAccuracy = accuracy
    perClassAccuracy = classes.values.map { value in
      let own = labels.indices.filter { labels[$0] == value }
      return own.isEmpty ? nil : Double(own.count { hits[$0] }) / Double(own.count)
    }
  }
}

/// Which classes belong together.
private struct Superclasses {
  /// Of each class.
  let of: [Int]

  init(_ superclasses: [Int], of labels: [Int], _ classes: Classes) throws(TransferError) {
    var known: [Int: Int] = [:]
    for (label, superclass) in zip(labels, superclasses) {
      if let other = known[label], other != superclass {
        throw TransferError(
          "superclasses", found: "\(other) and \(superclass) for label \(label)", expected: "one superclass a label")
      }
      known[label] = superclass
    }
    // Numbered, so that a label that only a validation set has can stand alone.
    let numbers = Classes(superclasses)
    of = classes.values.enumerated().map { place, label in
      known[label].flatMap(numbers.index) ?? numbers.count + place
    }
  }

  /// Shares of answers of the right superclass, and of right ones among the own superclass's. `logits` [K, n].
  func judge(_ logits: Tensor, _ predicted: [Int], _ truths: [Int?]) throws -> (coarse: Double, within: Double) {
    let n = predicted.count
    let coarse = zip(predicted, truths).count { answer, truth in truth.map { of[answer] == of[$0] } ?? false }
    let values = try logits.doubles()
    let within = truths.enumerated().count { example, truth in
      guard let truth else { return false }
      let rivals = of.indices.filter { of[$0] == of[truth] }
      // Of equal logits the lowest class, as everywhere.
      let best = rivals.max { a, b in
        let (x, y) = (values[a * n + example], values[b * n + example])
        return x != y ? x < y : a > b
      }
      return best == truth
    }
    return (Double(coarse) / Double(n), Double(within) / Double(n))
  }
}

/// What is held out to choose by.
private struct Choice {
  /// Places of the examples that are fitted and of those that judge, for each fit of the path.
  let parts: [(kept: [Int], held: [Int])]
  /// Whether the path told of is fitted on all examples.
  let fitsAll: Bool

  init(_ train: LabelledFeatures, _ validation: LabelledFeatures?, _ options: ProbeOptions) throws {
    let all = Array(0..<train.count)
    if let validation {
      guard options.folds == nil else {
        throw TransferError("folds", found: "beside a validation set", expected: "one of the two")
      }
      parts = [(all, Array(train.count..<train.count + validation.count))]
      fitsAll = false
    } else if let folds = options.folds {
      guard options.groups == nil else {
        throw TransferError("folds", found: "beside groups", expected: "a holdout, which keeps groups whole")
      }
      let foldOf = try CrossValidation(labels: train.labels, folds: folds, options).foldOf
      parts = (0..<folds).map { fold in (all.filter { foldOf[$0] != fold }, all.filter { foldOf[$0] == fold }) }
      fitsAll = true
      for part in parts where Set(part.kept.map { train.labels[$0] }).count < 2 {
        throw TransferError(
          "folds", found: "\(folds), of which one leaves one class", expected: "more examples a class")
      }
    } else if options.holdout > 0 {
      let split = Holdout.split(
        labels: train.labels, groups: options.groups, fraction: options.holdout, seed: options.seed, purpose: .transfer)
      guard !split.held.isEmpty else {
        throw TransferError(
          "holdout", found: "\(options.holdout) of \(train.count) examples",
          expected: "a share that holds at least one")
      }
      parts = [split]
      fitsAll = false
    } else {
      parts = []
      fitsAll = true
    }
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
