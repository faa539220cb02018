import Testing
import Torch

@testable import Transfer

/// What a preconditioner must do: z_k = M_k^-1 (r_k - c), the z_k summing to 0 over classes.
struct PreconditionerTests {
  @Test func blocksSolveEachClassUpToACommonVector() throws {
    let (n, k, d) = (60, 4, 5)
    let x = try Tensor((0..<n * d).map { Double(($0 * 7919 % 101) - 50) / 17 }, shape: [n, d])
    let problem = try LogisticProblem(features: x, labels: (0..<n).map { $0 % k }, classes: k)
    let curvature = try Tensor((0..<2 * k * n).map { 0.01 + Double($0 * 31 % 23) / 100 }, shape: [2, k, n])
    let penalty = try Tensor([1e-3, 10.0], shape: [2, 1, 1]) * problem.penalized
    let preconditioner = try #require(
      try Preconditioner.blocks(problem, curvature: curvature, penalty: penalty))
    let e = problem.size
    let raw = try Tensor((0..<2 * k * e).map { Double($0 * 53 % 29) - 14 }, shape: [2, k, e])
    let residual = try raw - raw.mean([1], keep: true)
    let z = try preconditioner(residual)
    #expect(z.shape == [2, k, e])
    let largest = try z.abs().max().item()
    #expect(try z.sum([1]).abs().max().item() < 1e-4 * largest)

    // M_k z_k - r_k is the same for every class.
    for lambda in 0..<2 {
      var common: Tensor?
      for c in 0..<k {
        let weights = try curvature.select(0, lambda).select(0, c)
        let block =
          try (problem.features * weights.unsqueeze(0)).matmul(problem.features.t())
          + Tensor.eye(e, type: .f64) * penalty.select(0, lambda)
        let rest =
          try block.matmul(z.select(0, lambda).select(0, c).unsqueeze(1)).squeeze(1)
          - residual.select(0, lambda).select(0, c)
        if let common {
          #expect(try (rest - common).abs().max().item() < 1e-3 * 14)
        } else {
          common = rest
        }
      }
    }
  }

  /// H v by definition, class by class, against the inverse that was made of the whole matrix.
  @Test func theWholeHessianIsInverted() throws {
    let (n, k, d) = (60, 4, 5)
    let x = try Tensor((0..<n * d).map { Double(($0 * 7919 % 101) - 50) / 17 }, shape: [n, d])
    let problem = try LogisticProblem(features: x, labels: (0..<n).map { $0 % k }, classes: k)
    let e = problem.size
    let weights = try Tensor((0..<k * e).map { Double($0 * 37 % 19) / 10 - 0.9 }, shape: [1, k, e])
    let likelihood = try Likelihood(logits: problem.logits(weights), problem.examples)
    let p = try likelihood.spread()
    let penalty = try Tensor([1e-3], shape: [1, 1, 1]) * problem.penalized
    #expect(Preconditioner.allowsDense(problem))
    let inverse = try #require(
      try Preconditioner.dense(problem, probabilities: p, curvature: likelihood.curvature(), penalty: penalty))
    let raw = try Tensor((0..<k * e).map { Double($0 * 53 % 29) - 14 }, shape: [1, k, e])
    let residual = try raw - raw.mean([1], keep: true)
    let z = try inverse(residual)
    for c in 0..<k {
      var product = try penalty.select(0, 0).squeeze(0) * z.select(0, 0).select(0, c)
      for other in 0..<k {
        let own = try p.select(0, 0).select(0, c)
        let weight = try (c == other ? own : own * 0) - own * p.select(0, 0).select(0, other)
        let logits = try problem.features.t().matmul(z.select(0, 0).select(0, other).unsqueeze(1)).squeeze(1)
        product = try product + problem.features.matmul((weight * logits).unsqueeze(1)).squeeze(1)
      }
      let rest = try (product - residual.select(0, 0).select(0, c)).abs().max().item()
      #expect(rest < 1e-8 * 14, "class \(c)")
    }
  }

  @Test func theProtocolsBoundHoldsAtEveryLambda() throws {
    let known = try ProbeCase.named("overlapping")
    let x = try known.tensor()
    let result = try LinearProbe.run(
      train: x, trainLabels: known.labels, test: x, testLabels: known.labels,
      options: ProbeOptions(holdout: 0, accuracy: .protocolBound)
    ).result
    #expect(result.path.count == 45)
    for entry in result.path {
      #expect(entry.gradientNorm <= 1e-5 * result.gradientNormAtZero, "\(entry.lambda)")
    }
  }
}
