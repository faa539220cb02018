import Features
import Foundation
import TestSupport
import Testing
import Torch

@testable import Measures

/// Every figure of both.
private func compare(
  _ a: CalibrationResult.Figures?, _ b: CalibrationResult.Figures?, _ tolerance: Double,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let (a, b) = (try #require(a, sourceLocation: sourceLocation), try #require(b, sourceLocation: sourceLocation))
  let figures: [(String, (CalibrationResult.Figures) -> Double?)] = [
    ("nll", \.nll), ("brier", \.brier), ("ece", \.ece), ("debiased", \.eceDebiased), ("squared", \.squaredDebiased),
    ("adaptive", \.eceAdaptive), ("classwise", \.eceClasswise), ("aurc", \.aurc), ("excess", \.aurcExcess),
    ("accuracy", \.accuracy),
  ]
  for (name, figure) in figures {
    #expect(agree(figure(a), figure(b), tolerance), "\(name)", sourceLocation: sourceLocation)
  }
  // The oracle's own quadrature is good to this.
  #expect(agree(a.eceSmooth, b.eceSmooth, max(tolerance, 1e-6)), "smooth", sourceLocation: sourceLocation)
}

private struct Expected: Decodable {
  var figures: CalibrationResult.Figures
  var temperature: Double?
  var scaled, vector: CalibrationResult.Figures?

  enum CodingKeys: String, CodingKey {
    case temperature, scaled
    case vector = "vector_scaled"
  }
  init(from decoder: any Decoder) throws {
    figures = try .init(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    temperature = try container.decodeIfPresent(Double.self, forKey: .temperature)
    scaled = try container.decodeIfPresent(CalibrationResult.Figures.self, forKey: .scaled)
    vector = try container.decodeIfPresent(CalibrationResult.Figures.self, forKey: .vector)
  }
}

/// What generate_calibration.py expects, and the outputs it is about.
private func oracle(_ name: String, _ file: String, _ kind: ClassifierOutputs.Kind) throws -> (
  ClassifierOutputs, Expected
) {
  let all = try JSONDecoder().decode(
    [String: Expected].self, from: Data(contentsOf: URL(fileURLWithPath: fixture("calibration.json"))))
  let set = try FeatureSet(
    reading: [fixture("\(file).npy")], labels: [fixture(file == "outputs" ? "labels.npy" : "\(file).y.npy")],
    role: .outputs)
  let outputs = try ClassifierOutputs(set.requireOutputs(), labels: set.requireLabels(), kind: kind)
  return (outputs, try #require(all[name]))
}

@Suite struct CalibrationTests {
  @Test func equalsTheDefinitions() throws {
    let (outputs, expected) = try oracle("logits", "outputs", .logits)
    let fitted = try Calibration.fitTemperature(outputs)
    #expect(agree(fitted.value, expected.temperature, 1e-6))
    let vector = try Calibration.fitVector(outputs)
    let result = try Calibration.measure(outputs, temperature: fitted.value, vector: vector.value)
    try compare(result.figures, expected.figures, 1e-9)
    try compare(result.scaled, expected.scaled, 1e-6)
    try compare(result.vectorScaled, expected.vector, 1e-6)
    #expect(result.bins.map(\.count).reduce(0, +) == outputs.count)
    let text = try JSONEncoder().encode(result)
    #expect(try JSONDecoder().decode(CalibrationResult.self, from: text) == result)
  }

  /// Zeros, ones, ties, and values on the edges of bins.
  @Test func takesProbabilitiesAsTheyAre() throws {
    let (outputs, expected) = try oracle("probabilities", "probabilities", .probabilities)
    try compare(Calibration.measure(outputs).figures, expected.figures, 1e-9)
    let fitted = try Calibration.fitTemperature(outputs)
    #expect(fitted.value == nil && fitted.reason?.contains("probability 0") == true)
    #expect(try Calibration.fitVector(outputs).value == nil)

    let (possible, other) = try oracle("possible", "probabilities.possible", .probabilities)
    let temperature = try Calibration.fitTemperature(possible)
    #expect(agree(temperature.value, other.temperature, 1e-6))
    let result = try Calibration.measure(possible, temperature: temperature.value)
    try compare(result.figures, other.figures, 1e-9)
    try compare(result.scaled, other.scaled, 1e-6)
  }

  /// Many classes, so that rows go through the kernels' vectors: against LibTorch's own softmax in double.
  @Test(arguments: [1, 7, 8, 19, 1000]) func agreesWithSoftmax(classes: Int) throws {
    let n = 300
    let noise = counterNumbers(5, n * classes, 30)
    let outputs = try Tensor(noise, shape: [n, classes])
    let labels = (0..<n).map { $0 * 7 % classes }
    let log = try outputs.logSoftmax(1).doubles()
    let result = try Calibration.measure(outputs: outputs, labels: labels)
    let nll = -(0..<n).reduce(0) { $0 + log[$1 * classes + labels[$1]] } / Double(n)
    #expect(agree(result.figures.nll, nll, 1e-12))
    var brier = 0.0
    for row in 0..<n {
      for k in 0..<classes {
        let gap = exp(log[row * classes + k]) - (k == labels[row] ? 1 : 0)
        brier += gap * gap / Double(n)
      }
    }
    #expect(agree(result.figures.brier, brier, 1e-12))
    let single = try Calibration.measure(outputs: outputs.to(.f32), labels: labels).figures
    #expect(agree(single.nll, nll, 1e-5) && agree(single.accuracy, result.figures.accuracy))
  }

  @Test func intervalsHoldTheTruthAboutAsOftenAsTheySay() throws {
    // Confidence 0.75 of two classes, right three times in four: accuracy 0.75, no calibration error.
    var options = Calibration.Options()
    options.bootstrap = 100
    var held = 0
    for seed in 0..<60 {
      let draws = counterNumbers(UInt64(1000 + seed), 200)
      let outputs = try Tensor((0..<200).flatMap { _ in [log(3.0), 0] }, shape: [200, 2])
      let labels = draws.map { $0 < 0.5 ? 0 : 1 }
      options.seed = UInt64(seed)
      let result = try Calibration.measure(ClassifierOutputs(outputs, labels: labels), options: options)
      let interval = try #require(result.intervals?.accuracy)
      if interval.low <= 0.75 && interval.high >= 0.75 { held += 1 }
    }
    // 57 are to be expected; below 50 has a chance of 1 in 1,000.
    #expect(held >= 50)
  }

  @Test func edgesBelongToTheBinAbove() {
    for k in 0..<15 {
      #expect(Calibration.bin(of: Double(k) / 15) == k)
      if k > 0 { #expect(Calibration.bin(of: (Double(k) / 15).nextDown) == k - 1) }
    }
    #expect(Calibration.bin(of: 1) == 14 && Calibration.bin(of: 0) == 0)
  }

  /// Certain and right: no error at all; certain and wrong: all of it.
  @Test func certainty() throws {
    let outputs = try Tensor([1000, 0, 0, 1000] as [Double], shape: [2, 2])
    let right = try Calibration.measure(outputs: outputs, labels: [0, 1])
    #expect(right.figures.ece == 0 && right.figures.nll == 0 && right.figures.brier == 0)
    let wrong = try Calibration.measure(outputs: outputs, labels: [1, 0])
    #expect(wrong.figures.ece == 1 && wrong.figures.nll == 1000 && wrong.figures.brier == 2)
    #expect(wrong.bins[14].count == 2 && wrong.bins[14].accuracy == 0 && wrong.bins[3].accuracy == nil)
  }

  /// For two classes at logits (g, 0) of which a share q is right, the best temperature is g / log(q / (1 - q)).
  @Test(arguments: [0.01, 3.0, 1e4])
  func closedFormTemperature(gap: Double) throws {
    let outputs = try Tensor((0..<10).flatMap { _ in [gap, 0] }, shape: [10, 2])
    let labels = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    let fitted = try Calibration.fitTemperature(outputs: outputs, labels: labels)
    #expect(agree(fitted.value.map { $0 / gap }, 1 / log(4), 1e-12))
  }

  @Test func saysWhyThereIsNoTemperature() throws {
    let outputs = try Tensor([1, 0, 0, 2] as [Double], shape: [2, 2])
    for (labels, word) in [([0, 1], "largest"), ([1, 0], "no larger")] {
      let fitted = try Calibration.fitTemperature(outputs: outputs, labels: labels)
      #expect(fitted.value == nil && fitted.reason?.contains(word) == true)
    }
    #expect(try Calibration.fitTemperature(outputs: .zeros([2, 2]), labels: [0, 1]).value == nil)
  }

  @Test func refusesWhatDoesNotFit() throws {
    #expect(throws: MeasureError.self) { try Calibration.measure(outputs: .ones([2, 2]), labels: [0, 2]) }
    #expect(throws: MeasureError.self) { try Calibration.measure(outputs: .ones([2, 2]), labels: [0]) }
    #expect(throws: MeasureError.self) {
      try Calibration.measure(outputs: .full([2, 2], .infinity), labels: [0, 1])
    }
    #expect(throws: MeasureError.self) {
      try Calibration.measure(outputs: .ones([2, 2]), labels: [0, 1], temperature: 0)
    }
    for (values, word) in [([0.5, 0.6], "sum"), ([-0.5, 1.5], "probability"), ([.nan, 1], "finite")] {
      let rows = try Tensor([0.5, 0.5] + values, shape: [2, 2])
      let error = #expect(throws: MeasureError.self) {
        try Calibration.measure(ClassifierOutputs(rows, labels: [0, 1], kind: .probabilities))
      }
      #expect(error?.argument.hasPrefix("outputs") == true && error?.description.contains(word) == true)
    }
  }
}

@Suite struct AccuracyTests {
  let outputs: [Float] = [
    0, 1, 2, 3, 4, 5, 6,
    6, 5, 4, 3, 2, 1, 0,
    1, 1, 1, 1, 1, 1, 1,
  ]

  @Test func countsAndBreaksTiesByTheLowerClass() throws {
    let z = try Tensor(outputs, shape: [3, 7])
    #expect(try Accuracy.top1(outputs: z, labels: [6, 0, 0]) == 1)
    #expect(try Accuracy.top1(outputs: z, labels: [5, 0, 1]) == 1.0 / 3)
    #expect(try Accuracy.right(outputs: z, labels: [6, 0, 0]) == [true, true, true])
    #expect(try Accuracy.right(outputs: z, labels: [5, 0, 1]) == [false, true, false])
    #expect(throws: MeasureError.self) { try Accuracy.right(outputs: z, labels: [5, 0]) }
    #expect(try Accuracy.top5(outputs: z, labels: [2, 4, 4]) == 1)
    #expect(try Accuracy.top5(outputs: z, labels: [1, 5, 5]) == 0)
  }

  @Test func classesWeighTheSame() throws {
    let z = try Tensor(outputs, shape: [3, 7])
    #expect(try Accuracy.meanPerClass(outputs: z, labels: [0, 0, 0]) == 2.0 / 3)
    #expect(Accuracy.meanPerClass(predicted: [1, 1, 1, 2], labels: [1, 1, 1, 3]) == 0.5)
    #expect(Accuracy.meanPerClass(predicted: [], labels: []) == nil)
  }
}
