import Foundation
import Testing
import Torch

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

    /// Leaked, they would take more than 500 MB; tests that run beside this one take some.
    @Test func aMillionTensorsComeAndGoInConstantMemory() throws {
      func make(_ count: Int) throws {
        for _ in 0..<count { _ = try Tensor.zeros([64]) }
      }
      try make(10_000)
      let before = try resident()
      try make(1_000_000)
      #expect(try resident() - before < 150_000_000)
    }

    /// Leaked, their messages would take more than 200 MB.
    @Test func failuresFreeTheirMessages() throws {
      let a = try Tensor.zeros([2, 3])
      func fail(_ count: Int) { for _ in 0..<count { #expect(throws: TorchError.self) { try a.matmul(a) } } }
      func failQuietly(_ count: Int) { for _ in 0..<count { _ = try? a.matmul(a) } }
      fail(1)
      failQuietly(1_000)
      let before = try resident()
      failQuietly(200_000)
      #expect(try resident() - before < 100_000_000)
    }
  #endif
}
