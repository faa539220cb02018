import Foundation
import Networks
import Objectives
import Testing
import Torch

@testable import Training

@Suite struct SelfTestTests {
  /// Every function of the binding that yields a tensor from tensors is among the operations compared.
  @Test func everyOperationOfTheBindingIsCompared() throws {
    var package = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { package.deleteLastPathComponent() }
    let text = try String(
      contentsOf: package.appendingPathComponent("Sources/CTorch/include/ctorch.h"), encoding: .utf8)
    let start = try #require(text.range(of: "/* MARK: shape and index */"))
    let end = try #require(text.range(of: "/* MARK: gradients */"))
    let names = text[start.upperBound..<end.lowerBound].matches(of: /CT_CALL ct_([a-z0-9_]+)\(/).map { String($0.1) }
    #expect(names.count > 60)
    let compared = SelfTest.operations.map(\.name)
    #expect(Set(compared).count == compared.count)
    #expect(names.filter { !compared.contains($0) } == [])
  }

  /// The processor in f32 and bf16 against itself in f64.
  @Test func theProcessorPasses() throws {
    let rows = try SelfTest(.cpu).run()
    for row in rows {
      #expect(row.passed, "\(row.kind) \(row.name) \(row.type): \(row.difference ?? .nan) \(row.reason ?? "")")
    }
    #expect(rows.filter { $0.kind == "objective" }.map(\.name) == Objectives.standard.map { $0.name })
    #expect(Set(rows.filter { $0.kind == "network" }.map(\.name)) == Set(Networks.standard.map(\.name)))
    // It is no comparison of a thing with itself.
    #expect(rows.filter { ($0.difference ?? 0) > 0 }.count > 60)
  }

  /// What is added to the lists is compared without another line.
  @Test func theListsDecide() throws {
    let catalog = Catalog(objectives: [Focal.self], networks: Array(Networks.standard.prefix(1)))
    let test = SelfTest(.cpu, catalog: catalog)
    #expect(test.objectives.map(\.name) == ["focal"] && test.networks.map(\.name) == ["resnet8", "resnet8", "resnet8"])
  }

  @Test func differencesAreSeen() throws {
    func gap(_ a: [Double], _ b: [Double]) throws -> Double { try SelfTest.gap(Tensor(a), Tensor(b)) }
    #expect(
      try gap([1, 2, -4], [1, 2.5, -4]) == 0.125 && gap([1, 2], [1, 2]) == 0 && gap([0.5, 0], [0, 0]) == 0.5)
    #expect(try gap([.nan], [1]) == .infinity && gap([1], [.infinity]) == .infinity && gap([1], [1, 1]) == .infinity)
    #expect(try gap([.infinity, .nan], [.infinity, .nan]) == 0)
    func distance(_ a: [Double], _ b: [Double]) throws -> Double { try SelfTest.distance(Tensor(a), Tensor(b)) }
    #expect(
      try distance([3, 4.5], [3, 4]) == 0.1 && distance([3, 4], [0, 0]) == 5 && distance([1], [1, 1]) == .infinity)
    #expect(try distance([.nan], [1]) == .infinity && distance([1], [.infinity]) == .infinity)
  }

  /// A device on which nothing works fails every row, and ends the program nowhere.
  @Test func aDeviceWithoutNumbersFails() throws {
    let rows = try SelfTest(.meta, catalog: Catalog(networks: Array(Networks.standard.prefix(1)))).run()
    #expect(rows.filter(\.passed).map(\.name) == [] && rows.allSatisfy { $0.reason != nil })
  }
}
