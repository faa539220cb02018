import Features
import Foundation
import TestSupport
import Testing
import Torch

@testable import Measures

private typealias Entry = SeparationResult.Entry

private struct Expected: Decodable {
  var cosine, centeredCosine, squaredEuclidean, angle: Entry

  enum CodingKeys: String, CodingKey {
    case cosine, angle
    case centeredCosine = "centered_cosine"
    case squaredEuclidean = "squared_euclidean"
  }
}

private func agree(_ found: Entry?, _ expected: Entry, _ tolerance: Double) -> Bool {
  guard let found else { return false }
  return agree(found.within, expected.within, tolerance) && agree(found.total, expected.total, tolerance)
    && agree(found.r2, expected.r2, tolerance) && agree(found.r2Debiased, expected.r2Debiased, tolerance)
}

@Suite struct ClassSeparationTests {
  @Test(arguments: ["plain", "single", "relu", "offset"])
  func equalsTheMeanOverAllPairs(name: String) throws {
    let set = try FeatureSet(reading: [fixture("\(name).x.npy")], labels: [fixture("\(name).y.npy")])
    let result = try ClassSeparation.measure(set.layer(), labels: set.requireLabels())
    let expected = try expected(name, as: Expected.self)
    // The oracle takes 1 - cos and arccos of numbers next to 1, where the features have a large common part.
    let tolerance = name == "offset" ? 1e-6 : 1e-10
    #expect(agree(result.cosine, expected.cosine, tolerance))
    #expect(agree(result.centeredCosine, expected.centeredCosine, tolerance))
    #expect(agree(result.squaredEuclidean, expected.squaredEuclidean, tolerance))
    #expect(agree(result.angle, expected.angle, 1e-6))  // arccos magnifies rounding near 1
    #expect(result.n == 14 && result.dimensions == 5)
    // The class by its label, not by its place among the labels.
    if name == "single" { #expect(result.cosine?.reason?.contains("one example (the first is class 99)") == true) }
  }

  /// Two classes on opposite axes: within 0, and half of all pairs at distance 2.
  @Test func knowsOppositeClasses() throws {
    let x = try Tensor([1, 0, 3, 0, -2, 0, -1, 0] as [Double], shape: [4, 2])
    let result = try ClassSeparation.measure(features: x, labels: [5, 5, 9, 9])
    let cosine = try #require(result.cosine)
    #expect(agree(cosine.within, 0, 1e-14) && agree(cosine.total, 1, 1e-14) && agree(cosine.r2, 1, 1e-14))
    let angle = try #require(result.angle)
    #expect(agree(angle.within, 0, 1e-7) && agree(angle.total, .pi / 2, 1e-7))
    let euclidean = try #require(result.squaredEuclidean)
    // Within: pairs at 0, 4, 4, 0 and 0, 1, 1, 0. Across: 9, 4, 25, 16.
    #expect(agree(euclidean.within, 1.25, 1e-14) && agree(euclidean.total, (2 * 1.25 + 2 * 13.5) / 4, 1e-14))
  }

  /// Every class by itself, whose mean is the whole; intervals that narrow with more examples.
  @Test func classesAndIntervals() throws {
    func measure(_ n: Int, _ bootstrap: Int) throws -> SeparationResult.Entry {
      let labels = (0..<n).map { $0 % 3 }
      var values = counterNumbers(7, n * 4)
      for place in values.indices { values[place] += 0.7 * Double(place / 4 % 3) }
      var options = ClassSeparation.Options()
      options.perClass = true
      options.bootstrap = bootstrap
      let result = try ClassSeparation.measure(
        features: Tensor(values, shape: [n, 4]), labels: labels, distances: [.cosine], options: options)
      return try #require(result.cosine)
    }
    let few = try measure(60, 80)
    let classes = try #require(few.perClass)
    #expect(classes.map(\.label) == [0, 1, 2] && classes.map(\.n) == [20, 20, 20])
    #expect(agree(classes.reduce(0) { $0 + $1.within } / 3, few.within, 1e-12))
    #expect(agree(classes.reduce(0) { $0 + $1.r2 } / 3, few.r2, 1e-12))
    func width(_ interval: SeparationResult.Entry.Interval?) throws -> Double {
      let ends = try #require(interval)
      return ends.high - ends.low
    }
    let interval = try #require(few.r2DebiasedInterval)
    let value = try #require(few.r2Debiased)
    #expect(interval.low < value && value < interval.high)
    let ratio = try width(interval) / width(measure(960, 80).r2DebiasedInterval)
    #expect(ratio > 2.5 && ratio < 6, "\(ratio)")
    #expect(try measure(60, 0).r2Interval == nil)
  }

  @Test func oneClassHasNoSeparation() throws {
    let x = try Tensor([1, 0, 0, 1, 1, 1] as [Float], shape: [3, 2])
    let result = try ClassSeparation.measure(features: x, labels: [3, 3, 3])
    #expect(result.classes == 1)
    #expect(agree(result.cosine?.r2, 0, 1e-12) && agree(result.angle?.r2Debiased, 0, 1e-12))
  }

  @Test func saysWhyAFigureIsMissing() throws {
    let x = try Tensor([1, 0, 0, 0, 0, 1, 1, 1] as [Float], shape: [4, 2])
    let result = try ClassSeparation.measure(features: x, labels: [0, 0, 1, 1])
    #expect(result.cosine?.r2 == nil && result.cosine?.reason?.contains("1 of 4") == true)
    #expect(result.angle?.r2 == nil && result.squaredEuclidean?.r2 != nil)
    let same = try ClassSeparation.measure(features: .ones([4, 3]), labels: [0, 0, 1, 1])
    #expect(same.cosine?.r2 == nil && same.cosine?.reason != nil)
    #expect(same.squaredEuclidean?.r2 == nil && same.centeredCosine?.r2 == nil && same.angle?.r2 == nil)
    let text = String(decoding: try JSONEncoder().encode(same), as: UTF8.self)
    #expect(text.contains("\"r2\":null"))
    #expect(try JSONDecoder().decode(SeparationResult.self, from: Data(text.utf8)) == same)
  }

  @Test func hugeAndTinyFeaturesKeepTheirDirections() throws {
    let values: [Double] = [1, 2, 2, 1, -1, 3, 0, 1]
    let plain = try ClassSeparation.measure(features: Tensor(values, shape: [4, 2]), labels: [0, 1, 0, 1])
    for scale in [1e-200, 1e200] {
      let x = try Tensor(values.map { $0 * scale }, shape: [4, 2])
      let scaled = try ClassSeparation.measure(features: x, labels: [0, 1, 0, 1])
      #expect(agree(scaled.cosine?.r2, plain.cosine?.r2, 1e-12))
      #expect(agree(scaled.centeredCosine?.r2Debiased, plain.centeredCosine?.r2Debiased, 1e-12))
    }
    let text = try JSONEncoder().encode(
      ClassSeparation.measure(
        features: Tensor(values.map { $0 * 1e200 }, shape: [4, 2]), labels: [0, 1, 0, 1]))
    #expect(String(decoding: text, as: UTF8.self).contains("beyond what a double holds"))
  }

  @Test func orderBlocksAndTypesDoNotMatter() throws {
    let n = 3000
    let values = (0..<n * 4).map { Float(sin(Double($0) * 1.7) + Double($0 % 4)) }
    let labels = (0..<n).map { $0 * 7 % 5 }
    let x = try Tensor(values, shape: [n, 4])
    let forward = try ClassSeparation.measure(features: x, labels: labels)
    let order = Array((0..<n).reversed())
    let backward = try ClassSeparation.measure(
      features: x.to(.f64).indexSelect(0, Tensor(order)), labels: order.map { labels[$0] })
    #expect(agree(forward.angle?.r2, backward.angle?.r2, 1e-12))
    #expect(agree(forward.cosine?.r2Debiased, backward.cosine?.r2Debiased, 1e-12))
  }

  @Test func refusesWhatDoesNotFit() throws {
    #expect(throws: MeasureError.self) { try ClassSeparation.measure(features: .ones([3, 2]), labels: [1]) }
    let bad = try Tensor([1, 2, .nan, 4] as [Float], shape: [2, 2])
    let error = #expect(throws: MeasureError.self) {
      try ClassSeparation.measure(features: bad, labels: [0, 1])
    }
    #expect(error?.found.contains("row 1") == true)
  }

