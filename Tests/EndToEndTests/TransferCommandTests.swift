import Foundation
import TestSupport
import Testing

/// `transfer probe`, `lowshot`, `correlate` and `finetune` as users call them.
struct TransferCommandTests {
  /// Four classes of two superclasses in five dimensions: train x.npy, y.npy, test xt.npy, yt.npy, and what goes with them.
  private func data() throws -> Tool {
    let tool = try Tool()
    func write(_ name: String, _ values: [Double], _ shape: [Int]) throws {
      try npyBytes(values, shape: shape).write(to: tool.folder.appendingPathComponent(name))
    }
    for (name, n, stream) in [("", 120, 1), ("t", 60, 2)] as [(String, Int, UInt64)] {
      let labels = (0..<n).map { $0 % 4 }
      let noise = counterNumbers(stream, n * 5, 1.5)
      var values = noise
      for (row, label) in labels.enumerated() {
        values[row * 5 + label / 2] += 4
        values[row * 5 + 2 + label % 2] += 1.2
      }
      try write("x\(name).npy", values, [n, 5])
      try write("y\(name).npy", labels.map(Double.init), [n])
      try write("s\(name).npy", labels.map { Double($0 / 2) }, [n])
      try write("w\(name).npy", labels.map { Double($0) / 2 }, [n])
      // Class k is there where label and row say so; some are not known.
      let targets = labels.enumerated().flatMap { row, label in
        (0..<3).map { k in (row + k) % 11 == 0 ? -1.0 : label >= k ? 1 : 0 }
      }
      try write("g\(name).npy", targets, [n, 3])
    }
    return tool
  }

  private let files = ["--train", "x.npy", "--train-labels", "y.npy", "--test", "xt.npy", "--test-labels", "yt.npy"]
  private let bare = ["--train", "x.npy", "--test", "xt.npy"]

