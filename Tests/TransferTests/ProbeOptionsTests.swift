import Features
import Foundation
import Measures
import Testing
import Torch

@testable import Transfer

/// Weighted, bias-penalized and multi-label probes against scikit-learn's coefficients, and how lambda is chosen.
@Suite struct ProbeOptionsTests {
  struct Known: Decodable {
    struct Fit: Decodable {
      var coefficients, biases: [Double]
    }
    struct Several: Decodable {
      var features, coefficients, biases, test, elevenPoint, area: [Double]
      var targets, testTargets: [Int]
    }
    struct Ties: Decodable {
      var scores: [Double]
      var positive: [Bool]
      var area: Double
    }
    var n: Int
    var lambda: Double
    var features, weights: [Double]
    var labels: [Int]
    var weighted, balanced, penalized: Fit
    var several: Several
    var ties: Ties
  }

  private let known: Known
  private let x: Tensor

  init() throws {
    known = try fixture("options", as: Known.self)
    x = try Tensor(known.features, shape: [known.n, known.features.count / known.n])
  }

  private func probe(_ change: (inout ProbeOptions) -> Void) throws -> LinearProbe.Outcome {
    var options = exact(lambdas: [known.lambda], holdout: 0)
    change(&options)
    return try LinearProbe.run(train: x, trainLabels: known.labels, test: nil, testLabels: [], options: options)
  }

