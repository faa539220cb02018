import Datasets
import Features
import Foundation
import Measures
import Torch

/// One-vs-rest logistic regression for examples that have any number of classes: minimise the summed binary cross-entropies
/// + lambda/2 |W|^2, the bias free of penalty; lambda, one for all classes, is chosen by the mean of the classes' 11-point
/// average precision (VOC2007) on a holdout; then all is fitted once more.
public struct MultiLabelProbe {
  /// What the tool prints.
  public struct Result: Codable, Hashable, Sendable {
    /// The fit at one lambda.
    public struct Entry: Codable, Hashable, Sendable {
      /// As in `ProbeResult.Entry`; its accuracies stay nil.
      public var fit: ProbeResult.Entry
      /// Mean average precision on the holdout; nil without one.
      public var holdoutMAP: Double?

      enum CodingKeys: String, CodingKey {
        case lambda, objective, iterations, converged, certified
        case gradientNorm = "gradient_norm"
        case gapBound = "gap_bound"
        case holdoutMAP = "holdout_map"
      }

      init(fit: ProbeResult.Entry, holdoutMAP: Double?) {
        self.fit = fit
        self.holdoutMAP = holdoutMAP
      }

      /// Reads what `encode` writes.
      public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        fit = try ProbeResult.Entry(from: decoder)
        holdoutMAP = try keys.decodeIfPresent(Double.self, forKey: .holdoutMAP)
      }