  @Test func probes() throws {
    let tool = try data()
    defer { tool.remove() }
    let plain = try tool.run(["transfer", "probe"] + files + ["--json"])
    #expect(plain.code == 0, "\(plain.errors)")
    let path = plain.json["path"] as? [[String: Any]] ?? []
    let zero = plain.json["gradient_norm_at_zero"] as? Double ?? 0
    #expect(path.count == 45 && path.allSatisfy { ($0["gradient_norm"] as? Double ?? .infinity) <= 1e-5 * zero })
    #expect(path.allSatisfy { $0["converged"] as? Bool == true && $0["certified"] is Bool })
    #expect((plain.json["per_class_accuracy"] as? [Any])?.count == 4 && plain.json["at_edge"] is Bool)
    let folds = try tool.run(
      ["transfer", "probe"] + files + [
        "--folds", "5", "--superclasses", "s.npy", "--sample-weights", "w.npy", "--json",
      ])
    #expect(
      folds.code == 0 && folds.json["folds"] as? Int == 5 && folds.json["holdout_count"] as? Int == 120,
      "\(folds.errors)")
    let (coarse, within) = (
      folds.json["superclass_accuracy"] as? Double, folds.json["within_superclass_accuracy"] as? Double
    )
    let fine = folds.json["accuracy"] as? Double ?? 2
    #expect(coarse ?? 0 > 0.9 && within ?? 2 < 1 && fine <= coarse ?? 0 && fine <= within ?? 0)
    let other = try tool.run(
      ["transfer", "probe"] + files + [
        "--validation", "xt.npy", "--validation-labels", "yt.npy", "--class-weights", "0:2,3:0.5",
      ])
    #expect(other.code == 0 && other.output.contains("mean per class"), "\(other.errors)")
    let layers = try tool.run(["transfer", "probe"] + files + ["--layer", "all", "--json"])
    #expect((layers.json["layers"] as? [[String: Any]])?.count == 1, "\(layers.errors)")
    let several = try tool.run(
      ["transfer", "probe"] + bare + ["--train-targets", "g.npy", "--test-targets", "gt.npy", "--json"])
    #expect(several.code == 0 && (several.json["map"] as? Double ?? 0) > 0.5, "\(several.errors)")
    #expect((several.json["per_class_ap"] as? [Any])?.count == 3)
    let text = try tool.run(["transfer", "probe"] + bare + ["--train-targets", "g.npy", "--test-targets", "gt.npy"])
    #expect(text.output.contains("mAP, 11 points"))
  }

  /// Two and three processes, with what a fit may have beside: the same path and answers as one.
  @Test func probesByManyProcesses() throws {
    let tool = try data()
    defer { tool.remove() }
    for more in [
      ["--class-weights", "balanced", "--sample-weights", "w.npy"], ["--folds", "3", "--standardize"],
      ["--memory", "0", "--penalize-bias"], ["--accuracy", "high"],
    ] {
      let arguments = ["transfer", "probe"] + files + more + ["--lambdas", "1e-4:1e3:8", "--json"]
      let one = try tool.run(arguments)
      #expect(one.code == 0, "\(one.errors)")
      for count in ["2", "3"] {
        let many = try tool.run(arguments + ["--processes", count])
        #expect(many.code == 0, "\(many.errors)")
        expectSame(one.json, many.json)
      }
    }
    let several = ["transfer", "probe"] + bare + ["--train-targets", "g.npy", "--test-targets", "gt.npy", "--json"]
    let (one, two) = (try tool.run(several), try tool.run(several + ["--processes", "2"]))
    #expect(two.code == 0, "\(two.errors)")
    expectSame(one.json, two.json)
    let crowd = try tool.run(["transfer", "probe"] + files + ["--processes", "9"])
    #expect(crowd.code != 0 && crowd.errors.contains("16 examples for each"), "\(crowd.errors)")
    let none = try tool.run(["transfer", "probe"] + files + ["--processes", "0"])
    #expect(none.code == 2, "\(none.errors)")
  }

  private func expectSame(_ one: [String: Any], _ other: [String: Any]) {
    let paths = [one, other].map { $0["path"] as? [[String: Any]] ?? [] }
    #expect(paths[0].count > 1 && paths[0].count == paths[1].count)
    for (a, b) in zip(paths[0], paths[1]) {
      let (x, y) = (a["objective"] as? Double ?? 0, b["objective"] as? Double ?? 1)
      #expect(abs(x - y) <= 1e-5 * abs(x) + 1e-8, "\(x) \(y)")
      #expect(b["converged"] as? Bool == a["converged"] as? Bool)
      #expect(a["holdout_accuracy"] as? Double == b["holdout_accuracy"] as? Double)
    }
    for key in ["lambda", "accuracy", "holdout_accuracy"] { #expect(one[key] as? Double == other[key] as? Double) }
  }

  @Test func fewExamples() throws {
    let tool = try data()
    defer { tool.remove() }
    let arguments = ["transfer", "lowshot"] + files + ["--shots", "1,5,20,200", "--draws", "4"]
    let result = try tool.run(arguments + ["--json"])
    #expect(result.code == 0, "\(result.errors)")
    let curve = result.json["curve"] as? [[String: Any]] ?? []
    #expect(curve.map { $0["shots"] as? Int } == [1, 5, 20, 200])
    #expect(
      curve.prefix(3).allSatisfy { ($0["accuracies"] as? [Double])?.count == 4 && $0["standard_error"] is Double })
    #expect(curve.last?["accuracy"] is NSNull && (curve.last?["reason"] as? String)?.contains("30") == true)
    let means = curve.compactMap { $0["accuracy"] as? Double }
    #expect(means.count == 3 && means[2] > means[0])
    #expect(try tool.run(arguments + ["--json"]).output == result.output)
    #expect(try tool.run(arguments).output.contains("standard error"))
  }

  @Test func correlates() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let table = """
      network,target,logme,other,accuracy
      a,one,0.1,5,0.2
      b,one,0.2,3,0.3
      c,one,0.3,1,0.4
      d,one,0.4,,0.5
      a,two,0.1,2,0.5
      b,two,0.4,1,0.3
      """
    try Data(table.utf8).write(to: tool.folder.appendingPathComponent("t.csv"))
    let result = try tool.run("transfer", "correlate", "t.csv", "--measured", "accuracy", "--by", "target", "--json")
    #expect(result.code == 0, "\(result.errors)")
    let lines = result.json["correlations"] as? [[String: Any]] ?? []
    func line(_ score: String, _ group: String?) -> [String: Any] {
      lines.first { $0["score"] as? String == score && $0["group"] as? String == group } ?? [:]
    }
    #expect((line("logme", "one")["weighted_kendall"] as? [String: Any])?["value"] as? Double == 1)
    #expect((line("logme", "two")["kendall"] as? [String: Any])?["value"] as? Double == -1)
    #expect(line("other", "one")["n"] as? Int == 3 && line("other", nil)["n"] as? Int == 5)
    let mean = (result.json["mean_weighted_kendall"] as? [String: Double])?["logme"]
    #expect(abs(mean ?? 1) < 1e-12)
    #expect(try tool.run("transfer", "correlate", "t.csv", "--measured", "accuracy").output.contains("weighted"))
    for (arguments, said) in [
      (["t.csv", "--measured", "nothing"], "one of network"), (["none.csv", "--measured", "accuracy"], "none.csv"),
      (["t.csv", "--measured", "network"], "line 2"),
    ] {
      let wrong = try tool.run(["transfer", "correlate"] + arguments)
      #expect(wrong.code == 3 && wrong.errors.contains(said), "\(wrong.errors)")
    }
  }

  @Test(
    arguments: [
      (["probe", "--folds", "1"], 2, "folds"), (["probe", "--folds", "500"], 2, "folds"),
      (["probe", "--class-weights", "a"], 2, "--class-weights"),
      (["probe", "--class-weights", "0:-1"], 3, "class weights"),
      (["probe", "--sample-weights", "yt.npy"], 3, "120"), (["probe", "--superclasses", "w.npy"], 3, "whole number"),
      (["probe", "--superclasses", "st.npy"], 3, "120"), (["probe", "--groups", "missing.npy"], 3, "missing.npy"),
      (["probe", "--train-targets", "g.npy"], 2, "--test-targets"), (["probe", "--layer", "nothing"], 3, "nothing"),
      (["lowshot", "--shots", "0"], 2, "--shots"), (["lowshot", "--draws", "0"], 2, "--draws"),
    ] as [([String], Int32, String)])
  func whatIsWrongIsSaid(_ arguments: [String], _ code: Int32, _ said: String) throws {
    let tool = try data()
    defer { tool.remove() }
    let result = try tool.run(["transfer", arguments[0]] + files + arguments.dropFirst())
    #expect(result.code == code && result.errors.contains(said), "\(result.code) \(result.errors)")
    #expect(result.output.isEmpty)
  }

  /// Killed with SIGKILL in the middle, the same line with other workers comes to the result of an undisturbed run.
  @Test func fineTunesThroughKills() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let trained = try tool.run(
      "train", "--network", "resnet8", "--objective", "softmax", "--data", "glyphs", "--epochs", "1", "--out", "source")
    #expect(trained.code == 0, "\(trained.errors)")
    let arguments = [
      "transfer", "finetune", "source", "--data", "glyphs", "--augment", "none", "--steps", "40", "--batch", "32",
      "--rates",
      "1e-3:0.05:2", "--decays", "none", "--json",
    ]
    let dry = try tool.run(arguments.dropLast() + ["--out", "a", "--dry-run"])
    #expect(dry.code == 0 && dry.output.contains("2 rates x 1 decays"), "\(dry.errors)")
    let whole = try tool.run(arguments + ["--out", "a", "--workers", "2"])
    #expect(whole.code == 0, "\(whole.errors)")
    for _ in 0..<3 {
      let process = Process()
      process.executableURL = Tool.executable
      process.arguments = arguments + ["--out", "b", "--workers", "1"]
      process.currentDirectoryURL = tool.folder
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      Thread.sleep(forTimeInterval: 2.5)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    let again = try tool.run(arguments + ["--out", "b", "--workers", "2"])
    #expect(again.code == 0, "\(again.errors)")
    func known(_ result: Tool.Result) -> [String: Any] { result.json.filter { $0.key != "seconds" } }
    #expect(NSDictionary(dictionary: known(whole)) == NSDictionary(dictionary: known(again)))
    #expect((whole.json["grid"] as? [Any])?.count == 2 && whole.json["from_scratch"] is NSNull)
    // Other settings in the same folder are refused, as are ones that make no sense.
    for (more, code, said) in [
      (["--out", "a", "--seed", "9"], 3, "holds a fine-tuning of other settings"),
      (["--out", "c", "--rates", "0:1:2"], 2, "--rates"),
      (["--out", "c", "--holdout", "0"], 2, "holdout"), (["--out", "c", "--preset", "large"], 2, "paper"),
    ] as [([String], Int32, String)] {
      let wrong = try tool.run(arguments.filter { $0 != "--json" } + more)
      #expect(wrong.code == code && wrong.errors.contains(said), "\(wrong.code) \(wrong.errors)")
    }
  }
}
