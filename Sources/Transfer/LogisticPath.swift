import Foundation
import Torch

/// Minimises sum_i xent_i + lambda/2 |W|^2 for every lambda of a list by Newton's method: directions by conjugate
/// gradients, many lambdas in one product, with the Hessian's diagonal as preconditioner; steps halved until the
/// objective falls (Armijo); all in double precision. A lambda drops out when it has converged.
///
/// The lambdas are taken in passes, every eighth first, then those between; a pass starts from the mean of the
/// solutions on both sides, which are near. Where the whole Hessian can be afforded they are taken one by one, since one
/// factored Hessian serves many of them.
struct LogisticPath {
  /// When a fit is good enough.
  struct Tolerance {
    /// Of the gradient norm against that at zero weights.
    var gradient = 1e-6
    /// Of the predicted fall of the last step against the objective.
    var decrease = 1e-9
    /// Of gradient norm^2 / (2 lambda), which bounds what is left, against the objective; given up when the predicted
    /// fall is down to rounding.
    var gap = 1e-8

    /// What the protocol asks for and no more.
    static let protocolBound = Tolerance(gradient: SequentialPath.target, decrease: .infinity, gap: .infinity)

    /// What problems of `unknowns` weights are held to: beyond a few thousand, where the last digits of the objective
    /// cost minutes, less than what small ones are.
    static func of(unknowns: Int) -> Tolerance {
      unknowns <= 6000 ? Tolerance() : Tolerance(gradient: 5e-6, decrease: 1e-6, gap: .infinity)
    }

    /// Most Newton steps.
    var steps = 100
    /// Most conjugate-gradient steps for one direction.
    var directionSteps = 500
  }

  let problem: LogisticProblem
  var tolerance: Tolerance
  /// Most numbers in one tensor [L, K, n]: bounds memory, and keeps passes over it near the processor.
  var blockLimit = 1 << 21
  /// Called with the number of lambdas done.
  var progress: ((Int) -> Void)?

  init(problem: LogisticProblem, tolerance: Tolerance? = nil, progress: ((Int) -> Void)? = nil) {
    self.problem = problem
    self.tolerance = tolerance ?? .of(unknowns: problem.classes * problem.size)
    self.progress = progress
  }

  /// Solutions [L, K, d + 1] in the order of `lambdas`, and the Newton steps each took. `start` [L, K, d + 1] replaces
  /// the passes.
  func solve(_ lambdas: [Double], start: Tensor? = nil) throws -> (weights: Tensor, steps: [Int]) {
    let order = lambdas.indices.sorted { lambdas[$0] > lambdas[$1] }
    var solutions: [Int: Tensor] = [:]  // by place in `order`
    var steps = [Int](repeating: 0, count: lambdas.count)
    let width = max(1, blockLimit / max(1, problem.classes * problem.count))
    let isSequential = Preconditioner.allowsDense(problem)
    let passes = isSequential ? lambdas.indices.map { [$0] } : Self.passes(lambdas.count)
    var memory = Memory()
    for pass in passes {
      for chunk in Swift.stride(from: 0, to: pass.count, by: width) {
        let places = Array(pass[chunk..<min(chunk + width, pass.count)])
        let starts = try places.map { place in
          if let start { return try start.select(0, order[place]) }
          let sorted = order.map { lambdas[$0] }
          return isSequential
            ? try self.extrapolation(place, sorted, solutions) : try self.start(place, sorted, solutions)
        }
        if !isSequential { memory = Memory() }
        let solved = try solveBlock(places.map { lambdas[order[$0]] }, start: .stack(starts), &memory)
        for (index, place) in places.enumerated() {
          solutions[place] = solved.weights[index]
          steps[order[place]] = solved.steps[index]
        }
        progress?(solutions.count)
      }
    }
    let places = order.enumerated().sorted { $0.element < $1.element }.map(\.offset)
    return (try .stack(places.compactMap { solutions[$0] }), steps)
  }

  /// Places 0..<count in passes: every eighth, then every fourth, ...
  static func passes(_ count: Int) -> [[Int]] {
    var seen: Set<Int> = []
    return [8, 4, 2, 1].map { step in
      Swift.stride(from: 0, to: count, by: step).filter { seen.insert($0).inserted }
    }.filter { !$0.isEmpty }
  }

