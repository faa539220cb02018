import Foundation
import Testing

@testable import Torch

@Suite struct BindingTests {
  @Test func everyFunctionOfTheHeaderIsDefinedAndUsed() throws {
    let functions = try Header.functions()
    #expect(functions.count > 100)
    #expect(Set(functions).count == functions.count)
    let swift = try words(in: "Sources/Torch", suffix: ".swift")
    let defined = try words(in: "Sources/CTorch", suffix: ".cpp")
    // Macros define ct_NAME from NAME.
    #expect(functions.filter { !defined.contains($0) && !defined.contains(String($0.dropFirst(3))) }.isEmpty)
    #expect(functions.filter { !swift.contains($0) }.isEmpty)
  }

  private func words(in folder: String, suffix: String) throws -> Set<String> {
    let folder = Header.package.appendingPathComponent(folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      $0.hasSuffix(suffix)
    }
    return try names.reduce(into: []) { words, name in
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      for match in text.matches(of: /\w+/) { words.insert(String(match.0)) }
    }
  }

  #if os(Linux)
    /// Bytes of this process in memory.
    private func resident() throws -> Int {
      let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
      return try #require(Int(fields[1])) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Leaked, those of a round would take more than 100 MB, every time. The second least of five: tests that run beside
    /// this one take and free memory, too.
    @Test func aMillionTensorsComeAndGoInConstantMemory() throws {
      func make() throws { for _ in 0..<200_000 { _ = try Tensor.zeros([64]) } }
      try make()
      let growth = try (0..<5).map { _ in
        let before = try resident()
        try make()
        return try resident() - before
      }
      #expect(growth.sorted()[1] < 30_000_000)
    }
  #endif

  /// Tests that run beside this one have some of their own for a moment.
  @Test func failuresFreeTheirMessages() throws {
    let a = try Tensor.zeros([2, 3])
    #expect(throws: TorchError.self) { try a.matmul(a) }
    let before = TorchError.unfreed
    for _ in 0..<10_000 { _ = try? a.matmul(a) }
    #expect(TorchError.unfreed - before < 100)
  }
}
