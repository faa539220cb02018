import Features
import Foundation
import Testing
import Torch

@testable import Measures

private struct Expected: Decodable {
  struct Scaled: Decodable {
    var figures: CalibrationResult.Figures
    init(from decoder: any Decoder) throws { figures = try .init(from: decoder) }
  }
  var figures: CalibrationResult.Figures
  var temperature: Double
  var scaled: CalibrationResult.Figures

  enum CodingKeys: CodingKey { case temperature, scaled }
  init(from decoder: any Decoder) throws {
    figures = try .init(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    temperature = try container.decode(Double.self, forKey: .temperature)
    scaled = try container.decode(CalibrationResult.Figures.self, forKey: .scaled)
  }
}

private func agreeAll(_ a: CalibrationResult.Figures, _ b: CalibrationResult.Figures, _ tolerance: Double)
  -> Bool
{
  agree(a.nll, b.nll, tolerance) && agree(a.brier, b.brier, tolerance) && agree(a.ece, b.ece, tolerance)
    && agree(a.eceAdaptive, b.eceAdaptive, tolerance) && agree(a.eceClasswise, b.eceClasswise, tolerance)
    && agree(a.accuracy, b.accuracy, tolerance)
}

@Suite struct CalibrationTests {
  @Test func equalsTheDefinitions() throws {
    let set = try FeatureSet(
      reading: [fixture("outputs.npy")], labels: [fixture("labels.npy")], role: .outputs)
    let outputs = try set.requireOutputs().allRows()
    let labels = try set.requireLabels()
    let expected = try expected("calibration", as: Expected.self)
    let fitted = try Calibration.fitTemperature(outputs: outputs, labels: labels)
    #expect(agree(fitted.value, expected.temperature, 1e-6))
    let result = try Calibration.measure(outputs: outputs, labels: labels, temperature: fitted.value)
    #expect(agreeAll(result.figures, expected.figures, 1e-12))
    #expect(agreeAll(try #require(result.scaled), expected.scaled, 1e-6))
    #expect(result.bins.map(\.count).reduce(0, +) == labels.count)
    let text = try JSONEncoder().encode(result)
    #expect(try JSONDecoder().decode(CalibrationResult.self, from: text) == result)
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