  /// Where to begin at `place`: between the nearest solutions on both sides, by the logarithm of lambda.
  private func start(_ place: Int, _ lambdas: [Double], _ solutions: [Int: Tensor]) throws -> Tensor {
    let below = solutions.keys.filter { $0 < place }.max()
    let above = solutions.keys.filter { $0 > place }.min()
    guard let below, let first = solutions[below] else {
      return try .zeros([problem.classes, problem.size], type: .f64)
    }
    guard let above, let second = solutions[above] else { return first }
    let span = log(lambdas[above] / lambdas[below])
    let share = span == 0 ? 0 : log(lambdas[place] / lambdas[below]) / span
    return try first * (1 - share) + second * share
  }

  /// Where to begin at `place` when all before it are solved: the last solution, or a point on the line or the parabola
  /// through the last two or three by the logarithm of lambda, whichever has the lowest objective. Where separable
  /// data begin to be separated the curve bends, and beyond the optimum Newton's steps are bad.
  private func extrapolation(_ place: Int, _ lambdas: [Double], _ solutions: [Int: Tensor]) throws -> Tensor {
    let last = (max(0, place - 3)..<place).reversed().compactMap { index in
      solutions[index].map { (log(lambdas[index] / lambdas[place]), $0) }
    }
    guard !last.isEmpty else { return try .zeros([problem.classes, problem.size], type: .f64) }
    let candidates = try (1...last.count).map { count in
      let known = last.prefix(count)
      return try known.reduce(Tensor.zeros([problem.classes, problem.size], type: .f64)) { sum, point in
        let others = known.filter { $0.0 != point.0 }
        return try sum + point.1 * others.reduce(1.0) { $0 * $1.0 / ($1.0 - point.0) }
      }
    }
    let weights = try Tensor.stack(candidates)
    let losses = try Likelihood(logits: problem.logits(weights), problem.examples).loss.doubles()
    let squares = try (weights.square() * problem.penalized).sum([1, 2]).doubles()
    let objectives = zip(losses, squares).map { $0 + lambdas[place] / 2 * $1 }
    let best = objectives.indices.min { objectives[$0] < objectives[$1] } ?? 0
    return candidates[best]
  }

