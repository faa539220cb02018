import Foundation
import Testing

/// `analyze all`: one report of everything that the files allow.
struct SurveyTests {
  private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let hasBrowser = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
    folder in
    ["chromium", "chromium-browser", "google-chrome"].contains {
      FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
    }
  }

  private func fixture(_ name: String) -> String {
    Self.package.appendingPathComponent("Tests/MeasuresTests/Fixtures/\(name)").path
  }

  private func lines(_ tool: Tool, _ name: String) throws -> [String] {
    try String(contentsOfFile: tool.path(name), encoding: .utf8).split(separator: "\n").map(String.init)
  }

  /// Two sets with layers, outputs and labels.
  private func report(_ tool: Tool, _ more: [String] = []) throws -> Tool.Result {
    try tool.run(
      [
        "analyze", "all", fixture("ood.train.npz"), fixture("ood.train.npz"), "--names", "one,two", "--out",
        tool.path("report"),
      ] + more)
  }

  @Test func everythingThatFeaturesAndLabelsAllow() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let result = try report(tool, ["--bootstrap", "20", "--json"])
    #expect(result.code == 0, "\(result.errors)")
    let sets = try #require(result.json["sets"] as? [[String: Any]])
    #expect(sets.map { $0["name"] as? String } == ["one", "two"])
    let layer = try #require((sets[0]["layers"] as? [[String: Any]])?.first)
    for key in ["separation", "collapse", "spectrum", "uniformity", "nonzero_fraction"] {
      #expect(layer[key] != nil, "\(key)")
    }
    // The same figure by its own command.
    let alone = try tool.run("analyze", "separation", fixture("ood.train.npz"), "--json")
    let (cosine, own) = (
      (layer["separation"] as? [String: Any])?["cosine"] as? [String: Any], alone.json["cosine"] as? [String: Any]
    )
    #expect(cosine?["r2"] as? Double == own?["r2"] as? Double)
    #expect(cosine?["r2_interval"] is [String: Double])
    let retrieval = try tool.run("analyze", "retrieval", fixture("ood.train.npz"), "--json")
    #expect((sets[0]["retrieval"] as? [String: Any])?["map_at_r"] as? Double == retrieval.json["map_at_r"] as? Double)
    #expect(retrieval.json["map_at_r"] is Double)
    let cka = try #require(result.json["cka"] as? [String: Any])
    #expect(try #require(cka["cka"] as? [[Double]]) == [[1]])
    let omitted = try #require(result.json["omitted"] as? [[String: Any]])
    #expect(omitted.contains { $0["measure"] as? String == "calibration" })
    for name in ["analysis.html", "analysis.json"] {
      #expect(FileManager.default.fileExists(atPath: tool.path("report/\(name)")), "\(name)")
    }
    #expect(try lines(tool, "report/tables/summary.csv").count == 3)
    #expect(
      try lines(tool, "report/tables/cka.csv") == ["set_a,layer_a,set_b,layer_b,cka", "one,features,two,features,1"])
    #expect(try lines(tool, "report/tables/classes.csv").count == 1 + 2 * 6)
  }

  @Test func outputsAlone() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let (a, b) = (fixture("ood.inside.npz"), fixture("ood.inside.npz"))
    let labels = tool.path("labels.npy")
    try writeLabels((0..<90).map { $0 % 6 }, to: labels)
    let result = try tool.run(
      "analyze", "all", a, b, "--labels", labels, "--names", "one,two", "--out", tool.path("report"), "--json")
    #expect(result.code == 0, "\(result.errors)")
    let agreement = try #require(result.json["agreement"] as? [String: Any])
    #expect(agreement["agreement"] as? Double == 1)
    let sets = try #require(result.json["sets"] as? [[String: Any]])
    #expect((sets[0]["calibration"] as? [String: Any])?["ece"] is Double)
    #expect(try lines(tool, "report/tables/reliability.csv").count == 1 + 2 * 15)
    let text = try tool.run("analyze", "all", a, "--labels", labels, "--out", tool.path("other"))
    #expect(text.code == 0 && text.output.contains("top-1") && text.output.contains("analysis.html"))
    #expect(text.output.contains("left out: similarity: needs features of two sets"))
  }

  @Test func whatItCannotDo() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let file = fixture("ood.train.npz")
    for (arguments, word) in [
      (["--names", "one,one"], "different names"), (["--fit", file], "one for each"),
      (["--bootstrap", "1"], "at least 2"),
    ] {
      let result = try tool.run(["analyze", "all", file, file, "--out", tool.path("none")] + arguments)
      #expect(result.code == 2 && result.errors.contains(word), "\(arguments): \(result.errors)")
    }
    let other = try tool.run("analyze", "all", file, fixture("collapse.x.npy"), "--out", tool.path("none"))
    #expect(other.code == 3 && other.errors.contains("collapse.x.npy"), "\(other.errors)")
    // Outputs that are not finite are refused as features are, not left out.
    let named = tool.path("outputs.safetensors")
    let header = #"{"outputs":{"dtype":"F32","shape":[4,2],"data_offsets":[0,32]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8)
    for value in [0, 1, 2, Float.nan, 4, 5, 6, 7] { withUnsafeBytes(of: value) { bytes += Data($0) } }
    try bytes.write(to: URL(fileURLWithPath: named))
    let refused = try tool.run("analyze", "all", named, "--out", tool.path("none"))
    #expect(
      refused.code == 3 && refused.errors.contains("outputs:") && refused.errors.contains("NaN"), "\(refused.errors)")
    #expect(!FileManager.default.fileExists(atPath: tool.path("none")))
  }

  @Test(.enabled(if: hasBrowser, "needs Chromium (apt-get install -y chromium)"))
  func theReportIsSoundInABrowser() throws {
    let tool = try Tool()
    defer { tool.remove() }
    #expect(try report(tool, ["--bootstrap", "10"]).code == 0)
    let process = Process()
    process.executableURL = Self.package.appendingPathComponent("scripts/check-report")
    process.arguments = [tool.path("report"), "--shots", tool.path("shots")]
    let output = Pipe()
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
  }

  /// As NumPy writes them.
  private func writeLabels(_ values: [Int64], to path: String) throws {
    var header = "{'descr': '<i8', 'fortran_order': False, 'shape': (\(values.count),), }"
    while (header.utf8.count + 11) % 64 != 0 { header += " " }
    header += "\n"
    var data = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, UInt8(header.utf8.count), 0]) + Data(header.utf8)
    values.withUnsafeBytes { data += Data($0) }
    try data.write(to: URL(fileURLWithPath: path))
  }
}