  private func expect(_ found: [Double], _ expected: [Double], _ tolerance: Double = 1e-6) {
    let scale = expected.map(abs).max() ?? 1
    #expect(found.count == expected.count)
    for (a, b) in zip(found, expected) { #expect(abs(a - b) <= tolerance * scale, "\(a) \(b)") }
  }

  @Test func weightsAreThoseOfScikitLearn() throws {
    for (fit, outcome) in [
      (known.weighted, try probe { $0.sampleWeights = known.weights }),
      (known.balanced, try probe { $0.classWeights = .balanced }),
      (known.penalized, try probe { $0.penalizesBias = true }),
    ] {
      let biases = try outcome.biases.doubles()
      let mean = biases.reduce(0, +) / Double(biases.count)
      // A bias is a product of weights with a mean of 3, and as exact as they are.
      expect(try outcome.weights.doubles() + biases.map { $0 - mean }, fit.coefficients + fit.biases, 3e-6)
      #expect(outcome.result.path[0].converged && outcome.result.path[0].certified)
    }
    // Weights by class are weights of examples; weights of 1 are none; whole weights are repetitions.
    let doubled = try probe { $0.classWeights = .given([0: 2]) }
    let same = try probe { $0.sampleWeights = known.labels.map { $0 == 0 ? 2 : 1 } }
    expect(try doubled.weights.doubles(), try same.weights.doubles(), 1e-9)
    expect(
      try probe { $0.sampleWeights = known.labels.map { _ in 1 } }.weights.doubles(),
      try probe { _ in }.weights.doubles(),
      1e-9)
    let places = known.labels.indices.flatMap { known.labels[$0] == 0 ? [$0, $0] : [$0] }
    let repeated = try LinearProbe.run(
      train: x.indexSelect(0, Tensor(places)), trainLabels: places.map { known.labels[$0] }, test: nil, testLabels: [],
      options: exact(lambdas: [known.lambda], holdout: 0))
    // Centred elsewhere, so that both are off by what the solver leaves.
    expect(try repeated.weights.doubles(), try doubled.weights.doubles(), 3e-6)
  }

  @Test func severalLabelsAreOneAgainstTheRest() throws {
    let several = known.several
    let d = x.shape[1]
    let (train, targets) = (
      try Tensor(several.features, shape: [known.n, d]), try Tensor(several.targets, shape: [known.n, 4])
    )
    let test = try Tensor(several.test, shape: [30, d])
    let truth = try Tensor(several.testTargets, shape: [30, 4])
    for accuracy in ProbeOptions.Accuracy.allCases {
      let examples = try Likelihood.Examples(targets: targets)
      let fit = try ProbeFit(
        TensorRows(train), Classes([0, 1, 2, 3]), present: [0, 1, 2, 3], examples, [known.lambda, 1e-3], start: nil,
        ProbeFit.Manner(accuracy: accuracy))
      let tolerance = accuracy == .high ? 1e-6 : 1e-3
      expect(try fit.weights.select(0, 0).doubles(), several.coefficients, tolerance)
      expect(try fit.biases.select(0, 0).doubles(), several.biases, tolerance)
      #expect(fit.entries.allSatisfy { $0.gradientNorm <= 1e-5 * fit.gradientNormAtZero })
      guard accuracy == .high else { continue }
      let logits = try fit.logits(0, of: TensorRows(test)).doubles()
      for k in 0..<4 {
        let positive = (0..<30).map { row in
          several.testTargets[row * 4 + k] < 0 ? nil : Optional(several.testTargets[row * 4 + k] > 0)
        }
        let scores = Array(logits[k * 30..<(k + 1) * 30])
        #expect(
          abs((AveragePrecision.elevenPoint(scores: scores, positive: positive) ?? -1) - several.elevenPoint[k]) < 1e-12
        )
        #expect(abs((AveragePrecision.area(scores: scores, positive: positive) ?? -1) - several.area[k]) < 1e-12)
      }
    }
    let result = try MultiLabelProbe.run(
      train: train, trainTargets: targets, test: test, testTargets: truth,
      options: exact(lambdas: [1e-2, 1, 100], holdout: 0.3))
    #expect(
      result.path.count == 3 && result.holdoutCount == 21
        && result.holdoutMAP == result.path.compactMap(\.holdoutMAP).max())
    #expect(try #require(result.map) > 0 && result.perClass?.count == 4 && result.lambda != nil)
  }

  @Test func averagePrecisionOfTiesAndEnds() {
    let ties = known.ties
    #expect(abs((AveragePrecision.area(scores: ties.scores, positive: ties.positive) ?? -1) - ties.area) < 1e-12)
    #expect(AveragePrecision.elevenPoint(scores: [3, 2, 1], positive: [true, true, false]) == 1)
    // The only one comes last of four: precision 1/4 at every recall.
    #expect(AveragePrecision.elevenPoint(scores: [4, 3, 2, 1], positive: [false, false, false, true]) == 0.25)
    // All alike: half of them.
    #expect(AveragePrecision.elevenPoint(scores: [1, 1, 1, 1], positive: [false, true, true, false]) == 0.5)
    #expect(AveragePrecision.elevenPoint(scores: [2, 1], positive: [false, nil]) == nil)
    #expect(AveragePrecision.area(scores: [], positive: []) == nil)
    // Found at ranks 1 and 4: precision 1 up to recall 1/2 (six of the eleven), 1/2 beyond.
    let mixed = AveragePrecision.elevenPoint(scores: [4, 3, 2, 1], positive: [true, false, false, true])
    #expect(abs((mixed ?? 0) - (6 + 5 * 0.5) / 11) < 1e-15)
  }

  /// Folds: every example judges once; the path told of, and the chosen fit, are of all.
  @Test func foldsChooseByAllExamples() throws {
    var options = exact(lambdas: [1e-3, 1, 1e4], holdout: 0.2)
    options.folds = 5
    let test = try x.narrow(0, 0, 20)
    let outcome = try LinearProbe.run(
      train: x, trainLabels: known.labels, test: test, testLabels: Array(known.labels.prefix(20)), options: options)
    let result = outcome.result
    #expect(result.folds == 5 && result.holdoutCount == known.n && result.n == known.n)
    let whole = try LinearProbe.run(
      train: x, trainLabels: known.labels, test: nil, testLabels: [],
      options: exact(lambdas: [1e-3, 1, 1e4], holdout: 0))
    expect(try outcome.weights.doubles(), try whole.weights.doubles(), 1e-9)
    // By hand: fit without each fold, count what is right in it.
    let foldOf = try CrossValidation(labels: known.labels, folds: 5, options).foldOf
    var right = [0.0, 0, 0]
    for fold in 0..<5 {
      let (kept, held) = (
        known.labels.indices.filter { foldOf[$0] != fold }, known.labels.indices.filter { foldOf[$0] == fold }
      )
      let part = try LinearProbe.run(
        train: x.indexSelect(0, Tensor(kept)), trainLabels: kept.map { known.labels[$0] },
        test: x.indexSelect(0, Tensor(held)), testLabels: held.map { known.labels[$0] },
        options: exact(lambdas: [1e-3, 1, 1e4], holdout: 0))
      for place in 0..<3 { right[place] += (part.result.path[place].testAccuracy ?? 0) * Double(held.count) }
    }
    for place in 0..<3 {
      #expect(abs((result.path[place].holdoutAccuracy ?? 0) - right[place] / Double(known.n)) < 1e-12)
    }
    let best = result.path.indices.max { (right[$0].rounded(), $0) < (right[$1].rounded(), $1) }
    #expect(result.lambda == result.path[best ?? 0].lambda && result.refit?.testAccuracy == result.accuracy)
    #expect(result.atEdge == (best != 1))
    #expect(result.perClassAccuracy?.count == 3)
    options.folds = 1
    #expect(throws: TransferError.self) {
      try LinearProbe.run(train: x, trainLabels: known.labels, test: nil, testLabels: [], options: options)
    }
  }

  /// A validation set chooses, and is fitted in the end with the rest.
  @Test func aValidationSetChooses() throws {
    let (kept, held) = (Array(0..<50), Array(50..<known.n))
    let lambdas = [1e-3, 1, 1e4]
    let outcome = try LinearProbe.run(
      train: x.indexSelect(0, Tensor(kept)), trainLabels: kept.map { known.labels[$0] },
      validation: x.indexSelect(0, Tensor(held)), validationLabels: held.map { known.labels[$0] }, test: nil,
      testLabels: [],
      options: exact(lambdas: lambdas))
    let part = try LinearProbe.run(
      train: x.indexSelect(0, Tensor(kept)), trainLabels: kept.map { known.labels[$0] },
      test: x.indexSelect(0, Tensor(held)), testLabels: held.map { known.labels[$0] },
      options: exact(lambdas: lambdas, holdout: 0))
    #expect(outcome.result.path.map(\.holdoutAccuracy) == part.result.path.map(\.testAccuracy))
    #expect(outcome.result.holdoutCount == held.count && outcome.result.n == known.n)
    let chosen = try #require(outcome.result.lambda)
    let whole = try LinearProbe.run(
      train: x, trainLabels: known.labels, test: nil, testLabels: [], options: exact(lambdas: [chosen], holdout: 0))
    expect(try #require(outcome.finalWeight).doubles(), try whole.weights.doubles(), 1e-6)
  }

  /// Length 1 first: the same as features divided by hand; a zero vector stays.
  @Test func normalizes() throws {
    let zeroed = try Tensor.concat([x, .zeros([1, x.shape[1]], type: .f64)])
    let labels = known.labels + [1]
    var options = exact(lambdas: [1], holdout: 0)
    options.normalizes = true
    let found = try LinearProbe.run(train: zeroed, trainLabels: labels, test: nil, testLabels: [], options: options)
    let lengths = try zeroed.square().sum([1], keep: true).sqrt().clamp(1e-300, .infinity)
    options.normalizes = false
    let expected = try LinearProbe.run(
      train: zeroed / lengths, trainLabels: labels, test: nil, testLabels: [], options: options)
    expect(try found.weights.doubles(), try expected.weights.doubles(), 1e-9)
  }

  @Test func badOptionsAreNamed() throws {
    func expects(_ argument: String, _ change: (inout ProbeOptions) -> Void) {
      do {
        _ = try probe(change)
        Issue.record("\(argument) was taken")
      } catch let error as TransferError {
        #expect(error.argument == argument)
      } catch {
        Issue.record("\(error)")
      }
    }
    expects("sample weights") { $0.sampleWeights = [1] }
    expects("sample weights") { $0.sampleWeights = known.labels.map { _ in -1 } }
    expects("class weights") { $0.classWeights = .given([0: 0]) }
    expects("folds") { $0.folds = 1000 }
    let targets = try Tensor([Int](repeating: 2, count: known.n), shape: [known.n, 1])
    #expect(throws: TransferError.self) {
      try MultiLabelProbe.run(train: x, trainTargets: targets, test: nil, testTargets: nil)
    }
  }
}
