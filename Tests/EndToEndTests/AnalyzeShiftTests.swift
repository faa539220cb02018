import Foundation
import Testing

/// `analyze shift` on the files of MeasuresTests/generate_shift.py, whose figures are in expected.json beside them.
@Suite struct AnalyzeShiftTests {
  private func file(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("MeasuresTests/Fixtures/shift/\(name)").path
  }

  private func expected() throws -> [String: Any] {
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file("expected.json"))))
    return try #require(json as? [String: Any])
  }

  private func isNear(_ found: Any?, _ wanted: Any?) -> Bool {
    guard let found = found as? Double, let wanted = wanted as? Double else { return false }
    return abs(found - wanted) <= 1e-9
  }

  private let files = ["fog-1.npz", "fog-3.npz", "noise-1.npz", "noise_2.npy", "noise-5.npz", "sketch.npz"]

  /// By the files' names and by a table: the same figures.
  @Test(arguments: [false, true])
  func equalsTheDefinitions(isTable: Bool) throws {
    let tool = try Tool()
    defer { tool.remove() }
    let sets = isTable ? ["--sets", file("sets.csv")] : files.map(file) + ["--labels", file("labels.npy")]
    let result = try tool.run(
      ["analyze", "shift", "--clean", file("clean.npz"), "--reference", file("reference.csv"), "--temperature", "1.6"]
        + sets + ["--json"])
    #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
    let expected = try expected()
    for key in ["mean_corruption_error", "mce", "relative_mce", "temperature"] {
      #expect(isNear(result.json[key], expected[key]), "\(key)")
    }
    let found = try #require(result.json["sets"] as? [[String: Any]])
    #expect(
      found.map { $0["name"] as? String }
        == (isTable
          ? ["fog 1", "fog 3", "noise 1", "noise 2", "noise 5", "drawn, by hand"]
          : ["fog-1", "fog-3", "noise-1", "noise_2", "noise-5", "sketch"]))
    #expect(found.map { $0["corruption"] as? String } == ["fog", "fog", "noise", "noise", "noise", nil])
    #expect(found.map { $0["severity"] as? Int } == [1, 3, 1, 2, 5, nil])
    let wanted = try #require(expected["sets"] as? [String: [String: Double]])
    for (set, name) in zip(found, ["fog-1", "fog-3", "noise-1", "noise_2", "noise-5", "sketch"]) {
      for key in ["accuracy", "error", "nll", "brier", "ece"] {
        #expect(isNear(set[key], wanted[name]?[key]), "\(name)")
      }
      let (interval, scaled) = (set["accuracy_interval"] as? [String: Any], set["scaled"] as? [String: Any])
      #expect(isNear(interval?["low"], wanted[name]?["low"]) && isNear(scaled?["ece"], wanted[name]?["scaled_ece"]))
      #expect(set["change"] is [String: Any])
    }
    #expect((result.json["missing"] as? [Any])?.count == 2)
  }

  @Test func textAndFittedTemperature() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let arguments =
      ["analyze", "shift", "--clean", file("clean.npz"), "--labels", file("labels.npy"), "--fit", file("holdout.npz")]
      + files.map(file)
    let json = try tool.run(arguments + ["--json"]).json
    #expect(json["temperature"] is NSNumber && json["mce"] is NSNull && json["reference"] is NSNull)
    #expect((json["reasons"] as? [String: String])?["mce"]?.contains("--reference") == true)
    let text = try tool.run(arguments)
    #expect(text.code == 0 && text.errors.isEmpty)
    for words in ["sketch", "97.50 %", "91.34 to 99.31", "-2.50", "1,2,5", "mean corruption error", "ECE at "] {
      #expect(text.output.contains(words), "\(words) in \(text.output)")
    }
    // AlexNet's table knows fog, but the mean over five severities only.
    let alexNet = try tool.run(arguments + ["--reference", "alexnet", "--json"]).json
    #expect(alexNet["mce"] is NSNull && alexNet["reference"] as? String == "alexnet")
  }

  @Test(arguments: [
    (["--clean", "clean.npz"], 2, "at least one shifted set"),
    (["fog-1.npz"], 2, "--clean"),
    (["--clean", "clean.npz", "fog-1.npz", "--temperature", "0"], 2, "--temperature"),
    (["--clean", "clean.npz", "fog-1.npz", "--temperature", "2", "--fit", "holdout.npz"], 2, "not both"),
    (["--clean", "clean.npz", "noise_2.npy"], 3, "noise_2.npy: labels: found none"),
    (["--clean", "clean.npz", "fog-1.npz", "fog-1.npz"], 3, "fog at severity 1"),
  ])
  func whatIsWrongIsSaid(arguments: [String], code: Int32, said: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    let result = try tool.run(["analyze", "shift"] + arguments.map { $0.contains(".np") ? file($0) : $0 })
    #expect(result.code == code && result.output.isEmpty, "\(result.errors)")
    #expect(result.errors.contains(said), "\(result.errors)")
  }

  @Test(arguments: [
    ("corruption,severity,error\nfog,1,41.5\n", "line 2", "error_percent"),
    ("corruption,severity,error_percent\nfog,1,141.5\n", "line 2", "0 to 100"),
    ("corruption,severity,error\nfog,1,-0.1\n", "line 2", "-0.1"),
    ("corruption,severity,error\nfog,1,nan\n", "line 2", "nan"),
    ("corruption,severity,error\nfog,1,\n", "line 2", "a value for error"),
    ("corruption,severity,error\nfog,one,0.5\n", "line 2", "one"),
    ("corruption,severity,error\n\nfog,1,0.5\nfog,1,0.6\n", "line 4", "a second one"),
    ("corruption,severity,error\n,clean,0.5\n,0,0.6\nfog,1,0.5\n", "line 3", "a second one"),
    ("corruption,severity,error\n,1,0.5\n", "line 2", "a value for corruption"),
    ("corruption,severity,error\nfog,1\n", "line 2", "2 in"),
    ("corruption,severity\nfog,1\n", "line 1", "error"),
    ("corruption,severity,error,error_percent\nfog,1,0.5,50\n", "line 1", "one column"),
    ("corruption,level,error\nfog,1,0.5\n", "line 1", "level"),
    ("corruption,severity,error\n", "line 2", "below the header"),
    ("corruption,severity,error\n,clean,0.5\n", "clean error only", "at least one corruption"),
    ("", "empty", "r.csv"),
  ])
  func badReferences(text: String, place: String, said: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    try Data(text.utf8).write(to: URL(fileURLWithPath: tool.path("r.csv")))
    let result = try tool.run(
      "analyze", "shift", "--clean", file("clean.npz"), file("fog-1.npz"), "--reference", "r.csv")
    #expect(result.code == 3 && result.output.isEmpty, "\(result.errors)")
    for words in ["r.csv", place, said, "found", "expected"] {
      #expect(result.errors.contains(words), "\(words) in \(result.errors)")
    }
  }

  @Test(arguments: [
    ("file,corruption,severity\nfog-1.npz,fog,0\n", "line 2", "at least 1"),
    ("file,corruption,severity\nfog-1.npz,fog,1.5\n", "line 2", "1.5"),
    ("file,corruption,severity\nfog-1.npz,,1\n", "line 2", "a value for corruption"),
    ("file,corruption,severity\n,fog,1\n", "line 2", "a value for file"),
    ("file,corruption\nfog-1.npz,fog\n", "line 1", "severity"),
    ("file,corruption,severity,label\nfog-1.npz,fog,1,y.npy\n", "line 1", "label"),
    ("file,corruption,severity\nfog-1.npz,fog,1,2\n", "line 2", "4 in"),
    ("file,corruption,severity\nnowhere.npy,fog,1\n", "nowhere.npy", "a file"),
  ])
  func badTables(text: String, place: String, said: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    try Data(text.utf8).write(to: URL(fileURLWithPath: tool.path("sets.csv")))
    let result = try tool.run("analyze", "shift", "--clean", file("clean.npz"), "--sets", "sets.csv")
    #expect(result.code == 3 && result.output.isEmpty, "\(result.errors)")
    for words in [place, said, "found", "expected"] {
      #expect(result.errors.contains(words), "\(words) in \(result.errors)")
    }
  }
}
