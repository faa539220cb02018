import Foundation
import Testing
import Torch

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
