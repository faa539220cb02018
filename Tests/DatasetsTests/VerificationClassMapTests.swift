import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct VerificationClassMapTests {
  @Test func assignmentsAreAsGoodAsSciPys() throws {
    for one in try VerificationFixtures.load().assignment {
      let found = Assignment.maximizing(one.scores, size: one.size)
      #expect(found.sorted() == Array(0..<one.size))
      #expect(found.enumerated().reduce(0) { $0 + one.scores[$1.0 * one.size + $1.1] } == one.best)
    }
    #expect(Assignment.maximizing([], size: 0) == [])
    #expect(Assignment.maximizing([1, 2], size: 2) == [])
    #expect(Assignment.maximizing([1, 9, 1, 8], size: 2) == [1, 0])
  }

  @Test func tailsAreThoseOfSciPy() throws {
    for one in try VerificationFixtures.load().binomial {
      let found = BinomialTail.log10AtLeast(Int(one[0]), of: Int(one[1]), chance: one[2])
      #expect(abs(found - one[3]) <= 1e-9 * max(1, abs(one[3])), "\(one)")
    }
    #expect(BinomialTail.log10AtLeast(0, of: 10, chance: 0.5) == 0)
    #expect(BinomialTail.log10AtLeast(1, of: 0, chance: 0.5) == -.infinity)
    #expect(abs(BinomialTail.log10AtLeast(10, of: 10, chance: 0.5) - 10 * log10(0.5)) < 1e-12)
  }

  /// Predictions that are right for `accuracy` of the images, else any class.
  static func predictions(_ truth: [Int], classes: Int, accuracy: Double, seed: UInt64) -> [Int] {
    var random = CounterGenerator(seed: seed, purpose: .bench)
    return truth.map { random.uniform() < accuracy ? $0 : random.below(classes) }
  }

  static func test(_ predictions: [Int], _ labels: [Int], classes: Int) -> ClassMapTest {
    ClassMapTest(predictions: predictions, labels: labels, classes: classes, significance: 1e-6, seed: 1)
  }

  static let classes = 20
  static let truth = (0..<1000).map { ($0 * 7 + $0 / 20) % classes }
  static let model = predictions(truth, classes: classes, accuracy: 0.7, seed: 3)

  @Test func rightLabels() throws {
    let found = Self.test(Self.model, Self.truth, classes: Self.classes)
    #expect(found.verdict == .identity && found.shift == 0 && found.moved == [])
    #expect(found.candidates.map(\.kind) == [.identity, .shift, .labelsInTextOrder, .modelInTextOrder, .permutation])
    #expect(found.tested == 500 && found.confusion.reduce(0, +) == 1000)
    let identity = found.candidates[0]
    #expect(abs(identity.accuracy - 0.715) < 0.06 && identity.log10P < -100)
    // The permutation is the identity, and no evidence against it.
    #expect(found.candidates[4].map == Array(0..<20) && found.candidates[4].log10P == 0)
  }

  @Test(arguments: [1, 7, 19])
  func shiftedLabels(shift: Int) {
    let labels = Self.truth.map { ($0 + Self.classes - shift) % Self.classes }
    let found = Self.test(Self.model, labels, classes: Self.classes)
    #expect(found.verdict == .differs(.shift) && found.shift == shift)
    #expect(found.candidates[1].accuracy > 0.65 && found.candidates[1].log10P < -50)
    #expect(found.candidates[0].accuracy < 0.1)
    #expect(found.moved == Array(0..<20))
  }

  /// A model with a background class 0 beside the classes of the set.
  @Test func aBackgroundClass() {
    let model = Self.model.map { $0 + 1 }
    let found = Self.test(model, Self.truth, classes: Self.classes + 1)
    #expect(found.verdict == .differs(.shift) && found.shift == 1)
  }

  @Test func permutedLabels() {
    let map = CounterGenerator.permutation(count: 20, seed: 8, purpose: .bench)
    let found = Self.test(Self.truth.map { map[$0] }, Self.truth, classes: 20)
    #expect(found.verdict == .differs(.permutation) && found.candidates[4].map == map)
    let noisy = Self.test(Self.model.map { map[$0] }, Self.truth, classes: 20)
    #expect(noisy.verdict == .differs(.permutation) && noisy.candidates[4].map == map)
    // Two classes that change places among twenty are found too.
    let swapped = Self.test(Self.model, Self.truth.map { $0 == 3 ? 4 : $0 == 4 ? 3 : $0 }, classes: 20)
    #expect(swapped.verdict == .differs(.permutation) && swapped.moved == [3, 4])
  }

  @Test func textOrder() {
    let inText = (0..<20).sorted { String($0) < String($1) }
    // Label i means the class whose number is i-th in text order.
    let found = Self.test(Self.model.map { inText[$0] }, Self.truth, classes: 20)
    #expect(found.verdict == .differs(.labelsInTextOrder))
    let other = Self.test(Self.model, Self.truth.map { inText[$0] }, classes: 20)
    #expect(other.verdict == .differs(.modelInTextOrder))
  }

  /// A model that knows nothing: the permutation fitted to noise does not pass for a finding.
  @Test func noiseIsUndecided() {
    for seed in UInt64(0)..<20 {
      let noise = Self.predictions(Self.truth, classes: 20, accuracy: 0, seed: 100 + seed)
      let found = Self.test(noise, Self.truth, classes: 20)
      #expect(found.verdict == .undecided)
    }
    #expect(Self.test([0], [0], classes: 2).verdict == .undecided)
    #expect(Self.test([0, 1, 0, 1], [1, 0, 1, 0], classes: 2).verdict == .undecided)
  }

  /// Under the null the p-value of the permutation is no smaller than it claims: shares of at most alpha, give or take
  /// three standard errors.
  @Test func pValuesHold() {
    let runs = 400
    var below = [0.1: 0, 0.01: 0]
    for seed in UInt64(0)..<UInt64(runs) {
      let noise = Self.predictions(Self.truth, classes: 20, accuracy: 0, seed: 1000 + seed)
      let evidence = Self.test(noise, Self.truth, classes: 20).candidates[4].log10P
      for level in below.keys where evidence <= log10(level) { below[level, default: 0] += 1 }
    }
    for (level, count) in below {
      let error = (level * (1 - level) / Double(runs)).squareRoot()
      #expect(Double(count) / Double(runs) <= level + 3 * error, "\(level): \(count)")
    }
  }

  @Test func fromOutputs() throws {
    let values = Self.model.flatMap { best in (0..<20).map { $0 == best ? 3.0 : 0.5 } }
    let outputs = try ClassOutputs(values, count: 1000, classes: 20)
    let found = try ClassMapTest(outputs, labels: Self.truth.map { ($0 + 19) % 20 })
    #expect(found.verdict == .differs(.shift) && found.shift == 1)
    #expect(
      try ClassMapTest(outputs, labels: Self.truth, seed: 4) == ClassMapTest(outputs, labels: Self.truth, seed: 4))
    let coded = try JSONDecoder().decode(ClassMapTest.self, from: JSONEncoder().encode(found))
    #expect(coded == found)
  }
}
