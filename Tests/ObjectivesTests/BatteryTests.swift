import Foundation
import Testing
import Torch

@testable import Objectives

/// What every objective must do, whatever it computes.
@Suite struct BatteryTests {
  @Test(arguments: battery) func batchEqualsTheMeanOfSinglesWhereItSaysSo(text: String) throws {
    let objective = try combination(text)
    let problem = Problem(classes: 10)
    let whole = try problem.evaluate(objective)
    let singles = try problem.labels.indices.map { try problem.examples([$0]).evaluate(objective) }
    let mean = singles.map(\.loss).reduce(0, +) / Double(singles.count)
    #expect((abs(whole.loss - mean) <= 1e-12 * abs(whole.loss)) == objective.isMeanOverExamples)
    #expect(relativeGap(whole.outputs, singles.flatMap(\.outputs)) <= 1e-12)
  }

  @Test(arguments: battery) func orderOfExamplesDoesNotMatter(text: String) throws {
    let objective = try combination(text)
    let problem = Problem(classes: 10)
    let order = [3, 0, 5, 1, 4, 2]
    let straight = try problem.evaluate(objective)
    let permuted = try problem.examples(order).evaluate(objective)
    #expect(abs(straight.loss - permuted.loss) <= 1e-12 * abs(straight.loss))
    #expect(relativeGap(permuted.weight, straight.weight) <= 1e-12)
    #expect(relativeGap(permuted.bias, straight.bias) <= 1e-12)
    let expected = order.flatMap { rows(straight.x, 5)[$0] }
    #expect(relativeGap(permuted.x, expected) <= 1e-12)
  }

  @Test(arguments: battery) func gradientsEqualFiniteDifferences(text: String) throws {
    let objective = try combination(text)
    let problem = Problem(classes: 10, scale: 0.25)
    let result = try problem.evaluate(objective)
    let step = 1e-5
    func slope(
      _ value: (Problem.Result) -> Double, _ change: (inout Problem, Double) -> Void
    ) throws -> Double {
      var (above, below) = (problem, problem)
      change(&above, step)
      change(&below, -step)
      return (try value(above.evaluate(objective)) - value(below.evaluate(objective))) / (2 * step)
    }
    // Where the head learns beside the network, what comes from its outputs passes nothing back to the features.
    let stops = objective.base is SupervisedContrastive
    let seen: (Problem.Result) -> Double = { stops ? $0.loss - $0.outputLoss : $0.loss }
    var x: [Double] = []
    var weight: [Double] = []
    var bias: [Double] = []
    for i in 0..<6 { for j in 0..<5 { x.append(try slope(seen) { $0.features[i][j] += $1 }) } }
    for i in 0..<10 { for j in 0..<5 { weight.append(try slope(\.loss) { $0.weight[i][j] += $1 }) } }
    for i in 0..<10 { bias.append(try slope(\.loss) { $0.bias[i] += $1 }) }
    #expect(relativeGap(result.x, x) <= 1e-6)
    #expect(relativeGap(result.weight, weight) <= 1e-6)
    #expect(relativeGap(result.bias, bias) <= 1e-6)
  }

  @Test(arguments: battery, [ElementType.f64, .f32])
  func extremesAreFinite(text: String, type: ElementType) throws {
    let objective = try combination(text)
    let plain = Problem(classes: 10)
    var cases: [(String, Problem)] = []
    var extreme = plain
    extreme.bias = (0..<10).map { $0 % 2 == 0 ? 1e4 : -1e4 }
    cases.append(("logits of +-1e4, some labels right and some wrong", extreme))
    extreme.bias = [Double](repeating: 1e4, count: 10)
    cases.append(("all logits near 1e4", extreme))
    cases.append(("large weights", Problem(classes: 10, scale: 1e6)))
    extreme = plain
    extreme.features[2] = [0, 0, 0, 0, 0]
    cases.append(("one example with zero features", extreme))
    extreme.features = [[Double]](repeating: [0, 0, 0, 0, 0], count: 6)
    cases.append(("all features zero", extreme))
    extreme.bias = [Double](repeating: 0, count: 10)
    cases.append(("features and bias zero", extreme))
    extreme.weight = [[Double]](repeating: [0, 0, 0, 0, 0], count: 10)
    cases.append(("everything zero", extreme))
    extreme.features = plain.features
    cases.append(("head zero", extreme))
    extreme = plain
    extreme.weight = [[Double]](repeating: plain.weight[0], count: 10)
    extreme.bias = [Double](repeating: 0, count: 10)
    cases.append(("identical classes", extreme))
    extreme.features = [[Double]](repeating: plain.features[0], count: 6)
    cases.append(("identical examples", extreme))
    extreme = plain
    extreme.features = plain.features.map { $0.map { $0 * 1e-20 } }
    cases.append(("tiny features", extreme))
    for (name, problem) in cases {
      let result = try problem.evaluate(objective, type: type)
      #expect(result.isFinite, "\(text): \(name)")
      // A vector without direction must not throw a run either. A squared error's gradient grows with the square of the
      // weights.
      let limit = name == "large weights" ? 1e15 : 1e12
      #expect((result.x + result.weight + result.bias).allSatisfy { abs($0) < limit }, "\(text): \(name)")
    }
  }

  @Test(arguments: battery) func aWrongLabelIsAnError(text: String) throws {
    let objective = try combination(text)
    for label in [10, -1, -100] {
      var problem = Problem(classes: 10)
      problem.labels[3] = label
      #expect(throws: TorchError.self) { _ = try problem.evaluate(objective) }
    }
  }

  @Test func declarationsFitWhatIsEncoded() throws {
    #expect(Objectives.standard.map { $0.name }.count == Set(Objectives.standard.map { $0.name }).count)
    for type in Objectives.standard {
      let settings: [any Objective] =
        [type.init(), type.paper()] + [2, 10, 43, 100, 397, 1000, 21_843].map { type.preset(classes: $0) }
      for objective in settings {
        let values = try objective.values()
        #expect(Set(values.keys) == Set(type.parameters.map(\.name)), "\(type.name)")
        for parameter in type.parameters {
          #expect(parameter.bounds.contains(values[parameter.name] ?? .nan), "\(type.name).\(parameter.name)")
        }
      }
      #expect(!type.summary.isEmpty)
    }
  }

  @Test func jsonRoundTrip() throws {
    func check<O: Objective>(_ type: O.Type) throws {
      for objective in [O(), O.paper(), O.preset(classes: 100)] {
        let data = try JSONEncoder().encode(objective)
        #expect(try JSONDecoder().decode(O.self, from: data) == objective)
        #expect(try O().replacing(objective.values()) == objective)
      }
    }
    for type in Objectives.standard { try check(type) }
  }

  @Test func unknownIllTypedAndOutOfRangeParametersAreRefused() throws {
    func check<O: Objective>(_ type: O.Type) throws {
      let known = O.parameters.map(\.name).sorted()
      #expect {
        try O().replacing(["nonsense": 1])
      } throws: { error in
        guard case .unknownParameter(O.name, "nonsense", let listed)? = error as? ObjectiveError else {
          return false
        }
        return listed.sorted() == known
      }
      for parameter in O.parameters {
        var values = [Double.nan, .infinity, -1, parameter.bounds == .flag ? 0.5 : -1e-9]
        if case .atLeast(let low) = parameter.bounds { values = [.nan, .infinity, low - 1e-9] }
        for value in values {
          #expect(throws: ObjectiveError.self, "\(O.name).\(parameter.name) = \(value)") {
            try O().replacing([parameter.name: value])
          }
        }
      }
    }
    for type in Objectives.standard { try check(type) }
  }
}
