import Features
import Measures
import Torch

/// Probes fitted on one set of examples for a list of lambdas, in the original coordinates, with what they reach
/// there: objective and gradient are worked out anew from the returned weights and the features as they came.
struct ProbeFit {
  let classes: Classes
  /// [L, K, d] and [L, K], f64.
  let weights, biases: Tensor
  /// In the order of the lambdas.
  let entries: [ProbeResult.Entry]
  let gradientNormAtZero: Double
  /// What it took.
  let work: ProbeWork

  var largestRatio: Double {
    (entries.map(\.gradientNorm).max() ?? 0) / max(gradientNormAtZero, .leastNormalMagnitude)
  }

  /// The bias of a class that cannot be answered.
  private static let ruledOut = -1e30

  /// How a fit differs from the plain one.
  struct Manner {
    var accuracy: ProbeOptions.Accuracy
    var penalizesBias = false
    /// What each example counts; nil: 1.
    var weights: [Double]?
    /// Bytes of features in f32 from which on they go through a file.
    var memory = Memory.budget
    /// Who fits it.
    var team = ProbeTeam()
  }

  /// Fits `set`. Classes of which it has no example keep weights of 0 and a bias that rules them out: the free bias
  /// would fall without bound. `start` ([K, d], [K]) is where to begin for every lambda.
  init(
    _ set: LabelledFeatures, _ classes: Classes, _ lambdas: [Double], start: (Tensor, Tensor)?, _ manner: Manner,
    progress: ((Int) -> Void)? = nil
  ) throws {
    let all = set.labels.map { classes.index(of: $0) ?? 0 }
    // Examples that count nothing make no class present.
    let present = Classes(all.indices.filter { manner.weights?[$0] ?? 1 > 0 }.map { all[$0] })
    guard present.count > 0 else {
      throw TransferError("sample weights", found: "0 for all examples", expected: "some above 0")
    }
    try self.init(
      set.rows, classes, present: present.values,
      Likelihood.Examples(
        labels: all.map { present.index(of: $0) ?? 0 }, classes: present.count, weights: manner.weights), lambdas,
      start: start, manner, progress: progress)
  }

  /// The same for examples with any number of classes; only the classes at `present` are fitted.
  init(
    _ features: any RowSource, _ classes: Classes, present: [Int], _ examples: Likelihood.Examples, _ lambdas: [Double],
    start: (Tensor, Tensor)?, _ manner: Manner, progress: ((Int) -> Void)? = nil
  ) throws {
    self.classes = classes
    let places = try Tensor(present)
    let begin = try start.map { weight, bias in
      // A bias that rules a class out is no place to begin from, where the class is there now.
      let known = try bias.indexSelect(0, places)
      let usable = try Tensor.where(known.equals(.full([], Self.ruledOut, type: .f64)), .zeros([], type: .f64), known)
      return (try weight.indexSelect(0, places).unsqueeze(0), try usable.unsqueeze(0))
    }
    let solved =
      try manner.accuracy == .high
      ? Self.exactly(
        features.allRows(), examples, present.count, lambdas, begin, manner, LogisticPath.Tolerance.of(unknowns:),
        progress)
      : Self.soon(features, examples, present.count, lambdas, begin, manner, progress)
    let (weights, biases) = (solved.weights, solved.biases)
    gradientNormAtZero = solved.gradientNormAtZero
    entries = solved.entries
    work = solved.work
    if present.count == classes.count {
      self.weights = weights
      self.biases = biases
    } else {
      let shape = [lambdas.count, classes.count]
      self.weights = try Tensor.zeros(shape + [features.dimensions], type: .f64).indexAdd(1, places, weights)
      let ruledOut = try Tensor.full(shape, Self.ruledOut, type: .f64)
      let index = try places.unsqueeze(0).expand(biases.shape)
      self.biases = try ruledOut.scatter(1, index, biases)
    }
  }

  private struct Solved {
    var weights, biases: Tensor
    var entries: [ProbeResult.Entry]
    var gradientNormAtZero: Double
    var work = ProbeWork()
  }

