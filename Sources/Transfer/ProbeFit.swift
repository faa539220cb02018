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

  var largestRatio: Double {
    (entries.map(\.gradientNorm).max() ?? 0) / max(gradientNormAtZero, .leastNormalMagnitude)
  }

  /// How a fit differs from the plain one.
  struct Manner {
    var accuracy: ProbeOptions.Accuracy
    var penalizesBias = false
    /// What each example counts; nil: 1.
    var weights: [Double]?
  }

  /// Fits `set`. Classes of which it has no example keep weights of 0 and a bias that rules them out: the free bias
  /// would fall without bound. `start` ([K, d], [K]) is where to begin for every lambda.
  init(
    _ set: LabelledFeatures, _ classes: Classes, _ lambdas: [Double], start: (Tensor, Tensor)?, _ manner: Manner,
    progress: ((Int) -> Void)? = nil
  ) throws {
    let all = set.labels.map { classes.index(of: $0) ?? 0 }
    let present = Classes(all)
    try self.init(
      set.features, classes, present: present.values,
      Likelihood.Examples(labels: present.indices, classes: present.count, weights: manner.weights), lambdas,
      start: start, manner, progress: progress)
  }

  /// The same for examples with any number of classes; only the classes at `present` are fitted.
  init(
    _ features: Tensor, _ classes: Classes, present: [Int], _ examples: Likelihood.Examples, _ lambdas: [Double],
    start: (Tensor, Tensor)?, _ manner: Manner, progress: ((Int) -> Void)? = nil
  ) throws {
    self.classes = classes
    let places = try Tensor(present)
    let begin = try start.map { weight, bias in
      (try weight.indexSelect(0, places).unsqueeze(0), try bias.indexSelect(0, places).unsqueeze(0))
    }
    let solved =
      try manner.accuracy == .high
      ? Self.exactly(
        features, examples, present.count, lambdas, begin, manner, LogisticPath.Tolerance.of(unknowns:), progress)
      : Self.soon(features, examples, present.count, lambdas, begin, manner, progress)
    let (weights, biases) = (solved.weights, solved.biases)
    gradientNormAtZero = solved.gradientNormAtZero
    entries = solved.entries
    if present.count == classes.count {
      self.weights = weights
      self.biases = biases
    } else {
      let shape = [lambdas.count, classes.count]
      self.weights = try Tensor.zeros(shape + [features.shape[1]], type: .f64).indexAdd(1, places, weights)
      let ruledOut = try Tensor.full(shape, -1e30, type: .f64)
      let index = try places.unsqueeze(0).expand(biases.shape)
      self.biases = try ruledOut.scatter(1, index, biases)
    }
  }

  private struct Solved {
    var weights, biases: Tensor
    var entries: [ProbeResult.Entry]
    var gradientNormAtZero: Double
  }

  /// To the last digits. `start` ([1, K, d], [1, K]) is where to begin.
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
    let (weights, biases) = try problem.coordinates.original(solution.weights)
    let entries = try entries(
      features, examples, weights: weights, biases: biases, lambdas: lambdas, steps: solution.steps,
      gradientNormAtZero: problem.gradientNormAtZero, manner)
    return Solved(weights: weights, biases: biases, entries: entries, gradientNormAtZero: problem.gradientNormAtZero)
  }

  /// To the protocol's gradient norm, as soon as may be. What misses it by f32's rounding is taken further in double.
  private static func soon(
    _ features: Tensor, _ examples: Likelihood.Examples, _ classes: Int, _ lambdas: [Double],
    _ start: (Tensor, Tensor)?,
    _ manner: Manner, _ progress: ((Int) -> Void)?
  ) throws -> Solved {
    let path = try SequentialPath(
      features: features, examples: examples, classes: classes, penalizesBias: manner.penalizesBias, progress: progress)
    let solution = try path.solve(
      lambdas, start: start.map { try path.coordinates.rotated(weights: $0, biases: $1).squeeze(0) })
    var (weights, biases) = try path.coordinates.original(solution.weights)
    var found = try entries(
      features, examples, weights: weights, biases: biases, lambdas: lambdas, steps: solution.steps,
      gradientNormAtZero: path.gradientNormAtZero, manner)
    guard !found.allSatisfy(\.converged) else {
      return Solved(weights: weights, biases: biases, entries: found, gradientNormAtZero: path.gradientNormAtZero)
    }
    var kept = try found.indices.map { (weight: try weights.select(0, $0), bias: try biases.select(0, $0)) }
    for index in found.indices where !found[index].converged {
      let begin = (try weights.narrow(0, index, 1), try biases.narrow(0, index, 1))
      let better = try exactly(
        features, examples, classes, [lambdas[index]], begin, manner, { _ in .protocolBound }, nil)
      guard better.entries[0].gradientNorm < found[index].gradientNorm else { continue }
      let steps = found[index].iterations
      found[index] = better.entries[0]
      found[index].iterations += steps
      kept[index] = (try better.weights.select(0, 0), try better.biases.select(0, 0))
    }
    (weights, biases) = (try .stack(kept.map(\.weight)), try .stack(kept.map(\.bias)))
    return Solved(
      weights: weights, biases: biases, entries: found, gradientNormAtZero: path.gradientNormAtZero)
  }

  /// Objective and gradient norm of each fit, from the features as they came, some examples at a time.
  private static func entries(
    _ features: Tensor, _ examples: Likelihood.Examples, weights: Tensor, biases: Tensor, lambdas: [Double],
    steps: [Int], gradientNormAtZero: Double, _ manner: Manner
  ) throws -> [ProbeResult.Entry] {
    let (count, classes, n) = (lambdas.count, weights.shape[1], features.shape[0])
    let width = max(1, min(n, (1 << 22) / max(1, classes * count)))
    var losses = try Tensor.zeros([count], type: .f64)
    var gradient = try Tensor.zeros(weights.shape, type: .f64)
    var biasGradient = try Tensor.zeros(biases.shape, type: .f64)
    for first in stride(from: 0, to: n, by: width) {
      let size = min(width, n - first)
      let values = try features.narrow(0, first, size).to(.f64)
      let likelihood = try Likelihood(
        logits: logits(values, weights, biases), examples.narrowed(first, size))
      let residual = try likelihood.residual()
      losses = try losses + likelihood.loss
      gradient = try gradient + residual.reshape([count * classes, size]).matmul(values).reshape(weights.shape)
      biasGradient = try biasGradient + residual.sum([2])
    }
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
  func logits(_ index: Int, of features: Tensor) throws -> Tensor {
    try Self.logits(features.to(.f64), weights.narrow(0, index, 1), biases.narrow(0, index, 1)).select(0, 0)
  }

  /// Predicted labels of each fit for each example; of equal logits the lowest class.
  func predictions(on set: LabelledFeatures) throws -> [[Int]] {
    let values = try set.features.to(.f64)
    return try (0..<entries.count).map { index in
      let logits = try Self.logits(values, weights.narrow(0, index, 1), biases.narrow(0, index, 1))
      return try logits.select(0, 0).argmax(0).ints().map { classes.values[$0] }
    }
  }

  /// Accuracy of each fit.
  func accuracies(on set: LabelledFeatures) throws -> [Double] {
    try predictions(on: set).map { predicted in
      Double(zip(predicted, set.labels).count { $0 == $1 }) / Double(set.count)
    }
  }

  /// One fit's weights [K, d] and biases [K].
  func weightsAndBiases(_ index: Int) throws -> (Tensor, Tensor) {
    (try weights.select(0, index), try biases.select(0, index))
  }
}