  /// The way of large sets, products in f32, against all in double: spread classes, nearly collapsed ones, copies, opposite classes, and more
  /// examples than a block holds.
  @Test(arguments: ["spread", "collapsed", "copies", "opposite", "blocks"])
  func anglesOfLargeSetsAreThoseOfSmallOnes(kind: String) throws {
    let (n, d, classes) = (kind == "blocks" ? 2100 : 150, 21, 3)
    let noise = counterNumbers(3, n * d)
    let centers = counterNumbers(4, classes * d)
    let labels = (0..<n).map { $0 * 5 % 7 % classes }
    var values = [Double](repeating: 0, count: n * d)
    for row in 0..<n {
      let source = kind == "copies" ? row / 2 * 2 : row
      for column in 0..<d {
        let center = centers[(kind == "copies" ? labels[source] : labels[row]) * d + column]
        let scale: Double = kind == "collapsed" ? 1e-3 : kind == "opposite" ? 1e-4 : 0.7
        let base = kind == "opposite" ? centers[column] * (labels[row] == 0 ? 1 : -1) : center
        values[row * d + column] = base + scale * noise[source * d + column]
      }
    }
    let x = try Tensor(values.map(Float.init), shape: [n, d])
    let rows = Rows(source: try TensorRows(x), classes: Classes(labels), center: nil, normalized: true)
    let exact = try AnglePairs(rows).entry()
    var pairs = AnglePairs(rows)
    pairs.exactLimit = 0
    let single = try pairs.entry()
    #expect(agree(single, exact, 1e-6))
    for (a, b) in zip(try #require(single.perClass), try #require(exact.perClass)) {
      #expect(agree(a.within, b.within, 1e-6))
    }
  }

