import Foundation
import TestSupport
import Testing
import Torch

@Suite struct DeviceCommandTests {
  /// What is asked of a GPU where there is none ends with the cure, before anything is written.
  @Test(.enabled(if: !Machine.hasCUDA)) func commandsSayThatThereIsNoGPU() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let train = ["train", "--network", "resnet8", "--objective", "softmax", "--data", "glyphs", "--out", "run"]
    for arguments in [
      train, ["evaluate", "run"], ["extract", "run", "--out", "f.safetensors"], ["bench", "train", "--steps", "1"],
      ["doctor", "--self-test"],
    ] {
      let absent = try tool.run(arguments + ["--device", "cuda"])
      #expect(absent.code == 1 && absent.errors.contains("device cuda"), "\(arguments): \(absent.errors)")
      #expect(absent.errors.contains("gpu-bundle") || Machine.isBuiltWithCUDA)
      let unknown = try tool.run(arguments + ["--device", "gpu"])
      #expect(unknown.code == 2 && unknown.errors.contains("cuda:N"), "\(arguments): \(unknown.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: tool.path("run")))
    #expect(try tool.run(train + ["--nondeterministic"]).code == 2)
  }

  /// `auto` and `cpu` are plans as without them.
  @Test(.enabled(if: !Machine.hasCUDA && !Machine.hasMPS)) func theProcessorIsNoPartOfThePlan() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let digests = try [[], ["--device", "cpu"], ["--device", "auto"]].map { more in
      let result = try tool.run(
        [
          "train", "--network", "resnet8", "--objective", "softmax", "--data", "glyphs", "--out", "r", "--dry-run",
          "--json",
        ]
          + more)
      return try #require(result.json["plan_digest"] as? String)
    }
    #expect(Set(digests).count == 1)
  }
}