      /// Writes nil as null.
      public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(fit.lambda, forKey: .lambda)
        try keys.encode(fit.objective, forKey: .objective)
        try keys.encode(fit.gradientNorm, forKey: .gradientNorm)
        try keys.encode(fit.gapBound, forKey: .gapBound)
        try keys.encode(fit.iterations, forKey: .iterations)
        try keys.encode(fit.converged, forKey: .converged)
        try keys.encode(fit.certified, forKey: .certified)
        try keys.encode(holdoutMAP, forKey: .holdoutMAP)
      }
    }

    /// Training examples (holdout included), numbers in a feature vector, classes, examples held out.
    public var n, dimensions, classes, holdoutCount: Int
    /// The chosen penalty; nil when nothing was chosen.
    public var lambda: Double?
    /// Whether it is the first or last of several; nil when none was chosen.
    public var atEdge: Bool?
    /// On the test set, mean over classes: 11-point average precision, and the area.
    public var map, mapArea: Double?
    /// Each class's 11-point average precision; nil for one that no test example has.
    public var perClass: [Double?]?
    /// The best mean on the holdout.
    public var holdoutMAP: Double?
    /// The gradient norm at zero weights of the path's problem.
    public var gradientNormAtZero: Double
    /// What the fits took.
    public var work = ProbeWork()
    /// From features in memory to this result.
    public var seconds: Double
    /// From the start of the process; the command line fills it in.
    public var totalSeconds: Double?
    /// The fits, in the order of the lambdas.
    public var path: [Entry]
    /// The fit at the chosen lambda on all training examples.
    public var refit: Entry?
    /// Why figures are nil.
    public var reason: String?

    enum CodingKeys: String, CodingKey {
      case n, dimensions, classes, lambda, map, work, seconds, path, refit, reason
      case holdoutCount = "holdout_count"
      case atEdge = "at_edge"
      case mapArea = "map_area"
      case perClass = "per_class_ap"
      case holdoutMAP = "holdout_map"
      case gradientNormAtZero = "gradient_norm_at_zero"
      case totalSeconds = "total_seconds"
    }

    /// Writes nil as null; leaves `reason` out when there is none.
    public func encode(to encoder: any Encoder) throws {
      var keys = encoder.container(keyedBy: CodingKeys.self)
      try keys.encode(n, forKey: .n)
      try keys.encode(dimensions, forKey: .dimensions)
      try keys.encode(classes, forKey: .classes)
      try keys.encode(holdoutCount, forKey: .holdoutCount)
      try keys.encode(lambda, forKey: .lambda)
      try keys.encode(atEdge, forKey: .atEdge)
      try keys.encode(map, forKey: .map)
      try keys.encode(mapArea, forKey: .mapArea)
      try keys.encode(perClass, forKey: .perClass)
      try keys.encode(holdoutMAP, forKey: .holdoutMAP)
      try keys.encode(gradientNormAtZero, forKey: .gradientNormAtZero)
      try keys.encode(work, forKey: .work)
      try keys.encode(seconds, forKey: .seconds)
      try keys.encode(totalSeconds, forKey: .totalSeconds)
      try keys.encode(path, forKey: .path)
      try keys.encode(refit, forKey: .refit)
      try keys.encodeIfPresent(reason, forKey: .reason)
    }
  }

  /// Targets [n, K]: 1 the class is there, 0 it is not, -1 not known (VOC's difficult), which counts nowhere.
  ///
  /// Of `options` lambdas, holdout, seed, accuracy, standardizes, normalizes, penalizesBias and sampleWeights are heard.
  /// Throws `TransferError` for input that does not fit.
  public static func run(
    train: Tensor, trainTargets: Tensor, test: Tensor?, testTargets: Tensor?, options: ProbeOptions = .init(),
    progress: ((LinearProbe.Progress) -> Void)? = nil
  ) throws -> Result {
    func labelled(_ features: Tensor, _ name: String) throws -> LabelledFeatures {
      try LabelledFeatures(features, [Int](repeating: 0, count: features.shape.first ?? 0), name: name)
    }
    return try timed {
      try fit(
        labelled(train, "train"), trainTargets, test.map { try labelled($0, "test") }, testTargets, options,
        ProbeTeam(), progress)
    }
  }

  /// The same of rows that are read block by block, so that they need not fit into memory; the processes of `group`, each
  /// called with the same, share the passes over them.
  public static func run(
    train: any RowSource, trainTargets: Tensor, test: (any RowSource)?, testTargets: Tensor?,
    options: ProbeOptions = .init(), group: ProcessGroup? = nil, progress: ((LinearProbe.Progress) -> Void)? = nil
  ) throws -> Result {
    func labelled(_ rows: any RowSource, _ name: String) throws -> LabelledFeatures {
      try LabelledFeatures(rows, [Int](repeating: 0, count: rows.count), name: name)
    }
    return try timed {
      try fit(
        labelled(train, "train"), trainTargets, test.map { try labelled($0, "test") }, testTargets, options,
        ProbeTeam(group), progress)
    }
  }

  private static func timed(_ body: () throws -> Result) throws -> Result {
    let clock = ContinuousClock()
    let start = clock.now
    var result = try withoutGradientRethrowing(body)
    let elapsed = (clock.now - start).components
    result.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    return result
  }

  private static func checked(_ targets: Tensor, _ count: Int, _ name: String) throws -> Tensor {
    guard targets.shape.count == 2, targets.shape[0] == count, targets.shape[1] > 0 else {
      throw TransferError(
        "\(name) targets", found: "shape \(targets.shape)", expected: "[\(count), classes], one row an example")
    }
    let values = try targets.to(.f64)
    if let odd = try values.doubles().first(where: { ![-1, 0, 1].contains($0) }) {
      throw TransferError(
        "\(name) targets", found: "\(odd)", expected: "1 (has the class), 0 (has it not) or -1 (not known)")
    }
    return values
  }

  private static func fit(
    _ raw: LabelledFeatures, _ rawTargets: Tensor, _ test: LabelledFeatures?, _ testTargets: Tensor?,
    _ options: ProbeOptions, _ team: ProbeTeam, _ progress: ((LinearProbe.Progress) -> Void)?
  ) throws -> Result {
    try options.validate()
    guard options.classWeights == nil, options.folds == nil, options.groups == nil else {
      throw TransferError("multi-label targets", found: "class weights, folds or groups", expected: "none of them")
    }
    var train = raw
    let count = train.count
    let targets = try checked(rawTargets, count, "train")
    let classes = targets.shape[1]
    var tested = test
    if let tested, tested.dimensions != train.dimensions {
      throw TransferError(
        "test features", found: "\(tested.dimensions) columns", expected: "\(train.dimensions), as in the training set")
    }
    let truth = try tested.map { tested in
      guard let testTargets else { throw TransferError("test targets", found: "none", expected: "[n, classes]") }
      let checked = try checked(testTargets, tested.count, "test")
      guard checked.shape[1] == classes else {
        throw TransferError(
          "test targets", found: "\(checked.shape[1]) classes", expected: "\(classes), as in training")
      }
      return checked
    }
    if let weights = options.sampleWeights, weights.count != count {
      throw TransferError("sample weights", found: "\(weights.count)", expected: "\(count), one a training example")
    }
    if options.normalizes {
      train = try train.normalized()
      tested = try tested?.normalized()
    }
    if options.standardizes {
      let (mean, deviation) = try train.standardization(count: count)
      let standardize = { (rows: Tensor) in try (rows.to(.f64) - mean) / deviation }
      train = try train.changed(standardize)
      tested = try tested?.changed(standardize)
    }
    // Without one class an example has no stratum.
    let order = CounterGenerator.permutation(count: count, seed: options.seed, purpose: .transfer)
    let heldCount = options.holdout == 0 ? 0 : Int((options.holdout * Double(count)).rounded())
    guard options.holdout == 0 || (heldCount > 0 && heldCount < count) else {
      throw TransferError(
        "holdout", found: "\(options.holdout) of \(count) examples", expected: "a share that holds at least one")
    }
    let (held, kept) = (order.prefix(heldCount).sorted(), order.dropFirst(heldCount).sorted())
    let total = options.lambdas.count + (heldCount > 0 ? 1 : 0)
    func fit(_ places: [Int], _ lambdas: [Double], _ start: (Tensor, Tensor)?, before: Int = 0) throws -> ProbeFit {
      let index = try Tensor(places)
      let own = try targets.indexSelect(0, index)
      let weights = options.sampleWeights.map { all in places.map { all[$0] } }
      let count = try weights.map { try Tensor($0, shape: [places.count, 1]) } ?? .ones([places.count, 1], type: .f64)
      let zero = try Tensor.zeros([], type: .f64)
      let having = try (own.maximum(zero) * count).sum([0]).doubles()
      let lacking = try (own.equals(zero).to(.f64) * count).sum([0]).doubles()
      // A class that all have, or none, has no finite bias.
      let present = (0..<classes).filter { having[$0] > 0 && lacking[$0] > 0 }
      guard !present.isEmpty else {
        throw TransferError(
          "train targets", found: "no class that some have and some have not", expected: "at least one")
      }
      let examples = try Likelihood.Examples(targets: own.indexSelect(1, Tensor(present)), weights: weights)
      var manner = ProbeFit.Manner(accuracy: options.accuracy, penalizesBias: options.penalizesBias)
      if let memory = options.memory { manner.memory = memory }
      manner.team = team
      return try ProbeFit(
        train.selecting(places).rows, Classes(Array(0..<classes)), present: present, examples, lambdas,
        start: start, manner
      ) { progress?(LinearProbe.Progress(done: before + $0, total: total)) }
    }
    let path = try fit(kept, options.lambdas, nil)
    var result = Result(
      n: count, dimensions: train.dimensions, classes: classes, holdoutCount: heldCount,
      gradientNormAtZero: path.gradientNormAtZero, seconds: 0,
      path: path.entries.map { .init(fit: $0, holdoutMAP: nil) })
    result.work.add(path.work)
    if tested == nil { result.reason = "no test set was given" }
    guard heldCount > 0 else {
      result.reason = "nothing was held out, so no lambda was chosen"
      return result
    }
    let judge = try (train.selecting(held).rows, targets.indexSelect(0, Tensor(held)))
    for index in result.path.indices {
      result.path[index].holdoutMAP = try precisions(path, index, judge.0, judge.1).mean
    }
    let maps = result.path.map { $0.holdoutMAP ?? -1 }
    guard let best = maps.indices.max(by: { (maps[$0], options.lambdas[$0]) < (maps[$1], options.lambdas[$1]) }),
      maps[best] >= 0
    else {
      result.reason = "no class is had by an example of the holdout, so no lambda was chosen"
      return result
    }
    let refit = try fit(
      Array(0..<count), [options.lambdas[best]], path.weightsAndBiases(best), before: options.lambdas.count)
    result.work.add(refit.work)
    result.refit = Result.Entry(fit: refit.entries[0], holdoutMAP: nil)
    result.lambda = options.lambdas[best]
    result.holdoutMAP = maps[best]
    result.atEdge =
      maps.count > 1 && (result.lambda == options.lambdas.min() || result.lambda == options.lambdas.max())
    if let tested, let truth {
      let found = try precisions(refit, 0, tested.rows, truth)
      (result.map, result.mapArea, result.perClass) = (found.mean, found.area, found.each)
    }
    progress?(LinearProbe.Progress(done: total, total: total))
    return result
  }

  /// Average precisions of one fit.
  private static func precisions(
    _ fit: ProbeFit, _ index: Int, _ features: any RowSource, _ targets: Tensor
  ) throws -> (mean: Double?, area: Double?, each: [Double?]) {
    let n = features.count
    let logits = try fit.logits(index, of: features).doubles()
    let truths = try targets.t().contiguous().doubles()
    var (each, areas): ([Double?], [Double]) = ([], [])
    for place in 0..<targets.shape[1] {
      let range = place * n..<(place + 1) * n
      let positive = truths[range].map { $0 < 0 ? nil : Optional($0 > 0) }
      let scores = Array(logits[range])
      each.append(AveragePrecision.elevenPoint(scores: scores, positive: positive))
      if let area = AveragePrecision.area(scores: scores, positive: positive) { areas.append(area) }
    }
    let known = each.compactMap { $0 }
    guard !known.isEmpty else { return (nil, nil, each) }
    return (known.reduce(0, +) / Double(known.count), areas.reduce(0, +) / Double(areas.count), each)
  }
}