  /// Many numbers in f32 are summed in f32: against the same numbers in double throughout. With a spread of 1e-5 that would lose digits.
  @Test(arguments: [0.7, 1e-3, 1e-5]) func manyNumbersAgreeWithDouble(spread: Double) throws {
    let (n, d, classes) = (8200, 2053, 7)
    let noise = counterNumbers(5, n + d)
    let centers = counterNumbers(6, classes * d)
    var values = [Float](repeating: 0, count: n * d)
    for row in 0..<n {
      for column in 0..<d {
        let wave = noise[(row * 31 + column * 17) % (n + d)]
        values[row * d + column] = Float(1 + centers[row % classes * d + column] + spread * wave)
      }
    }
    let x = try Tensor(values, shape: [n, d])
    let labels = (0..<n).map { $0 % classes }
    let distances: Set<ClassSeparation.Distance> = [.cosine, .squaredEuclidean, .centeredCosine]
    let single = try ClassSeparation.measure(features: x, labels: labels, distances: distances)
    let double = try ClassSeparation.measure(features: x.to(.f64), labels: labels, distances: distances)
    for path in [\SeparationResult.cosine, \.squaredEuclidean, \.centeredCosine] {
      let (a, b) = (try #require(single[keyPath: path]), try #require(double[keyPath: path]))
      #expect(agree(a, b, 1e-6), "\(path)")
      // A small spread keeps its digits.
      let within = try #require(b.within)
      #expect(abs(try #require(a.within) - within) <= 1e-6 * within, "\(path)")
    }
  }

  @Test func angleIsLeftOutAboveTheLimit() {
    #expect(ClassSeparation.defaultDistances(count: 20_000).contains(.angle))
    #expect(!ClassSeparation.defaultDistances(count: 20_001).contains(.angle))
  }
}
