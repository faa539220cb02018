import Foundation
import Testing

/// `transfer scores` as users call it, on fixtures of MeasuresTests.
struct TransferScoresCommandTests {
  private func file(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("MeasuresTests/Fixtures/\(name)").path
  }

  @Test func scores() throws {
    let tool = try Tool()
    defer { tool.remove() }
    // Features and outputs in one file; classes of one example.
    let arguments = ["transfer", "scores", file("retrieval.old.npz"), "--labels", file("retrieval.y.npy")]
    let result = try tool.run(arguments + ["--json"])
    #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
    for key in ["logme", "leep", "nce", "h_score", "h_score_shrinkage", "shrinkage", "transrate"] {
      #expect(result.json[key] is Double, "\(key)")
    }
    #expect(result.json["gbc"] is NSNull)
    #expect((result.json["reasons"] as? [String: String])?["gbc"]?.contains("class 5") == true)
    let text = try tool.run(arguments)
    #expect(text.output.contains("64 examples, 6 classes, 3 dimensions") && text.output.contains("LogME"))
    // Without outputs the rest is there all the same.
    let alone = try tool.run(
      "transfer", "scores", file("collapse.x.npy"), "--labels", file("collapse.y.npy"), "--json")
    #expect(alone.code == 0 && alone.json["gbc"] is Double && alone.json["leep"] is NSNull, "\(alone.errors)")
    #expect((alone.json["reasons"] as? [String: String])?["leep"]?.contains("--outputs") == true)
  }

  @Test(
    arguments: [
      (["retrieval.old.npz"], 3, "--labels"), (["nowhere.npy"], 3, "nowhere.npy"), ([], 2, "files"),
      (["retrieval.old.npz", "--labels", "collapse.y.npy"], 3, "48"),
      (["retrieval.old.npz", "--labels", "retrieval.y.npy", "--layer", "other"], 3, "one of features"),
      (["retrieval.old.npz", "--labels", "retrieval.y.npy", "--outputs", "collapse.x.npy"], 3, "64 rows"),
      (["retrieval.old.npz", "--labels", "retrieval.y.npy", "--probabilities"], 3, "probabilities"),
    ] as [([String], Int32, String)])
  func whatIsWrongIsSaid(_ arguments: [String], _ code: Int32, _ said: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    let paths = arguments.map {
      ($0.hasSuffix(".npy") || $0.hasSuffix(".npz")) && !$0.hasPrefix("nowhere") ? file($0) : $0
    }
    let result = try tool.run(["transfer", "scores"] + paths)
    #expect(result.code == code && result.errors.contains(said), "\(result.code) \(result.errors)")
    #expect(result.output.isEmpty)
  }
}
