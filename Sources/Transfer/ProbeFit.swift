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

  /// Fits `set`. Classes of which it has no example keep weights of 0 and a bias that rules them out: the free bias
  /// would fall without bound. `start` ([K, d], [K]) is where to begin for every lambda.
  init(
    _ set: LabelledFeatures, _ classes: Classes, _ lambdas: [Double], start: (Tensor, Tensor)?,
    accuracy: ProbeOptions.Accuracy, progress: ((Int) -> Void)? = nil
  ) throws {
    self.classes = classes
    let all = set.labels.map { classes.index(of: $0) ?? 0 }
    let present = Classes(all)
    let problem = try LogisticProblem(
      features: set.features, labels: present.indices, classes: present.count,
      prefersNarrow: accuracy == .protocolBound)
    gradientNormAtZero = problem.gradientNormAtZero
    let places = try Tensor(present.values)
    let begin = try start.map { weight, bias in
      let rotated = try problem.rotated(
        weights: weight.indexSelect(0, places).unsqueeze(0), biases: bias.indexSelect(0, places).unsqueeze(0))
      return try rotated.expand([lambdas.count] + rotated.shape.dropFirst())
    }
    let path = LogisticPath(
      problem: problem, tolerance: accuracy == .protocolBound ? .protocolBound : nil, progress: progress)
    let solution = try path.solve(lambdas, start: begin)
    let (weights, biases) = try problem.original(solution.weights)
    entries = try Self.entries(
      set.features, problem.examples, weights: weights, biases: biases, lambdas: lambdas,
      steps: solution.steps,
      block: path.blockLimit)
    if present.count == classes.count {
      self.weights = weights
      self.biases = biases
    } else {
      let shape = [lambdas.count, classes.count]
      self.weights = try Tensor.zeros(shape + [set.dimensions], type: .f64).indexAdd(1, places, weights)
      let ruledOut = try Tensor.full(shape, -1e30, type: .f64)
      let index = try places.unsqueeze(0).expand(biases.shape)
      self.biases = try ruledOut.scatter(1, index, biases)
    }
  }

  /// Objective and gradient norm of each fit, from the features as they came.
  private static func entries(
    _ features: Tensor, _ examples: SoftmaxLikelihood.Examples, weights: Tensor, biases: Tensor,
    lambdas: [Double],
    steps: [Int], block: Int
  ) throws -> [ProbeResult.Entry] {
    let values = try features.to(.f64)
    let (classes, n) = (weights.shape[1], values.shape[0])
    let width = max(1, block / max(1, classes * n))
    var entries: [ProbeResult.Entry] = []
    for first in stride(from: 0, to: lambdas.count, by: width) {
      let count = min(width, lambdas.count - first)
      let weight = try weights.narrow(0, first, count)
      let logits = try logits(values, weight, biases.narrow(0, first, count))
      let likelihood = try SoftmaxLikelihood(logits: logits, examples)
      let residual = try likelihood.residual()
      let penalty = try Tensor(Array(lambdas[first..<first + count]), shape: [count, 1, 1])
      let gradient =
        try residual.reshape([count * classes, n]).matmul(values).reshape(weight.shape) + penalty * weight
      let squares = try (gradient.square().sum([1, 2]) + residual.sum([2]).square().sum([1])).doubles()
      let penalties = try weight.square().sum([1, 2]).doubles()
      for (index, loss) in try likelihood.loss.doubles().enumerated() {
        let lambda = lambdas[first + index]
        let norm = squares[index].squareRoot()
        entries.append(
          ProbeResult.Entry(
            lambda: lambda, objective: loss + lambda / 2 * penalties[index], gradientNorm: norm,
            gapBound: norm * norm / (2 * lambda), iterations: steps[first + index]))
      }
    }
    return entries
  }

  /// Logits [L, K, n] of features [n, d].
  private static func logits(_ features: Tensor, _ weights: Tensor, _ biases: Tensor) throws -> Tensor {
    let (count, classes, n) = (weights.shape[0], weights.shape[1], features.shape[0])
    let product = try weights.reshape([count * classes, weights.shape[2]]).matmul(features.t())
    return try product.reshape([count, classes, n]) + biases.unsqueeze(2)
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
