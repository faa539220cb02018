import Foundation
import Testing
import Torch

@testable import Transfer

/// The JSON fixture `name` that generate.py wrote.
func fixture<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
  let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
    "Fixtures/\(name).json")
  return try JSONDecoder().decode(Value.self, from: Data(contentsOf: url))
}

/// Features with labels, and the least objectives at some lambdas.
struct ProbeCase: Decodable {
  var features: [Double]
  var labels: [Int]
  var lambdas: [Double]
  var objectives: [Double]
  var peer: [Double]

  static let names = ["overlapping", "separable", "wide", "scales", "two"]

  static func named(_ name: String) throws -> ProbeCase {
    try #require(fixture("probe", as: [String: ProbeCase].self)[name])
  }

  func tensor() throws -> Tensor {
    try Tensor(features, shape: [labels.count, features.count / labels.count])
  }
}

/// Options of a probe that is taken to the last digits.
func exact(
  lambdas: [Double] = ProbeOptions.grid(low: 1e-6, high: 1e5, count: 45), holdout: Double = 0.2, seed: UInt64 = 0,
  groups: [Int]? = nil, accuracy: ProbeOptions.Accuracy = .high, standardizes: Bool = false
) -> ProbeOptions {
  ProbeOptions(
    lambdas: lambdas, holdout: holdout, seed: seed, groups: groups, accuracy: accuracy, standardizes: standardizes)
}