  /// Newton's method on lambdas side by side.
  private func solveBlock(
    _ lambdas: [Double], start: Tensor, _ memory: inout Memory
  ) throws -> (weights: [Tensor], steps: [Int]) {
    var active = Array(lambdas.indices)
    var lambda = lambdas
    var weights = start
    var likelihood = try Likelihood(logits: problem.logits(weights), problem.examples)
    var logits = try problem.logits(weights)
    var results = [Tensor?](repeating: nil, count: lambdas.count)
    var steps = [Int](repeating: 0, count: lambdas.count)
    var predicted = [Double](repeating: .infinity, count: lambdas.count)  // fall of the last step, relative
    var stuck = [Bool](repeating: false, count: lambdas.count)
    var step = 0
    while true {
      let penalty = try Tensor(lambda, shape: [lambda.count, 1, 1]) * problem.penalized
      let gradient = try problem.transposed(likelihood.residual()) + penalty * weights
      let norms = try problem.coordinates.originalNorms(gradient)
      let scale = max(problem.gradientNormAtZero, .leastNormalMagnitude)
      let ratios = norms.map { $0 / scale }
      let losses = try likelihood.loss.doubles()
      let squares = try (weights.square() * problem.penalized).sum([1, 2]).doubles()
      let isDone = active.indices.map { index in
        if stuck[index] || step >= tolerance.steps { return true }
        let objective = losses[index] + lambda[index] / 2 * squares[index]
        let gap = norms[index] * norms[index] / (2 * lambda[index])
        return ratios[index] <= tolerance.gradient && predicted[index] <= tolerance.decrease
          && (gap <= tolerance.gap * objective || predicted[index] <= 1e-16)
      }
      for index in active.indices where isDone[index] {
        results[active[index]] = try weights.select(0, index).clone()
        steps[active[index]] = step
      }
      let left = active.indices.filter { !isDone[$0] }
      if left.isEmpty { break }
      var current = (weights: weights, logits: logits, gradient: gradient, likelihood: likelihood)
      if left.count < active.count {
        let places = try Tensor(Array(left))
        current.weights = try weights.indexSelect(0, places)
        current.logits = try logits.indexSelect(0, places)
        current.gradient = try gradient.indexSelect(0, places)
        current.likelihood = try Likelihood(logits: current.logits, problem.examples)
        active = left.map { active[$0] }
        lambda = left.map { lambda[$0] }
        memory.preconditioner = try memory.preconditioner?.selecting(places)
      }
      // Tighter as the gradient falls, for quadratic convergence, but no tighter than what is asked for.
      let tolerances = left.map {
        min(0.1, max(1e-3, ratios[$0].squareRoot(), 0.1 * tolerance.gradient / max(ratios[$0], 1e-300)))
      }
      let precision: ElementType = problem.narrowFeatures == nil ? .f64 : .f32
      let remaining = try Tensor(lambda, shape: [lambda.count, 1, 1]) * problem.penalized
      let preconditioner = try refresh(&memory, current.likelihood, remaining)
      let (direction, taken) = try ConjugateDirections(
        problem: problem, spread: current.likelihood.spread(), penalty: remaining,
        preconditioner: preconditioner, precision: precision
      ).solve(current.gradient, tolerances: tolerances, limit: tolerance.directionSteps)
      memory.lastSteps = taken
      memory.steps += taken
      let search = try LineSearch(problem: problem, lambdas: lambda).run(
        weights: current.weights, logits: current.logits, loss: current.likelihood.loss,
        gradient: current.gradient, direction: direction)
      weights = search.weights
      logits = search.logits
      likelihood = search.likelihood
      predicted = search.predicted
      stuck = search.stuck
      step += 1
    }
    return (results.compactMap { $0 }, steps)
  }

  /// What one direction leaves for the next.
  private struct Memory {
    var preconditioner: Preconditioner?
    /// Conjugate-gradient steps of the last direction, and of all since the preconditioner was last made whole.
    var lastSteps = 0
    var steps = 0
  }

  /// The preconditioner of the next direction: the diagonal while that does; class blocks, made anew once directions
  /// take more than a few steps with those at hand; the whole Hessian, where it is small enough, once the steps spent
  /// since have cost as much as making it.
  private func refresh(
    _ memory: inout Memory, _ likelihood: Likelihood, _ penalty: Tensor
  ) throws -> Preconditioner {
    let unknowns = problem.classes * problem.size
    let isWorthWhole = memory.lastSteps > Self.fewSteps && memory.steps * Self.wholeCost > unknowns
    if penalty.shape[0] == 1, isWorthWhole, Preconditioner.allowsDense(problem),
      let whole = try Preconditioner.dense(
        problem, probabilities: likelihood.spread(), curvature: likelihood.curvature(), penalty: penalty)
    {
      memory.preconditioner = whole
      memory.steps = 0
      return whole
    }
    switch memory.preconditioner {
    case .blocks(let inverse, let share) where memory.lastSteps <= Self.enoughSteps:
      return .blocks(inverse: inverse, share: share)
    case .dense(let inverse):
      return .dense(inverse: inverse)
    default:
      let curvature = try likelihood.curvature()
      let isHard = memory.preconditioner != nil && memory.lastSteps > Self.enoughSteps
      let blocks =
        isHard && problem.size <= Preconditioner.largestBlock
        ? try Preconditioner.blocks(problem, curvature: curvature, penalty: penalty) : nil
      let made = try blocks ?? .diagonal(problem, curvature: curvature, penalty: penalty)
      memory.preconditioner = made
      return made
    }
  }

  /// Steps for one direction that no other preconditioner would save.
  static let fewSteps = 8
  /// Unknowns whose whole Hessian costs as much as one step: matrix products run that much faster than a step's passes.
  static let wholeCost = 8

  /// Steps for one direction from which on a better preconditioner is worth its cost.
  static let enoughSteps = 48
}
