import Foundation
import Testing
import Torch

@testable import Transfer

@Suite struct LinearProbeTests {
  @Test(arguments: ProbeCase.names)
  func reachesTheLeastObjectiveAtEveryLambda(name: String) throws {
    let known = try ProbeCase.named(name)
    let x = try known.tensor()
    let outcome = try LinearProbe.run(
      train: x, trainLabels: known.labels, test: x, testLabels: known.labels,
      options: exact(lambdas: known.lambdas, holdout: 0))
    let result = outcome.result
    #expect(result.path.map(\.lambda) == known.lambdas)
    for (entry, least) in zip(result.path, known.objectives) {
      #expect(abs(entry.objective - least) <= 1e-9 * least, "lambda \(entry.lambda)")
      #expect(entry.gradientNorm <= 1e-5 * result.gradientNormAtZero)
      #expect(entry.gapBound == entry.gradientNorm * entry.gradientNorm / (2 * entry.lambda))
      #expect(entry.holdoutAccuracy == nil && entry.testAccuracy != nil)
    }
    for (entry, peer) in zip(result.path, known.peer) { #expect(entry.objective <= peer * (1 + 1e-12)) }
    #expect(result.lambda == nil && result.accuracy == nil && result.reason != nil && result.refit == nil)
    #expect(outcome.weights.shape == [known.lambdas.count, Set(known.labels).count, x.shape[1]])
  }

  /// The gradient reported is that of the weights returned, worked out here number by number.
  @Test func reportsTheGradientOfTheReturnedWeights() throws {
    let known = try ProbeCase.named("overlapping")
    let x = try known.tensor()
    let outcome = try LinearProbe.run(
      train: x, trainLabels: known.labels, test: nil, testLabels: [],
      options: exact(lambdas: [0.5, 20], holdout: 0))
    let d = x.shape[1]
    for (place, entry) in outcome.result.path.enumerated() {
      let w = try outcome.weights.select(0, place).doubles()
      let b = try outcome.biases.select(0, place).doubles()
      var gradient = w.map { $0 * entry.lambda }
      var biasGradient = [Double](repeating: 0, count: b.count)
      var objective = entry.lambda / 2 * w.reduce(0) { $0 + $1 * $1 }
      for (row, label) in known.labels.enumerated() {
        let values = known.features[row * d..<(row + 1) * d].map { $0 }
        let z = b.indices.map { k in b[k] + (0..<d).reduce(0) { $0 + w[k * d + $1] * values[$1] } }
        let sum = z.reduce(0) { $0 + exp($1) }
        objective += log(sum) - z[label]
        for k in b.indices {
          let residual = exp(z[k]) / sum - (k == label ? 1 : 0)
          biasGradient[k] += residual
          for column in 0..<d { gradient[k * d + column] += residual * values[column] }
        }
      }
      let norm = (gradient + biasGradient).reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(entry.objective - objective) <= 1e-12 * objective)
      #expect(abs(entry.gradientNorm - norm) <= 1e-12 * outcome.result.gradientNormAtZero)
    }
  }

  /// With n = 2 and one feature x = -1, 1, the two rows of weights are -w and w, and w solves
  /// 2 / (1 + e^(2w)) = lambda w.
  @Test(arguments: [1e-6, 1e-2, 1.0, 1e3])
  func closedForm(lambda: Double) throws {
    let outcome = try LinearProbe.run(
      train: Tensor([-1, 1] as [Double], shape: [2, 1]), trainLabels: [0, 1], test: nil, testLabels: [],
      options: exact(lambdas: [lambda], holdout: 0))
    let w = try outcome.weights.doubles()
    #expect(abs(w[0] + w[1]) <= 1e-12 * abs(w[1]))
    #expect(abs(2 / (1 + exp(2 * w[1])) - lambda * w[1]) <= 1e-6 * lambda * w[1])
    #expect(try outcome.biases.doubles().allSatisfy { abs($0) < 1e-9 })
  }

