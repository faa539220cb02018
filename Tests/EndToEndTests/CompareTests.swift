import Foundation
import Testing

/// `analyze compare` and `analyze retrieval` as users call them, on the fixtures of MeasuresTests' generate_retrieval.py.
struct CompareTests {
  private func file(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("MeasuresTests/Fixtures/\(name)").path
  }

  private var pair: [String] { ["analyze", "compare", file("retrieval.old.npz"), file("retrieval.new.npz")] }
  private var labels: [String] { ["--labels", file("retrieval.y.npy")] }

  @Test func compares() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let arguments = pair + labels + ["--folds", "2", "--json"]
    let result = try tool.run(arguments)
    #expect(result.code == 0, "\(result.errors)")
    let measures = result.json["measures"] as? [String: [String: Any]]
    #expect(
      Set(measures?.keys.map { $0 } ?? []) == [
        "recall_at_1", "recall_at_5", "recall_at_10", "map_at_r", "knn_accuracy", "probe_accuracy",
      ])
    #expect(measures?["map_at_r"]?["verdict"] as? String == "worse")
    #expect((result.json["per_class"] as? [Any])?.count == 6 && result.json["cka"] is NSNumber)
    #expect((result.json["reasons"] as? [String: String])?["output_accuracy"]?.contains("label -3") == true)
    #expect(try tool.run(arguments).output == result.output)
  }

  @Test func saysItForPeople() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let result = try tool.run(pair + labels + ["--skip", "probe,separation", "--per-class", "--ks", "1,3"])
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("The new embedding is worse by mAP@R ("), "\(result.output)")
    for text in [
      "recall@3", "64 examples, 6 classes; 3 dimensions", "left out of recall and mAP@R: 1", "examples needed",
      "by class",
    ] {
      #expect(result.output.contains(text), "\(text)")
    }
    #expect(!result.output.contains("linear probe"))
  }

  @Test func retrieves() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let arguments = ["analyze", "retrieval", file("retrieval.old.npz")] + labels
    let result = try tool.run(arguments + ["--ks", "1,2", "--per-class", "--json"])
    #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
    for key in ["recall_at_1", "recall_at_2", "map_at_r", "knn_accuracy", "n", "classes", "queries", "left_out"] {
      #expect(result.json[key] is NSNumber, "\(key)")
    }
    #expect((result.json["per_class"] as? [[String: Any]])?.first?["label"] as? Int == -3)
    #expect((result.json["intervals"] as? [String: [String: Double]])?["map_at_r"]?.count == 2)
    let text = try tool.run(arguments + ["--queries", "20"])
    #expect(text.output.contains("20 queries") && text.output.contains("mAP@R"))
  }

  /// Labels in both files that differ: not the same examples.
  @Test func otherLabelsAreOtherExamples() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let same = try tool.run("analyze", "compare", file("ood.train.npz"), file("ood.train.npz"), "--skip", "probe")
    #expect(same.code == 0 && same.output.hasPrefix("No difference in any measure."), "\(same.errors)")
    let other = try tool.run("analyze", "compare", file("ood.train.npz"), file("retrieval.labelled.npz"))
    #expect(other.code == 3 && other.errors.contains("the same examples in the same order"), "\(other.errors)")
  }

  @Test(arguments: [
    (["compare", "retrieval.old.npz", "similarity.a.npz", "--labels", "retrieval.y.npy"], 3, "48 rows"),
    (["compare", "retrieval.old.npz", "retrieval.new.npz"], 3, "--labels"),
    (["compare", "retrieval.old.npz", "retrieval.new.npz", "--labels", "collapse.y.npy"], 3, "48"),
    (["compare", "retrieval.old.npz"], 2, "new"),
    (["compare", "retrieval.old.npz", "retrieval.new.npz", "--folds", "1"], 2, "--folds"),
    (["compare", "retrieval.old.npz", "retrieval.new.npz", "--skip", "cake"], 2, "probe"),
    (["compare", "retrieval.old.npz", "retrieval.new.npz", "--layer", "other"], 3, "--labels"),
    (["retrieval", "retrieval.old.npz", "--labels", "retrieval.y.npy", "--ks", "0"], 2, "--ks"),
    (["retrieval", "retrieval.old.npz", "--labels", "retrieval.y.npy", "--queries", "0"], 2, "--queries"),
    (["retrieval", "retrieval.old.npz", "--labels", "retrieval.y.npy", "--layer", "other"], 3, "one of features"),
    (["retrieval", "retrieval.old.npz"], 3, "--labels"),
    (["retrieval", "nowhere.npy"], 3, "nowhere.npy"),
  ])
  func whatIsWrongIsSaid(_ arguments: [String], _ code: Int32, _ said: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    let paths = arguments.map {
      ($0.hasSuffix(".npy") || $0.hasSuffix(".npz")) && !$0.hasPrefix("nowhere") ? file($0) : $0
    }
    let result = try tool.run(["analyze"] + paths)
    #expect(result.code == code && result.errors.contains(said), "\(result.code) \(result.errors)")
    #expect(result.output.isEmpty)
  }
}