  /// To the last digits, by every process for itself. `start` ([1, K, d], [1, K]) is where to begin.
  private static func exactly(
    _ features: Tensor, _ examples: Likelihood.Examples, _ classes: Int, _ lambdas: [Double],
    _ start: (Tensor, Tensor)?,
    _ manner: Manner, _ tolerance: (Int) -> LogisticPath.Tolerance, _ progress: ((Int) -> Void)?
  ) throws -> Solved {
    let problem = try LogisticProblem(
      features: features, examples: examples, classes: classes, penalizesBias: manner.penalizesBias)
    let path = LogisticPath(problem: problem, tolerance: tolerance(classes * problem.size), progress: progress)
    let solution = try path.solve(
      lambdas,
      start: start.map { weights, biases in
        let rotated = try problem.coordinates.rotated(weights: weights, biases: biases)
        return try rotated.expand([lambdas.count] + rotated.shape.dropFirst())
      })
    let own = try problem.coordinates.original(solution.weights)
    let (weights, biases) = (try manner.team.agreed(own.weights), try manner.team.agreed(own.biases))
    var work = ProbeWork()
    let entries = try entries(
      TensorRows(features), examples, weights: weights, biases: biases, lambdas: lambdas, steps: solution.steps,
      gradientNormAtZero: problem.gradientNormAtZero, manner, &work)
    return Solved(
      weights: weights, biases: biases, entries: entries, gradientNormAtZero: problem.gradientNormAtZero, work: work)
  }

  /// To the protocol's gradient norm, as soon as may be. What misses it by f32's rounding is taken further in double.
  private static func soon(
    _ features: any RowSource, _ examples: Likelihood.Examples, _ classes: Int, _ lambdas: [Double],
    _ start: (Tensor, Tensor)?,
    _ manner: Manner, _ progress: ((Int) -> Void)?
  ) throws -> Solved {
    var path = try SequentialPath(
      features: features, examples: examples, classes: classes, penalizesBias: manner.penalizesBias,
      memory: manner.memory, team: manner.team, progress: progress)
    // In double all examples would have to be in memory.
    let fits = try manner.team.agreed(features.count * features.dimensions * 8 <= manner.memory)
    let unknowns = classes * path.coordinates.size
    let isDense = Preconditioner.allowsDense(examples, unknowns: unknowns, count: features.count)
    let solution = try path.solve(
      lambdas, start: start.map { try path.coordinates.rotated(weights: $0, biases: $1).squeeze(0) },
      patience: fits && isDense ? Preconditioner.denseCost(unknowns: unknowns, count: features.count) : nil)
    let own = try path.coordinates.original(solution.weights)
    var (weights, biases) = (try manner.team.agreed(own.weights), try manner.team.agreed(own.biases))
    var work = path.work
    var found = try entries(
      features, examples, weights: weights, biases: biases, lambdas: lambdas, steps: solution.steps,
      gradientNormAtZero: path.gradientNormAtZero, manner, &work)
    let missed = try found.indices.filter { try manner.team.agreed(!found[$0].converged) }
    guard fits, !missed.isEmpty else {
      return Solved(
        weights: weights, biases: biases, entries: found, gradientNormAtZero: path.gradientNormAtZero, work: work)
    }
    var kept = try found.indices.map { (weight: try weights.select(0, $0), bias: try biases.select(0, $0)) }
    // Of several, each but the first begins where the one before it ends.
    let begin = try missed.count == 1 ? (weights.narrow(0, missed[0], 1), biases.narrow(0, missed[0], 1)) : nil
    let better = try exactly(
      features.allRows(), examples, classes, missed.map { lambdas[$0] }, begin, manner, { _ in .protocolBound }, nil)
    work.add(better.work)
    for (place, index) in missed.enumerated() {
      let isBetter = better.entries[place].gradientNorm < found[index].gradientNorm
      guard try manner.team.agreed(isBetter) else { continue }
      let steps = found[index].iterations
      found[index] = better.entries[place]
      found[index].iterations += steps
      kept[index] = (try better.weights.select(0, place), try better.biases.select(0, place))
    }
    (weights, biases) = (try .stack(kept.map(\.weight)), try .stack(kept.map(\.bias)))
    return Solved(
      weights: weights, biases: biases, entries: found, gradientNormAtZero: path.gradientNormAtZero, work: work)
  }