  @Test func choosesOnTheHoldoutAndFitsAgainOnAll() throws {
    let known = try ProbeCase.named("overlapping")
    let x = try known.tensor()
    let options = exact(
      lambdas: ProbeOptions.grid(low: 1e-3, high: 1e3, count: 13), holdout: 0.25, seed: 3)
    let outcome = try LinearProbe.run(
      train: x, trainLabels: known.labels, test: x, testLabels: known.labels, options: options)
    let result = outcome.result
    let best = try #require(result.path.compactMap(\.holdoutAccuracy).max())
    #expect(result.holdoutAccuracy == best)
    #expect(result.lambda == result.path.last { $0.holdoutAccuracy == best }?.lambda)  // the larger of equals
    let refit = try #require(result.refit)
    let all = try LinearProbe.run(
      train: x, trainLabels: known.labels, test: x, testLabels: known.labels,
      options: exact(lambdas: [refit.lambda], holdout: 0))
    #expect(abs(refit.objective - all.result.path[0].objective) <= 1e-9 * refit.objective)
    #expect(result.accuracy == all.result.path[0].testAccuracy)
    #expect(result.meanPerClassAccuracy != nil && result.holdoutCount == 20)
    #expect(result.largestGradientRatio <= 1e-5)
    #expect(outcome.finalWeight?.shape == [4, 6])
    // Other test labels change nothing but accuracies.
    let other = try LinearProbe.run(
      train: x, trainLabels: known.labels, test: x, testLabels: known.labels.map { ($0 + 1) % 4 },
      options: options)
    #expect(
      other.result.lambda == result.lambda
        && other.result.path.map(\.objective) == result.path.map(\.objective))
  }

  @Test func labelsMayBeAnyNumbersAndTestLabelsUnknown() throws {
    let known = try ProbeCase.named("two")
    let x = try known.tensor()
    let outcome = try LinearProbe.run(
      train: x, trainLabels: known.labels.map { $0 == 0 ? 17 : -4 }, test: x,
      testLabels: known.labels.map { $0 == 0 ? 17 : 5 }, options: exact(lambdas: [1], holdout: 0.2))
    #expect(outcome.classes == [-4, 17] && outcome.weights.shape == [1, 2, 6])
    let share = Double(known.labels.count { $0 == 0 }) / Double(known.labels.count)
    #expect(try #require(outcome.result.accuracy) <= share)
  }

  @Test func groupsMayLeaveAClassWithoutTrainingExamples() throws {
    // Class 2 is one group, which the holdout cannot divide; whatever it does, fits stay finite.
    let x = try Tensor((0..<40).map { Double($0 * 37 % 11) }, shape: [20, 2])
    let labels = (0..<20).map { $0 < 8 ? 0 : $0 < 16 ? 1 : 2 }
    let fit = try ProbeFit(
      LabelledFeatures(x, labels, name: "train").selecting(Array(0..<16)), .init(labels), [0.1, 10],
      start: nil, ProbeFit.Manner(accuracy: .high))
    #expect(try fit.weights.isAllFinite() && fit.weights.shape == [2, 3, 2])
    let predicted = try fit.predictions(on: LabelledFeatures(x, labels, name: "train"))
    #expect(predicted.allSatisfy { !$0.contains(2) })
  }

  @Test func standardizingIgnoresScalesAndConstantColumns() throws {
    let known = try ProbeCase.named("overlapping")
    let options = exact(lambdas: [1], holdout: 0, standardizes: true)
    let x = try known.tensor()
    let scales = try Tensor([1e3, 1e-3, 1, 7, 2, 0] as [Double])
    let plain = try LinearProbe.run(
      train: x * Tensor([1, 1, 1, 1, 1, 0] as [Double]), trainLabels: known.labels, test: x,
      testLabels: known.labels,
      options: options)
    let scaled = try LinearProbe.run(
      train: x * scales, trainLabels: known.labels, test: x * scales, testLabels: known.labels,
      options: options)
    let (a, b) = (plain.result.path[0].objective, scaled.result.path[0].objective)
    #expect(abs(a - b) <= 1e-9 * a)
  }

  @Test func refusesWhatDoesNotFit() throws {
    let x = try Tensor.ones([4, 2])
    func run(
      _ train: Tensor, _ labels: [Int], _ test: Tensor? = nil, _ options: ProbeOptions = .init(holdout: 0)
    ) throws {
      _ = try LinearProbe.run(
        train: train, trainLabels: labels, test: test, testLabels: [0], options: options)
    }
    #expect(throws: TransferError.self) { try run(x, [0, 1, 0]) }
    #expect(throws: TransferError.self) { try run(x, [1, 1, 1, 1]) }
    #expect(throws: TransferError.self) { try run(.full([4, 2], .nan), [0, 1, 0, 1]) }
    #expect(throws: TransferError.self) { try run(x, [0, 1, 0, 1], .ones([1, 3])) }
    #expect(throws: TransferError.self) { try run(x, [0, 1, 0, 1], nil, .init(lambdas: [])) }
    #expect(throws: TransferError.self) { try run(x, [0, 1, 0, 1], nil, .init(lambdas: [0])) }
    #expect(throws: TransferError.self) { try run(x, [0, 1, 0, 1], nil, .init(holdout: 1)) }
    #expect(throws: TransferError.self) { try run(x, [0, 1, 2, 3], nil, .init(holdout: 0.1)) }
    // Features that say nothing: the biases alone are fitted.
    try run(x, [0, 1, 0, 0])
  }

  @Test func writesItsWeights() throws {
    let known = try ProbeCase.named("overlapping")
    let x = try known.tensor()
    let outcome = try LinearProbe.run(
      train: x, trainLabels: known.labels, test: x, testLabels: known.labels,
      options: exact(lambdas: [0.1, 1], holdout: 0.2))
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("probe-\(UUID()).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    try outcome.write(to: url)
    let file = try SafeTensorsFile(url)
    #expect(try file.entry("lambdas").shape == [2] && file.entry("weights").shape == [2, 4, 6])
    #expect(try file.entry("biases").shape == [2, 4] && file.entry("bias").shape == [4])
    #expect(try file.entry("weights").type == .f64)
  }

  @Test func gridIsTheProtocols() throws {
    let grid = try ProbeOptions.parseGrid("1e-6:1e5:45")
    #expect(grid == exact().lambdas && grid.count == 45 && grid[0] == 1e-6 && grid[44] == 1e5)
    #expect(abs(grid[24] - 1) <= 1e-15)
    for text in ["", "1:2", "0:1:3", "2:1:3", "1:2:1", "1:2:x", "1:inf:3", "nan:1:3", "1:2:3:4", "1:2:0"] {
      #expect(throws: TransferError.self) { try ProbeOptions.parseGrid(text) }
    }
    #expect(try ProbeOptions.parseGrid("3:3:1") == [3])
  }

  @Test func jsonHasTheKeysOthersRelyOn() throws {
    let known = try ProbeCase.named("two")
    let x = try known.tensor()
    let result = try LinearProbe.run(
      train: x, trainLabels: known.labels, test: x, testLabels: known.labels,
      options: exact(lambdas: [1], holdout: 0)
    ).result
    let data = try JSONEncoder().encode(result)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    for key in [
      "lambda", "accuracy", "mean_per_class_accuracy", "holdout_accuracy", "gradient_norm_at_zero", "seconds",
      "total_seconds", "path",
    ] {
      #expect(object.keys.contains(key))
    }
    let entry = try #require((object["path"] as? [[String: Any]])?.first)
    for key in [
      "lambda", "objective", "gradient_norm", "gap_bound", "iterations", "holdout_accuracy", "test_accuracy",
    ] {
      #expect(entry.keys.contains(key))
    }
    #expect(try JSONDecoder().decode(ProbeResult.self, from: data) == result)
  }

  @Test func passesCoverAllOnce() {
    for count in [1, 2, 7, 8, 9, 45] {
      #expect(LogisticPath.passes(count).flatMap { $0 }.sorted() == Array(0..<count))
    }
  }
}

@Suite struct LikelihoodTests {
  /// Far from any doubt: loss and residuals are e^-gap, which 1 - p would round to 0.
  @Test func keepsTinyLosses() throws {
    let examples = try Likelihood.Examples(labels: [0], classes: 2)
    let likelihood = try Likelihood(logits: Tensor([100, 0] as [Double], shape: [1, 2, 1]), examples)
    let tiny = exp(-100.0)
    #expect(try abs(likelihood.loss.item() - tiny) <= 1e-14 * tiny)
    #expect(try likelihood.residual().doubles() == [-tiny, tiny])
    #expect(try abs(likelihood.curvature().doubles()[0] - tiny) <= 1e-14 * tiny)
  }

  @Test func keepsHugeLosses() throws {
    let examples = try Likelihood.Examples(labels: [1, 0], classes: 2)
    let likelihood = try Likelihood(
      logits: Tensor([1e4, 2, 0, 2] as [Double], shape: [1, 2, 2]), examples)
    #expect(try abs(likelihood.loss.item() - (1e4 + log(2))) <= 1e-10)
    #expect(try likelihood.residual().doubles() == [1, -0.5, -1, 0.5])
    #expect(try likelihood.spread().doubles() == [1, 0.5, 0, 0.5])
  }
}
