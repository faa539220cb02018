import Features
import Foundation
import TestSupport
import Testing
import Torch

@testable import Transfer

/// The protocol's solver: its gradients within the bound, its objectives as near the least ones as these prove.
@Suite struct SequentialPathTests {
  @Test(arguments: ProbeCase.names) func reachesTheBoundAtEveryLambda(name: String) throws {
    let known = try ProbeCase.named(name)
    let x = try known.tensor()
    let outcome = try LinearProbe.run(
      train: x, trainLabels: known.labels, test: nil, testLabels: [],
      options: ProbeOptions(lambdas: known.lambdas, holdout: 0))
    for (entry, least) in zip(outcome.result.path, known.objectives) {
      #expect(entry.converged && entry.gradientNorm <= 1e-5 * outcome.result.gradientNormAtZero, "\(entry)")
      #expect(entry.objective >= least * (1 - 1e-9) && entry.objective <= least + entry.gapBound + 1e-9 * least)
    }
  }

  /// Many examples, so that directions come from bf16 rows and class blocks; against the solver in double.
  @Test(arguments: [4, 44]) func manyExamplesAgreeWithTheSolverInDouble(classes: Int) throws {
    let (n, d) = (19_000, 224)
    let labels = (0..<n).map { $0 * 7 % classes }
    let noise = try Tensor(counterNumbers(3, n * d), shape: [n, d]).to(.f32)
    // Directions of very different spread.
    let spread = try Tensor((0..<d).map { pow(10, -3 * Double($0) / Double(d)) }).to(.f32)
    let means = try Tensor(counterNumbers(5, classes * d), shape: [classes, d]).to(.f32)
    let x = try (noise + means.indexSelect(0, Tensor(labels)) * 0.4) * spread + 2
    let lambdas = [1e-3, 1, 1e3]
    func run(_ accuracy: ProbeOptions.Accuracy) throws -> LinearProbe.Outcome {
      try LinearProbe.run(
        train: x, trainLabels: labels, test: nil, testLabels: [],
        options: ProbeOptions(lambdas: lambdas, holdout: 0, accuracy: accuracy))
    }
    let soon = try run(.protocolBound)
    #expect(soon.result.path.allSatisfy { $0.gradientNorm <= 1e-5 * soon.result.gradientNormAtZero })
    guard classes == 4 else { return }
    let exact = try run(.high)
    for (a, b) in zip(soon.result.path, exact.result.path) {
      #expect(abs(a.objective - b.objective) <= 1e-4 * b.objective, "\(a.lambda)")
    }
    #expect(
      abs(soon.result.gradientNormAtZero - exact.result.gradientNormAtZero) <= 1e-5 * exact.result.gradientNormAtZero)
  }

  /// What a pass says of weighted examples, against `Likelihood` in double.
  @Test func passesAgreeWithTheLikelihood() throws {
    let (n, size) = (150, 32)
    for classes in [2, 5, 11, 48] {
      let rows = try Tensor(counterNumbers(1, n * size), shape: [n, size]).to(.f32)
      let weights = try Tensor(counterNumbers(2, classes * size), shape: [classes, size])
      let direction = try Tensor(counterNumbers(4, classes * size), shape: [classes, size])
      let counts = (0..<n).map { Double($0 % 4) / 2 }
      let labels = (0..<n).map { $0 * 5 % classes }
      let targets = try Tensor((0..<n * classes).map { Double($0 * 13 % 3 - 1) }, shape: [n, classes])
      for several in [false, true] {
        let examples =
          try several
          ? Likelihood.Examples(targets: targets, weights: counts)
          : Likelihood.Examples(labels: labels, classes: classes, weights: counts)
        let quick: LogisticRows
        if case .any(let sign) = examples.answers {
          quick = try LogisticRows(
            rows: rows, signs: sign.squeeze(0).t(), weights: #require(examples.weights).squeeze(0).t())
        } else {
          quick = try LogisticRows(rows: rows, labels: labels, weights: counts)
        }
        let wide = try rows.to(.f64)
        let logits = try weights.matmul(wide.t()).unsqueeze(0)
        let likelihood = try Likelihood(logits: logits, examples)
        let state = try quick.state(logits: quick.logits(weights))
        let loss = try likelihood.loss.doubles()[0]
        #expect(abs(state.loss - loss) <= 1e-6 * loss)
        let residual = try likelihood.residual().squeeze(0)
        #expect(try relativeGap(state.residual, residual.t()) < 1e-5)
        #expect(try relativeGap(quick.sums(state.residual), residual.matmul(wide)) < 1e-5)
        let curvature = try likelihood.curvature().squeeze(0)
        #expect(
          try relativeGap(
            quick.sums(curvature.t().to(.f32).contiguous(), squared: true), curvature.matmul(wide.square())) < 1e-5)
        // The product with the Hessian by differences of gradients.
        let step = 1e-5
        let ahead = try Likelihood(logits: (weights + direction * step).matmul(wide.t()).unsqueeze(0), examples)
        let behind = try Likelihood(logits: (weights - direction * step).matmul(wide.t()).unsqueeze(0), examples)
        let change = try (ahead.residual() - behind.residual()).squeeze(0).matmul(wide) * (0.5 / step)
        let found = try quick.hessian(state, times: direction)
        #expect(try relativeGap(found.product, change) < 1e-4)
        let along = try #require(found.logits)
        #expect(try relativeGap(along, quick.logits(direction)) < 1e-6)
      }
    }
  }

  /// Fewer examples than dimensions: coordinates span the examples' differences, and weights come back whole.
  @Test(arguments: [false, true]) func coordinatesOfFewExamples(penalizesBias: Bool) throws {
    let (n, d) = (12, 40)
    let x = try Tensor(counterNumbers(8, n * d), shape: [n, d]) + 3
    let coordinates = try ProbeCoordinates(TensorRows(x), penalizesBias: penalizesBias)
    #expect(coordinates.size == 12)
    let weights = try Tensor(counterNumbers(9, 3 * coordinates.size), shape: [1, 3, coordinates.size])
    let (own, biases) = try coordinates.original(weights)
    let expected = try coordinates.rows(x).matmul(weights.select(0, 0).t())
    let found = try x.matmul(own.select(0, 0).t()) + biases.select(0, 0)
    #expect(try relativeGap(found, expected) < 1e-10)
    #expect(try relativeGap(coordinates.rotated(weights: own, biases: biases), weights) < 1e-10)
    let squares =
      penalizesBias ? try own.square().sum().item() + biases.square().sum().item() : try own.square().sum().item()
    let inside = try (weights.square() * coordinates.penalized()).sum().item()
    #expect(abs(squares - inside) < 1e-10 * inside)
  }

  /// Rows through a file, read block by block, with all that may be done to them: what is in memory comes to the same.
  @Test(arguments: [false, true]) func rowsThroughAFileComeToTheSame(changes: Bool) throws {
    let (n, d) = (700, 40)
    let labels = (0..<n).map { $0 * 3 % 5 }
    let means = try Tensor(counterNumbers(5, 5 * d), shape: [5, d])
    let x = try (Tensor(counterNumbers(6, n * d, 2), shape: [n, d]) + means.indexSelect(0, Tensor(labels))).to(.f32)
    var options = ProbeOptions(lambdas: [1e-2, 1, 100])
    (options.standardizes, options.normalizes) = (changes, changes)
    if changes { options.sampleWeights = (0..<n).map { Double($0 % 3) / 2 } }
    let here = try LinearProbe.run(
      train: x, trainLabels: labels, test: x.narrow(0, 0, 100), testLabels: Array(labels.prefix(100)), options: options)
    options.memory = 0
    let whole = try TensorRows(x)
    let rows = ChosenRows(whole, Array(0..<n))  // not known to be in memory
    let there = try LinearProbe.run(
      train: rows, trainLabels: labels, test: ChosenRows(whole, Array(0..<100)), testLabels: Array(labels.prefix(100)),
      options: options)
    #expect(here.result.lambda == there.result.lambda && here.result.accuracy == there.result.accuracy)
    #expect(here.result.path.map(\.holdoutAccuracy) == there.result.path.map(\.holdoutAccuracy))
    #expect(there.result.path.allSatisfy { $0.converged })
    // Solutions of one strongly convex problem are no further apart than their gradients over lambda.
    for (index, lambda) in options.lambdas.enumerated() {
      let (a, b) = (here.result.path[index], there.result.path[index])
      let gap = try (here.weights.select(0, index) - there.weights.select(0, index)).square().sum().item().squareRoot()
      #expect(gap <= (a.gradientNorm + b.gradientNorm) / lambda)
      #expect(abs(a.objective - b.objective) <= max(a.gapBound, b.gapBound))
    }
    #expect(try relativeGap(there.weights.narrow(0, 1, 2), here.weights.narrow(0, 1, 2)) < 1e-4)
  }

  /// A lambda that takes more products than it may is left, with all smaller ones; the path stays as good as it was.
  @Test func givesUpWhereFactoringIsSooner() throws {
    let (n, d) = (300, 12)
    let labels = (0..<n).map { $0 % 3 }
    let means = try Tensor(counterNumbers(5, 3 * d), shape: [3, d])
    let x = try (Tensor(counterNumbers(6, n * d), shape: [n, d]) + means.indexSelect(0, Tensor(labels))).to(.f32)
    let examples = try Likelihood.Examples(labels: labels, classes: 3)
    func path() throws -> SequentialPath {
      try SequentialPath(
        features: TensorRows(x), examples: examples, classes: 3, penalizesBias: false, memory: 1 << 30)
    }
    let lambdas = [1e-4, 1e-2, 1, 100]
    var (patient, hasty) = (try path(), try path())
    let whole = try patient.solve(lambdas)
    let part = try hasty.solve(lambdas, patience: 1)
    #expect(whole.steps.allSatisfy { $0 > 0 } && part.steps[0] == 0 && part.steps[1] == 0)
    #expect(part.weights.shape == whole.weights.shape && hasty.work.single < patient.work.single)
    #expect(try relativeGap(part.weights.select(0, 0), part.weights.select(0, 1)) == 0)
  }

  /// Several parts of a file: passes over them add up to one over all.
  @Test func partsOfAFileAddUp() throws {
    let (n, size) = (37, 1 << 20)
    #expect(ScratchRows.ranges(count: n, size: size).map(\.count) == [16, 16, 5])
    let file = try ScratchRows(count: 40, size: 16) { range in
      try Tensor(range.flatMap { row in (0..<16).map { Double(row * 16 + $0) } }, shape: [range.count, 16])
    }
    #expect(try file.rows(3..<5).doubles() == (48..<80).map(Double.init))
    #expect(try file.rows(39..<40).doubles() == (624..<640).map(Double.init))
  }

  /// Losses and derivatives of several fits in one pass: those of `Likelihood`, for answers from certain to wrong.
  @Test(arguments: [false, true]) func residualsAreTheLikelihoods(isWeighted: Bool) throws {
    let (n, classes, fits) = (150, 4, 3)
    let logits = try Tensor(counterNumbers(1, fits * classes * n, 90), shape: [fits, classes, n])
    let weights = isWeighted ? (0..<n).map { Double($0 % 3) } : nil
    let targets = try Tensor((0..<n * classes).map { Double($0 % 7 % 3) - 1 }, shape: [n, classes])
    for examples in [
      try Likelihood.Examples(labels: (0..<n).map { $0 % classes }, classes: classes, weights: weights),
      try Likelihood.Examples(targets: targets, weights: weights),
    ] {
      let known = try Likelihood(logits: logits, examples)
      let rows = try logits.permute([2, 0, 1]).reshape([n, fits * classes]).contiguous().clone()
      let losses = try examples.residuals(rows, fits: fits).doubles()
      for (a, b) in zip(losses, try known.loss.doubles()) { #expect(abs(a - b) <= 1e-13 * abs(b)) }
      let expected = try known.residual().permute([2, 0, 1]).contiguous().doubles()
      for (a, b) in zip(try rows.doubles(), expected) { #expect(abs(a - b) <= 1e-13 * abs(b), "\(a) \(b)") }
    }
  }
}
