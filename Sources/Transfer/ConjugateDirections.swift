import Foundation
import Torch

/// Solves H s = -g for many penalties side by side by preconditioned conjugate gradients, where H is the Hessian of
/// the penalised cross-entropy; where classes are alternatives, on the directions whose sum over them is 0, where gradients
/// and solutions lie (adding a vector to every class's weights changes no probability).
struct ConjugateDirections {
  let problem: LogisticProblem
  private let spread: Tensor  // `Likelihood.spread`, in the precision of the products
  private let weights: Tensor?  // of the examples, likewise
  private let penalty: Tensor  // [L, 1, d + 1]
  private let preconditioner: Preconditioner

  /// `precision` is that of products with the features: with f32 they take half the time, and directions, not what
  /// they are judged by, are off by its rounding.
  init(
    problem: LogisticProblem, spread: Tensor, penalty: Tensor, preconditioner: Preconditioner,
    precision: ElementType = .f64
  ) throws {
    self.problem = problem
    self.spread = try spread.to(precision)
    weights = problem.examples.isCoupled ? try problem.examples.weights?.to(precision) : nil
    self.penalty = penalty
    self.preconditioner = preconditioner
  }

  private struct State {
    var places: [Int]
    var spread, penalty, solution, residual, direction: Tensor
    var preconditioner: Preconditioner
    var energy: [Double]

    func selecting(_ kept: [Int]) throws -> State {
      let index = try Tensor(kept)
      return State(
        places: kept.map { places[$0] }, spread: try spread.indexSelect(0, index),
        penalty: try penalty.indexSelect(0, index), solution: try solution.indexSelect(0, index),
        residual: try residual.indexSelect(0, index), direction: try direction.indexSelect(0, index),
        preconditioner: try preconditioner.selecting(index), energy: kept.map { energy[$0] })
    }
  }

  /// Directions [L, K, d + 1], each until the residual's preconditioned norm is `tolerances` times the gradient's.
  /// Also how many steps the longest took.
  func solve(_ gradient: Tensor, tolerances: [Double], limit: Int) throws -> (directions: Tensor, steps: Int) {
    let residual = try gradient.neg()
    let first = try preconditioner(residual)
    var taken = 0
    let energy = try (residual * first).sum([1, 2]).doubles()
    var state = State(
      places: Array(tolerances.indices), spread: spread, penalty: penalty,
      solution: try .zeros(gradient.shape, type: .f64), residual: residual, direction: first,
      preconditioner: preconditioner, energy: energy)
    let targets = zip(energy, tolerances).map { $0 * $1 * $1 }
    var results = [Tensor?](repeating: nil, count: tolerances.count)
    var isRunning = energy.map { $0 > 0 }
    for step in 0..<limit where isRunning.contains(true) {
      taken = step + 1
      let product = try hessian(state)
      let curvature = try (state.direction * product).sum([1, 2]).doubles()
      var lengths = [Double](repeating: 0, count: state.places.count)
      for index in lengths.indices where isRunning[index] {
        guard curvature[index] > 0, curvature[index].isFinite else {
          isRunning[index] = false
          if step == 0 { lengths[index] = 1 }  // the preconditioned gradient itself
          continue
        }
        lengths[index] = state.energy[index] / curvature[index]
      }
      let length = try Tensor(lengths, shape: [lengths.count, 1, 1])
      state.solution = try state.solution + length * state.direction
      state.residual = try state.residual - length * product
      let next = try state.preconditioner(state.residual)
      let energy = try (state.residual * next).sum([1, 2]).doubles()
      var ratios = [Double](repeating: 0, count: energy.count)
      for index in energy.indices where isRunning[index] {
        ratios[index] = energy[index] / state.energy[index]
        isRunning[index] = energy[index] > targets[state.places[index]]
      }
      state.direction = try next + Tensor(ratios, shape: [ratios.count, 1, 1]) * state.direction
      state.energy = energy
      let running = isRunning.indices.filter { isRunning[$0] }
      // Fewer side by side is worth a copy once a quarter is done.
      if running.count * 4 <= isRunning.count * 3 {
        for index in isRunning.indices where !isRunning[index] {
          results[state.places[index]] = try state.solution.select(0, index).clone()
        }
        if running.isEmpty { return (try .stack(results.compactMap { $0 }), taken) }
        state = try state.selecting(running)
        isRunning = running.map { _ in true }
      }
    }
    for index in state.places.indices {
      results[state.places[index]] = try state.solution.select(0, index).clone()
    }
    return (try .stack(results.compactMap { $0 }), taken)
  }

  /// H times the directions.
  private func hessian(_ state: State) throws -> Tensor {
    let logits = try problem.logits(state.direction, precision: spread.elementType)
    var change = try state.spread * logits
    if problem.examples.isCoupled { change = try change - state.spread * change.sum([1], keep: true) }
    if let weights { change = try change * weights }
    return try problem.transposed(change) + state.penalty * state.direction
  }
}
