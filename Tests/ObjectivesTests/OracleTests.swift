import Foundation
import Testing
import Torch

@testable import Objectives

/// `Fixtures/objectives.json`, made by `Fixtures/generate.py` with PyTorch.
struct Fixture: Decodable {
  struct Summary: Decodable {
    var max, projection: Double
    var stride: Int
    var entries: [Double]
  }

  struct Case: Decodable {
    var objective: String
    var classes: Int
    var scale: Double
    var f64: [String: Summary]
    var f32: [String: Summary]
  }

  var torch: String
  var examples, features: Int
  var cases: [Case]

  static func load() throws -> Fixture {
    let folder = Bundle.module.url(forResource: "Fixtures", withExtension: nil)
    let file = try #require(folder).appendingPathComponent("objectives.json")
    return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }
}

@Suite struct OracleTests {
  /// Values and gradients equal PyTorch's within `tolerance` of the tensor's largest magnitude.
  @Test(arguments: [(ElementType.f64, 1e-10), (.f32, 1e-5)])
  func valuesAndGradientsEqualPyTorch(type: ElementType, tolerance: Double) throws {
    let fixture = try Fixture.load()
    #expect(fixture.cases.count > 100)
    for row in fixture.cases {
      var problem = Problem(
        classes: row.classes, examples: fixture.examples, features: fixture.features, scale: row.scale)
      problem.draws = rows(
        (0..<fixture.examples * fixture.features).map { uniform(4, $0) }, fixture.features)
      let result = try problem.evaluate(combination(row.objective), type: type)
      for (name, values) in result.named {
        let expected = try #require(type == .f64 ? row.f64[name] : row.f32[name])
        let kept = stride(from: 0, to: values.count, by: expected.stride).map { values[$0] }
        try #require(kept.count == expected.entries.count)
        let size = expected.max
        let gap = zip(kept, expected.entries).map { abs($0 - $1) }.max() ?? 0
        #expect(gap <= tolerance * size, "\(row.objective) K=\(row.classes) \(name): \(gap / size)")
        let largest = values.map(abs).max() ?? 0
        #expect(abs(largest - size) <= tolerance * size, "\(row.objective) K=\(row.classes) \(name)")
        // Every entry counts in the projection, so its error may add up over them.
        let projection = values.enumerated().reduce(0.0) { $0 + $1.element * (2 * uniform(9, $1.offset) - 1) }
        let allowed = tolerance * size * Double(values.count).squareRoot()
        let difference = abs(projection - expected.projection)
        #expect(
          difference <= allowed, "\(row.objective) K=\(row.classes) \(name): projection \(difference / size)")
      }
    }
  }

  /// Every objective of the list occurs in the fixtures, with each of its parameters at two values or more.
  @Test func everyObjectiveHasFixtures() throws {
    var seen: [String: Set<Double>] = [:]
    for row in try Fixture.load().cases {
      for part in try ObjectiveSpec(parsing: row.objective, classes: row.classes).parts {
        seen[part.name, default: []].insert(0)
        for (key, value) in part.parameters { seen["\(part.name).\(key)", default: []].insert(value) }
      }
    }
    for type in Objectives.standard {
      #expect(seen[type.name] != nil, "\(type.name)")
      for parameter in type.parameters {
        #expect((seen["\(type.name).\(parameter.name)"]?.count ?? 0) >= 2, "\(type.name).\(parameter.name)")
      }
    }
  }
}