  /// Objective and gradient norm of each fit, from the features as they came, some examples at a time.
  private static func entries(
    _ features: any RowSource, _ examples: Likelihood.Examples, weights: Tensor, biases: Tensor, lambdas: [Double],
    steps: [Int], gradientNormAtZero: Double, _ manner: Manner, _ work: inout ProbeWork
  ) throws -> [ProbeResult.Entry] {
    let (count, classes, n) = (lambdas.count, weights.shape[1], features.count)
    let width = max(1, min(n, (1 << 22) / max(1, max(classes * count, features.dimensions))))
    var losses = try Tensor.zeros([count], type: .f64)
    let sum = try Tensor.zeros([count * classes, features.dimensions], type: .f64)
    var biasGradient = try Tensor.zeros(biases.shape, type: .f64)
    let flat = try weights.reshape([count * classes, features.dimensions])
    let own = try manner.team.share(of: n)
    work.double += 4 * Double(own.count * count * classes * features.dimensions)
    for first in stride(from: own.lowerBound, to: own.upperBound, by: width) {
      let size = min(width, own.upperBound - first)
      let values = try features.rows(first..<first + size).to(.f64)
      let residuals = try Tensor.call(
        "aten::addmm", [.tensor(biases.reshape([count * classes])), .tensor(values), .tensor(flat.t())])[0]
      losses = try losses + examples.narrowed(first, size).residuals(residuals, fits: count)
      // In place: sums of many classes take longer to write than products to make.
      _ = try Tensor.call("aten::addmm_", [.tensor(sum), .tensor(residuals.t()), .tensor(values)])
      biasGradient = try biasGradient + residuals.sum([0]).reshape(biases.shape)
    }
    losses = try manner.team.sum(losses)
    var gradient = try manner.team.sum(sum).reshape(weights.shape)
    biasGradient = try manner.team.sum(biasGradient)
    let penalty = try Tensor(lambdas, shape: [count, 1])
    let biasPenalty = manner.penalizesBias ? 1.0 : 0
    gradient = try gradient + penalty.unsqueeze(2) * weights
    biasGradient = try biasGradient + penalty * biases * biasPenalty
    let squares = try (gradient.square().sum([1, 2]) + biasGradient.square().sum([1])).doubles()
    let penalties = try (weights.square().sum([1, 2]) + biases.square().sum([1]) * biasPenalty).doubles()
    return try losses.doubles().enumerated().map { index, loss in
      let lambda = lambdas[index]
      let norm = squares[index].squareRoot()
      let objective = loss + lambda / 2 * penalties[index]
      let gap = norm * norm / (2 * lambda)
      return ProbeResult.Entry(
        lambda: lambda, objective: objective, gradientNorm: norm, gapBound: gap, iterations: steps[index],
        converged: norm <= 1e-5 * gradientNormAtZero, certified: gap <= 1e-4 * objective)
    }
  }

  /// Logits [L, K, n] of features [n, d].
  private static func logits(_ features: Tensor, _ weights: Tensor, _ biases: Tensor) throws -> Tensor {
    let (count, classes, n) = (weights.shape[0], weights.shape[1], features.shape[0])
    let product = try weights.reshape([count * classes, weights.shape[2]]).matmul(features.t())
    return try product.reshape([count, classes, n]) + biases.unsqueeze(2)
  }

  /// Logits [K, n] of one fit.
  func logits(_ index: Int, of rows: any RowSource) throws -> Tensor {
    let (weight, bias) = (try weights.narrow(0, index, 1), try biases.narrow(0, index, 1))
    return try Tensor.concat(
      rows.blocks().map { try Self.logits(rows.rows($0).to(.f64), weight, bias).select(0, 0) }, 1)
  }

  /// Predicted labels of each fit for each example; of equal logits the lowest class.
  func predictions(on set: LabelledFeatures) throws -> [[Int]] {
    var predicted = [[Int]](repeating: [], count: entries.count)
    let numbers = max(1, (1 << 22) / max(1, entries.count * classes.count)) * set.dimensions
    for block in set.rows.blocks(of: min(numbers, 1 << 22)) {
      let best = try Self.logits(set.rows.rows(block).to(.f64), weights, biases).argmax(1).ints()
      for index in predicted.indices {
        predicted[index] += best[index * block.count..<(index + 1) * block.count].map { classes.values[$0] }
      }
    }
    return predicted
  }

  /// Accuracy of each fit; of several processes each answers its share.
  func accuracies(on set: LabelledFeatures, by team: ProbeTeam) throws -> [Double] {
    let own = team.part(of: set.count)
    let labels = Array(set.labels[own])
    let right = try predictions(on: set.narrowed(to: own)).map { predicted in
      Double(zip(predicted, labels).count { $0 == $1 })
    }
    return try team.sum(Tensor(right)).doubles().map { $0 / Double(set.count) }
  }

  /// One fit's weights [K, d] and biases [K].
  func weightsAndBiases(_ index: Int) throws -> (Tensor, Tensor) {
    (try weights.select(0, index), try biases.select(0, index))
  }
}
