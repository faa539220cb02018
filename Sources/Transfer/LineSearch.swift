import Torch

/// Takes the longest of the steps 1, 1/2, 1/4, ... along each direction that lowers the objective by enough (Armijo).
/// The logits along a direction are a line, so trying a step costs no product with the features.
struct LineSearch {
  let problem: LogisticProblem
  let lambdas: [Double]

  struct Result {
    let weights, logits: Tensor
    let likelihood: Likelihood
    /// Half of -g's, the fall that the quadratic model predicts, over the objective.
    let predicted: [Double]
    /// Whether no step lowered the objective: rounding is all that is left.
    let stuck: [Bool]
  }

  func run(
    weights: Tensor, logits: Tensor, loss: Tensor, gradient: Tensor, direction: Tensor
  ) throws -> Result {
    let count = lambdas.count
    let change = try problem.logits(direction)
    let slope = try (gradient * direction).sum([1, 2]).doubles()
    let penalized = try weights * problem.penalized
    let square = try (penalized * weights).sum([1, 2]).doubles()
    let cross = try (penalized * direction).sum([1, 2]).doubles()
    let length = try (direction * problem.penalized * direction).sum([1, 2]).doubles()
    let losses = try loss.doubles()
    let objectives = (0..<count).map { losses[$0] + lambdas[$0] / 2 * square[$0] }
    var step = [Double](repeating: 1, count: count)
    var isFine = slope.map { !($0 < 0) }  // no descent: rounding
    let stuckAtOnce = isFine
    for index in 0..<count where isFine[index] { step[index] = 0 }
    var moved = logits
    var likelihood: Likelihood?
    for trial in 0..<50 {
      if trial == 49 { for index in 0..<count where !isFine[index] { step[index] = 0 } }
      moved = try logits + Tensor(step, shape: [count, 1, 1]) * change
      let tried = try Likelihood(logits: moved, problem.examples)
      likelihood = tried
      let values = try tried.loss.doubles()
      for index in 0..<count where !isFine[index] {
        let t = step[index]
        let value =
          values[index] + lambdas[index] / 2 * (square[index] + t * (2 * cross[index] + t * length[index]))
        let limit = objectives[index] + 1e-4 * t * slope[index] + 1e-14 * objectives[index]
        if value <= limit { isFine[index] = true } else if trial < 48 { step[index] /= 2 }
      }
      if !isFine.contains(false) || trial == 49 { break }
    }
    guard let likelihood else { throw TransferError("step", found: "no trial", expected: "at least one") }
    let places = try Tensor(step, shape: [count, 1, 1])
    return Result(
      weights: try weights + places * direction, logits: moved, likelihood: likelihood,
      predicted: (0..<count).map { -slope[$0] / 2 / max(objectives[$0], .leastNormalMagnitude) },
      stuck: (0..<count).map { stuckAtOnce[$0] || step[$0] == 0 })
  }
}
